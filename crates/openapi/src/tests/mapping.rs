#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

/// An operation of an HTTP API on `/{id}` whose integration has this besides.
fn http(more: &str) -> String {
    format!(
        "openapi: 3.0.1\npaths:\n  /{{id}}:\n    get:\n      x-amazon-apigateway-integration: \
         {{type: http_proxy, uri: 'https://a.internal/', payloadFormatVersion: '1.0', {more}}}\n"
    )
}

/// The same of a REST API.
fn rest(uri: &str, more: &str) -> String {
    let integration = format!("{{type: http_proxy, uri: 'https://a.internal/{uri}', {more}}}");
    with_integration("/{id}", &integration)
}

fn parameters(entries: &str) -> String {
    format!("requestParameters: {{{entries}}}")
}

#[track_caller]
fn check(text: &str, expected: &[(&str, &str)]) {
    let api = api(text, &Options::default());
    let service = api.integrations.values().next().and_then(Integration::service);
    let found: Vec<_> = service.expect("a service").request_parameters.iter().collect();
    let found: Vec<_> = found.iter().map(|(key, value)| (&***key, &***value)).collect();
    assert_eq!(found, expected, "{text}");
}

#[track_caller]
fn refuse(text: &str, reasons: &[&str]) {
    assert_eq!(refused(text, &Options::default()), reasons, "{text}");
}

#[test]
fn mappings_are_kept_in_the_words_of_the_apis_kind() {
    check(
        &http(&parameters(
            "'append:header.X-A': $request.header.b, 'overwrite:path': '/v2', 'overwrite:querystring.n': 1",
        )),
        &[
            ("append:header.X-A", "$request.header.b"),
            ("overwrite:path", "/v2"),
            ("overwrite:querystring.n", "1"),
        ],
    );
    check(
        &rest(
            "{id}",
            &parameters(
                "integration.request.header.X-A: method.request.body.a, integration.request.querystring.q: \"'1'\"",
            ),
        ),
        &[
            ("integration.request.header.X-A", "method.request.body.a"),
            ("integration.request.querystring.q", "'1'"),
        ],
    );
}

#[test]
fn a_variable_of_the_uri_may_come_from_anywhere() {
    let header = "integration.request.path.key: method.request.header.x-key";
    check(
        &rest("{key}/{id}", &parameters(header)),
        &[("integration.request.path.key", "method.request.header.x-key")],
    );
    // The URI's `id` is not the path's, so neither stands for the other.
    check(
        &rest(
            "{key}/{id}",
            &parameters(
                "integration.request.path.id: context.stage, integration.request.path.key: method.request.path.id",
            ),
        ),
        &[
            ("integration.request.path.id", "context.stage"),
            ("integration.request.path.key", "method.request.path.id"),
        ],
    );
    let missing = "the URI has no `{key}` for the parameter mapping to fill";
    refuse(&rest("{id}", &parameters(header)), &[missing]);
}

#[test]
fn claims_in_headers_are_the_routes_own() {
    let scheme = "components: {securitySchemes: {issuer: {type: oauth2, \
                  x-amazon-apigateway-authorizer: {type: jwt, \
                  jwtConfiguration: {issuer: 'https://i.example.com', audience: [a]}}}}}";
    for source in ["$context.authorizer.claims.sub", "'${context.authorizer.claims.sub}'"] {
        let text = http(&parameters(&format!("'append:header.X-User': {source}")));
        let text = format!("{text}      security: [{{issuer: []}}]\n{scheme}");
        let api = api(&text, &Options::default());
        let route = api.routes.values().next().expect("a route");
        assert_eq!(route.claims_to_headers["x-user"], "sub");
        check(&text, &[]);
    }
    let text = http(&parameters(
        "'overwrite:header.x-user': $context.authorizer.claims.sub, 'remove:header.X-User': ''",
    ));
    refuse(&text, &["the header `x-user` carries a claim, and nothing else"]);
    refuse(
        &rest("", &parameters("integration.request.header.Host: context.authorizer.claims.sub")),
        &["`host` cannot carry a claim"],
    );
}

#[test]
fn what_cannot_be_mapped_is_refused() {
    let of = |entries: &str| http(&parameters(entries));
    refuse(&of("'overwrite:header.Host': a"), &["the header field `host` is reserved"]);
    refuse(
        &of("'append:header.a b': $context.authorizer.claims.sub"),
        &["`a b` is not a header field"],
    );
    refuse(&of("'append:header.a': $request.cookie.b"), &["there is no `$request.cookie.b`"]);
    refuse(&of("'append:header.a': $request.path.b"), &["the path has no variable `b`"]);
    refuse(
        &of("'append:header.a': $response.header.b"),
        &["`$response.header.b` is not there before the integration has answered"],
    );
    refuse(
        &of("header.a: b"),
        &[
            "`header.a` is not what can be mapped: `overwrite:header.NAME` belongs here, or `append` \
           or `remove`, and `querystring.NAME`",
        ],
    );
    refuse(&of("'append:header.a': true"), &["a string belongs here, not a boolean"]);
    refuse(
        &rest("", &parameters("integration.request.header.a: b")),
        &["`b` names nothing: `method.request.header.NAME`, `context.NAME` and `'text'` do"],
    );
    refuse(
        &rest("", &parameters("integration.request.header.a: method.request.path.b")),
        &["the path has no variable `b`"],
    );
    let many: Vec<_> = (0..101).map(|n| format!("'append:header.x-{n}': a")).collect();
    refuse(&of(&many.join(", ")), &["must not be more than 100"]);
}

#[test]
fn answers_of_an_http_api_are_changed_by_status() {
    let text = http("responseParameters: {404: {'overwrite:statuscode': 410}, '500': {}}");
    let api = api(&text, &Options::default());
    let service = api.integrations.values().next().and_then(Integration::service);
    let mappings = &service.expect("a service").response_parameters;
    assert_eq!(mappings.keys().collect::<Vec<_>>(), [&404]);
    assert_eq!(mappings[&404]["overwrite:statuscode"], "410");

    let of = |more: &str| http(&format!("responseParameters: {more}"));
    refuse(&of("{99: {}}"), &["`99` is not a status from 200 to 599"]);
    refuse(&of("{200: {'overwrite:statuscode': 99}}"), &["`99` is not a status from 200 to 599"]);
    refuse(
        &of("{200: {'overwrite:path': /}}"),
        &["`overwrite:path` is not what can be mapped: a response has header fields and a status \
           only"],
    );
    refuse(
        &of("{200: {'append:header.a': $request.body.b}}"),
        &["`$request.body.b` is not there any more when a response is mapped"],
    );
    let rest = rest("", "responseParameters: {200: {'append:header.a': b}}");
    refuse(&rest, &["only an HTTP API changes what a proxy answers"]);
}
