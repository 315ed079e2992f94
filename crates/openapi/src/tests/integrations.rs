#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_gateway::definition::{Http, IntegrationResponse, Mock, Passthrough};

use super::*;

#[track_caller]
fn integration(text: &str) -> Integration {
    let api = api(&with_integration("/a", text), &Options::default());
    api.integrations.into_values().next().expect("an integration")
}

#[track_caller]
fn check(integration: &str, reasons: &[&str]) {
    assert_eq!(told(&with_integration("/a", integration)), reasons, "{integration}");
}

fn mock(template: &str) -> String {
    let template = serde_json::Value::from(template);
    format!(
        "{{type: mock, requestTemplates: {{application/json: {template}}}, responses: {{default: \
         {{statusCode: 200}}}}}}"
    )
}

fn http(more: &str) -> String {
    format!("{{type: http, uri: 'https://a.internal/', {more}}}")
}

fn answering(responses: &str) -> String {
    http(&format!("responses: {responses}"))
}

#[test]
fn a_mock_has_the_status_that_its_template_names() {
    #[track_caller]
    fn check(template: &str, status: u16) {
        let Integration::Mock(Mock { statuses, .. }) = integration(&mock(template)) else {
            panic!("no mock");
        };
        assert_eq!(statuses["application/json"], status, "{template}");
    }
    check("{\"statusCode\": 200}", 200);
    check("{\"statusCode\":204}", 204);
    check("{statusCode: 200}", 200);
    check("{statusCode:200}", 200);
    check("{ 'statusCode' : '404' }", 404);
    check("\n {\n  \"statusCode\" : \"503\"\n}\n", 503);
    check("{a: [1, {b: '}'}], \"c\\\"d\": null, statusCode: 100, e: {}}", 100);
    check("{statusCode: 200, statusCode: 201}", 201);
}

#[test]
fn a_mock_without_a_status_is_refused() {
    let lacks = |what: &str| {
        format!(
            "lacks {what}: without a status, such as `{{\"statusCode\": 200}}`, API Gateway answers \
             every request with 500"
        )
    };
    let responses = "responses: {default: {statusCode: 200}}";
    check(&format!("{{type: mock, {responses}}}"), &[&lacks("`requestTemplates`")]);
    check(&format!("{{type: mock, requestTemplates: {{}}, {responses}}}"), &[&lacks("a template")]);
    check(&mock("{}"), &[&lacks("`statusCode`")]);
    check(&mock("{status: 200}"), &[&lacks("`statusCode`")]);
    let no_json = "this is no JSON object: `{\"statusCode\": 200}` belongs here";
    for template in [
        "",
        "200",
        "statusCode: 200",
        "{statusCode}",
        "{statusCode: 200",
        "{a:1} b",
        "{a: 1,}",
        "{'a: 1}",
        "{a: [1}",
        "{: 1}",
    ] {
        check(&mock(template), &[no_json]);
    }
    check(&mock("{statusCode: 99}"), &["`99` is not a status from 100 to 599"]);
    check(&mock("{statusCode: [200]}"), &["`[200]` is not a status from 100 to 599"]);
    let program =
        "this template needs the Velocity Template Language, which is not served by this version";
    for template in [
        "{statusCode: $context.status}",
        "#set($a = 1){statusCode: 200}",
        "## none\n{statusCode: 200}",
        "{statusCode: 200, a: '$b'}",
    ] {
        check(&mock(template), &[program]);
    }
}

#[test]
fn a_mock_tells_media_types_apart() {
    let of = |behavior: &str| {
        format!(
            "{{type: MOCK, passthroughBehavior: {behavior}, requestTemplates: {{Text/XML: \
             '{{statusCode: 200}}'}}, responses: {{'2..': {{statusCode: '204'}}}}}}"
        )
    };
    for (behavior, expected) in [
        ("when_no_match", Passthrough::WhenNoMatch),
        ("WHEN_NO_TEMPLATES", Passthrough::Never),
        ("never", Passthrough::Never),
    ] {
        let Integration::Mock(mock) = integration(&of(behavior)) else { panic!("no mock") };
        assert_eq!((mock.statuses["text/xml"], mock.passthrough), (200, expected));
    }
    let twice = "{type: mock, requestTemplates: {a/b: '{statusCode: 200}', A/B: '{statusCode: \
                 201}'}, responses: {default: {statusCode: 200}}}";
    check(twice, &["this media type is there twice, in capitals and without"]);
}

#[test]
fn what_a_mock_does_nothing_with_is_told() {
    let mock = mock("{statusCode: 200}");
    let more = |more: &str| mock.replacen("{type: mock", &format!("{{type: mock, {more}"), 1);
    let calls = "a `mock` calls nothing, and this says how";
    check(&more("uri: 'https://a.internal/', httpMethod: POST"), &[calls]);
    check(&more("requestParameters: {}"), &[calls]);
    check(&more("cacheNamespace: a"), &["responses are not cached by this version"]);
    check(
        &mock.replace("statusCode: 200}}}", "statusCode: 200, responseParameters: {method.response.header.a: integration.response.body}}}}"),
        &["no service answers behind a `mock`, so this field is left out"],
    );
}

#[test]
fn responses_are_tried_in_the_order_of_the_document() {
    let text = answering(
        "{'5\\d{2}': {statusCode: 502, responseTemplates: {text/plain: sorry}}, default: \
         {statusCode: '200', responseParameters: {method.response.header.A: \
         integration.response.header.b}}}",
    );
    let Integration::Http(Http { service, responses }) = integration(&text) else {
        panic!("no http");
    };
    assert_eq!(service.uri, "https://a.internal/");
    let template = [("text/plain".to_owned(), "sorry".to_owned())];
    let parameter =
        [("method.response.header.A".to_owned(), "integration.response.header.b".to_owned())];
    let expected = [
        IntegrationResponse {
            selection_pattern: Some("5\\d{2}".to_owned()),
            status_code: 502,
            response_templates: template.into(),
            ..IntegrationResponse::default()
        },
        IntegrationResponse {
            status_code: 200,
            response_parameters: parameter.into(),
            ..IntegrationResponse::default()
        },
    ];
    assert_eq!(responses, expected);
}

#[test]
fn every_wrong_word_of_a_response_is_told_in_its_place() {
    let none = "without a response, such as `default: {statusCode: 200}`, API Gateway answers every \
                request with 500";
    check(&http(""), &[&format!("lacks `responses`: {none}")]);
    check(&answering("{}"), &[&format!("is empty: {none}")]);
    check(&answering("[]"), &["an object belongs here, not a list"]);
    check(&answering("{default: {}}"), &["lacks `statusCode`"]);
    check(&answering("{default: {statusCode: 600}}"), &["`600` is not a status from 200 to 599"]);
    let of = |more: &str| answering(&format!("{{default: {{statusCode: 200, {more}}}}}"));
    check(&of("status: 1"), &["`status` is not known here"]);
    check(
        &of("contentHandling: CONVERT_TO_WORDS"),
        &["`CONVERT_TO_WORDS` is not known: `CONVERT_TO_BINARY` or `CONVERT_TO_TEXT` belongs here"],
    );
    check(
        &of("responseParameters: {header.a: \"'1'\"}"),
        &["`header.a` is not what can be mapped: `method.response.header.NAME` belongs here"],
    );
    check(
        &of("responseTemplates: {application/json: \"$input.json('$')\"}"),
        &[
            "`$input.json` needs the Velocity Template Language, which is not served by this version",
        ],
    );
    check(&of("responseTemplates: {json: a}"), &["is not a media type such as `application/json`"]);
    check(
        &answering("{'2(': {statusCode: 200}}"),
        &["`2(` is not a regular expression: found open group without closing ')'"],
    );
    let long = "1".repeat(257);
    let reasons =
        told(&with_integration("/a", &answering(&format!("{{'{long}': {{statusCode: 200}}}}"))));
    assert!(reasons[0].starts_with("a pattern has at most 256 bytes: `111"), "{reasons:?}");
    let many: Vec<_> = (0..21).map(|n| format!("'{n}': {{statusCode: 200}}")).collect();
    let many = format!("{{{}}}", many.join(", "));
    check(&answering(&many), &["an integration has at most 20 responses"]);
}

#[test]
fn request_templates_are_a_mocks_only() {
    let of = |more: &str| http(&format!("responses: {{default: {{statusCode: 200}}}}, {more}"));
    check(&of("requestTemplates: {}, passthroughBehavior: when_no_templates"), &[]);
    check(
        &of("requestTemplates: {a/b: $input.body}"),
        &[
            "this template needs the Velocity Template Language, which is not served by this version",
        ],
    );
    check(
        &of("requestTemplates: {a/b: plain}"),
        &["request templates are not served by this version: the service gets the body that came"],
    );
    check(
        &of("passthroughBehavior: never"),
        &["without request templates, `never` refuses every request: API Gateway answers 415"],
    );
    let instead = "of a REST API, `responseParameters` stand in `responses`";
    check(&of("responseParameters: {}"), &[instead]);
}

#[test]
fn only_a_rest_api_has_other_integrations_than_proxies() {
    let options = Options { protocol: Some(Protocol::Http), ..Options::default() };
    for kind in ["http", "mock"] {
        let text = with_integration("/a", &format!("{{type: {kind}}}"));
        let reason = format!(
            "only a REST API has integrations of type `{kind}`, and this is read as an HTTP API: an \
             `http_proxy` belongs here"
        );
        assert_eq!(refused(&text, &options), [reason]);
    }
}

#[test]
fn equal_mocks_are_one() {
    let mock = mock("{statusCode: 200}");
    let text = with_integration("/a", &mock)
        + &format!("  /b: {{get: {{x-amazon-apigateway-integration: {mock}}}}}\n");
    assert_eq!(api(&text, &Options::default()).integrations.len(), 1);
}
