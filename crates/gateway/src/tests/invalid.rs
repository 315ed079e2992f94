//! What is refused at load, and in which words: APIs, routes and integrations.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::{compile, definition, jwt, merge, open_api};

/// Refuses a definition of one API, which is a good one with these changes.
#[track_caller]
fn check_of(protocol: &str, changes: &Value, expected: &str) {
    let stage = if protocol == "rest" { "v1" } else { "$default" };
    let mut api = open_api(protocol, &[("GET /p/{id}", "http://b")], &[stage]);
    merge(&mut api, changes);
    let refusal = compile(&definition(&[("a", api)])).expect_err("a refusal").to_string();
    assert_eq!(refusal, format!("apis.a.{expected}"));
}

#[track_caller]
fn check(changes: &Value, expected: &str) {
    check_of("http", changes, expected);
}

fn many(count: usize, value: &Value) -> Value {
    (0..count).map(|number| (format!("n{number}"), value.clone())).collect()
}

#[test]
fn an_api_is_refused() {
    let length = "name: must have 1 to 128 characters";
    check(&json!({ "name": "" }), length);
    check(&json!({ "name": "n".repeat(129) }), length);
    check(&json!({ "routes": {} }), "routes: must have at least one route");
    check(&json!({ "stages": {} }), "stages: must be 1 to 10");
    check(&json!({ "stages": many(11, &json!({})) }), "stages: must be 1 to 10");
    let authorizers = many(11, &jwt(&json!({})));
    check(&json!({ "authorizers": authorizers }), "authorizers: must not be more than 10");
    let stage = |name: &str| json!({ "stages": { name: {} } });
    for name in ["", "a.b", "a/b", "$other", "\u{e4}"] {
        let expected = format!("stages.{name}: must be letters, digits, `-` and `_`");
        check(&stage(name), &expected);
    }
    check_of(
        "rest",
        &stage("$default"),
        "stages.$default: only an HTTP API has a `$default` stage",
    );
}

#[test]
fn stage_variables_are_refused() {
    let variables = |variables: Value| json!({ "stages": { "v1": { "variables": variables } } });
    check(&variables(many(101, &json!("x"))), "stages.v1.variables: must not be more than 100");
    for name in ["", "a-b", "a b"] {
        let end = if name.is_empty() { String::new() } else { format!(".{name}") };
        check(
            &variables(json!({ name: "x" })),
            &format!("stages.v1.variables{end}: a name must be letters, digits and `_`"),
        );
    }
    for value in ["", "a b", "{id}", "a%20b", "u@h", "\r\n"] {
        check(
            &variables(json!({ "v": value })),
            "stages.v1.variables.v: a value must be letters, digits and `-._~:/?#&=,`",
        );
    }
}

#[test]
fn a_route_is_refused() {
    let good = json!({ "authorization": "none", "integration": "GET /p/{id}" });
    let route = |key: &str, changes: Value| {
        let mut route = good.clone();
        merge(&mut route, &changes);
        json!({ "routes": { key: route } })
    };
    check(
        &route("GET /a", json!({ "integration": "x" })),
        "routes.GET /a.integration: there is no integration `x`",
    );
    let jwt_of = |jwt: Value| json!({ "authorization": { "jwt": jwt } });
    check(
        &route("GET /a", jwt_of(json!({ "authorizer": "x" }))),
        "routes.GET /a.authorization.jwt.authorizer: there is no authorizer `x`",
    );
    check(
        &route("GET /a", jwt_of(json!({ "authorizer": "x", "scopes": ["a b"] }))),
        "routes.GET /a.authorization.jwt.scopes[0]: `a b` is not a scope of RFC 6749",
    );
    check(
        &route("GET /a", json!({ "claims_to_headers": { "x-user": "sub" } })),
        "routes.GET /a.claims_to_headers: only a route whose callers have tokens has claims",
    );
    check(
        &route("GET /a", json!({ "claims_to_headers": { "host": "sub" } })),
        "routes.GET /a.claims_to_headers: `host` cannot carry a claim",
    );
    check(
        &route("get /a", json!({})),
        "routes.get /a: a method is GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or ANY, in \
         capitals: `get`",
    );
    check(
        &json!({ "routes": { "GET /{a}": good, "GET /{b}": good } }),
        "routes.GET /{b}: `GET /{b}` matches the same requests as `GET /{a}`",
    );
    check_of(
        "rest",
        &route("$default", json!({})),
        "routes.$default: only an HTTP API has a `$default` route",
    );
}

#[test]
fn a_header_that_holds_the_token_carries_no_claim() {
    let changes = |authorizer: Value, headers: Value| {
        json!({
            "authorizers": { "one": jwt(&json!({})), "two": jwt(&authorizer) },
            "routes": { "GET /a": {
                "authorization": { "jwt": { "authorizer": "two" } },
                "integration": "GET /p/{id}",
                "claims_to_headers": headers,
            } },
        })
    };
    // It would be removed before the token is looked for, and on every route of the API.
    let elsewhere = json!({ "identity_source": ["$request.querystring.t"] });
    check(
        &changes(elsewhere.clone(), json!({ "Authorization": "sub" })),
        "authorizers.one.jwt.claims_to_headers: `Authorization` is where the token comes from",
    );
    let mut own = elsewhere;
    own["claims_to_headers"] = json!({ "authorization": "sub" });
    check(
        &changes(own, json!({})),
        "authorizers.one.jwt.claims_to_headers: `authorization` is where the token comes from",
    );
}

#[test]
fn an_integration_is_refused() {
    #[track_caller]
    fn proxy(protocol: &str, changes: &Value, expected: &str) {
        let mut proxy = json!({ "uri": "http://b" });
        merge(&mut proxy, changes);
        let stage = if protocol == "rest" { "v1" } else { "$default" };
        check_of(
            protocol,
            &json!({ "integrations": { "GET /p/{id}": { "http_proxy": proxy } } }),
            &format!(
                "routes.GET /p/{{id}}.integration `GET /p/{{id}}`: \
                 http_proxy (stage `{stage}`).{expected}"
            ),
        );
    }
    let uri = |uri: &str, expected: &str| {
        proxy("http", &json!({ "uri": uri }), &format!("uri: {expected}"));
    };
    uri("b/x", "`b/x` is not a URL: it must start with `https://` or `http://`");
    uri("http://b/{name}", "`{name}` is not a path variable of `GET /p/{id}`");
    uri("http://b?x={id+}", "`{id+}` is not a path variable of `GET /p/{id}`");
    uri("http://b/{id", "`/{id` has a `{` that is never closed");
    uri("http://{id}/", "`http://{id}/` has no host, or one that is not a DNS name or an address");
    uri("http://b/#x", "`http://b/#x` has a fragment, which is never sent");
    uri("http://b/a b", "`http://b/a b` has the byte 0x20, which must be percent-encoded");
    uri("http://b/${stageVariables.v}", "the stage has no variable `v`");
    uri("http://b/${stageVariables.v", "`${stageVariables.` is never closed with `}`");
    let method = |method: &str| {
        let expected = format!("method: `{method}` is not a method, such as `GET`");
        proxy("http", &json!({ "method": method }), &expected);
    };
    for name in ["", "get", "ANY", "TRACE", "CONNECT"] {
        method(name);
    }
    for millis in [0, 49, 30_001] {
        let expected = format!("timeout_millis: `{millis}` is not from 50 to 30000");
        proxy("http", &json!({ "timeout_millis": millis }), &expected);
    }
    let expected = "timeout_millis: `29001` is not from 50 to 29000";
    proxy("rest", &json!({ "timeout_millis": 29_001 }), expected);
}

#[test]
fn how_a_service_is_spoken_to_is_refused_where_it_means_nothing() {
    #[track_caller]
    fn check(protocol: &str, integration: &Value, expected: &str) {
        let changes = json!({ "integrations": { "GET /p/{id}": integration } });
        let at = "routes.GET /p/{id}.integration `GET /p/{id}`: ";
        check_of(protocol, &changes, &format!("{at}{expected}"));
    }
    let service = |uri: &str, name: &str, value: Value| {
        let mut service = json!({ "uri": uri });
        service[name] = value;
        service
    };
    let proxy = |service: &Value| json!({ "http_proxy": service });
    let (clear, secure) = ("http://b", "https://b");
    let unchecked = |uri: &str| service(uri, "insecure_skip_verification", true.into());
    check(
        "http",
        &proxy(&unchecked(secure)),
        "http_proxy (stage `$default`).insecure_skip_verification: only a REST API can leave a \
         certificate unchecked",
    );
    let mut named = unchecked(secure);
    named["server_name_to_verify"] = "c".into();
    for (service, expected) in [
        (
            unchecked(clear),
            "insecure_skip_verification: `http://b:80` has no certificate to leave unchecked: use \
             `https`",
        ),
        (
            named,
            "server_name_to_verify: a certificate that nobody checks needs no name: leave out one \
             of them",
        ),
        (
            service(secure, "http2", true.into()),
            "http2: with `https://b:443` the protocol is agreed on: leave it out",
        ),
    ] {
        check("rest", &proxy(&service), &format!("http_proxy (stage `v1`).{expected}"));
    }
    let stream = service(clear, "response_transfer_mode", "stream".into());
    check(
        "http",
        &proxy(&stream),
        "http_proxy.response_transfer_mode: only a REST API says that responses come as a stream",
    );
    check(
        "rest",
        &json!({ "http": { "service": stream, "responses": [{ "status_code": 200 }] } }),
        "http.service.response_transfer_mode: only what an `http_proxy` answers comes as a stream",
    );
    let mut longer = stream.clone();
    longer["timeout_millis"] = 900_001.into();
    check(
        "rest",
        &proxy(&longer),
        "http_proxy (stage `v1`).timeout_millis: `900001` is not from 50 to 900000",
    );
}
