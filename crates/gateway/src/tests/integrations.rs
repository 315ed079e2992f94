//! Integrations of REST APIs that are not proxies.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Headers, Origin, Policy, Response, Verdict};

use super::{NOW, Sent, compile, definition, gateway, open_api, request, send};
use crate::Gateway;

const KEY: &str = "ANY /{proxy+}";

fn api(integration: &Value) -> Value {
    let mut api = open_api("rest", &[(KEY, "http://b")], &["v1"]);
    api["integrations"][KEY] = integration.clone();
    api
}

fn serving(integration: &Value) -> Gateway {
    gateway(&definition(&[("a", api(integration))]))
}

fn text(response: &Response) -> String {
    let fields = response
        .headers
        .iter()
        .filter(|(name, _)| !name.starts_with(b"x-am"))
        .map(|(name, value)| format!(" {}={}", name.escape_ascii(), value.escape_ascii()));
    let fields: String = fields.collect();
    format!("{}{fields} {}", response.status, String::from_utf8_lossy(&response.body))
}

/// The preflight that CDK and SAM write for a REST API.
fn mock() -> Value {
    json!({ "mock": {
        "statuses": { "application/json": 200 },
        "responses": [
            {
                "status_code": 204,
                "response_parameters": {
                    "method.response.header.Access-Control-Allow-Origin": "'*'",
                    "method.response.header.Server": "'hidden'",
                    "method.response.header.X-Stage": "context.stage",
                },
            },
            {
                "selection_pattern": "2\\d0",
                "status_code": 200,
                "response_templates": { "application/json": "{\"stage\":\"$context.stage\"}", "text/plain": "plain" },
            },
            { "selection_pattern": "20", "status_code": 500 },
        ],
    } })
}

#[test]
fn a_mock_answers_by_the_status_it_names() {
    let gateway = serving(&mock());
    let answer = |fields: &[(&str, &str)]| {
        text(send(&gateway, request("GET", "a", "/v1/x", fields)).answer())
    };
    assert_eq!(answer(&[]), r#"200 content-type=application/json {"stage":"v1"}"#);
    assert_eq!(answer(&[("accept", "text/plain")]), "200 content-type=text/plain plain");
    let mut other = mock();
    other["mock"]["statuses"] = json!({ "application/json": 201, "text/csv": 404 });
    let gateway = serving(&other);
    let sent = send(&gateway, request("OPTIONS", "a", "/v1/x", &[]));
    assert_eq!(text(sent.answer()), "204 access-control-allow-origin=* x-stage=v1 ");
    let renamed = sent.answer().headers.get("x-amzn-remapped-server");
    assert_eq!(renamed, Some(&b"hidden"[..]));
    assert_eq!(sent.answer().headers.get("x-amzn-trace-id"), None);
    let csv = [("content-type", "text/csv; charset=utf-8")];
    let sent = send(&gateway, request("POST", "a", "/v1/x", &csv));
    assert_eq!(sent.answer().status, 204);
}

#[test]
fn a_mock_without_a_status_or_a_response_cannot_answer() {
    let mut mock = mock();
    let xml = [("content-type", "text/xml")];
    let sent = send(&serving(&mock), request("POST", "a", "/v1/x", &xml));
    assert_eq!(sent.to_string(), r#"500 {"message": "Internal server error"}"#);
    mock["mock"]["passthrough"] = "never".into();
    let sent = send(&serving(&mock), request("POST", "a", "/v1/x", &xml));
    assert_eq!(sent.to_string(), r#"415 {"message": "Unsupported Media Type"}"#);
    mock["mock"]["responses"] = json!([{ "selection_pattern": "5..", "status_code": 500 }]);
    let sent = send(&serving(&mock), request("POST", "a", "/v1/x", &[]));
    assert_eq!(sent.to_string(), r#"500 {"message": "Internal server error"}"#);
}

fn http(responses: &Value) -> Value {
    json!({ "http": {
        "service": {
            "uri": "http://b/{proxy}",
            "request_parameters": {
                "integration.request.header.x-mapped": "method.request.header.x-one",
                "integration.request.querystring.page": "method.request.querystring.page",
            },
        },
        "responses": responses,
    } })
}

/// As recorded of API Gateway.
#[test]
fn a_service_that_is_not_proxied_is_told_what_the_mapping_says() {
    let gateway = serving(&http(&json!([{ "status_code": 200 }])));
    let fields = [
        ("x-one", "1"),
        ("cookie", "a=b"),
        ("authorization", "secret"),
        ("accept", "text/html"),
        ("user-agent", "me"),
        ("content-type", "application/json"),
        ("content-length", "2"),
    ];
    let sent = send(&gateway, request("POST", "a", "/v1/x?page=2&other=3", &fields));
    assert_eq!(sent.to_string(), "POST http://b:80 /x?page=2");
    let headers = &sent.exchange.request.headers;
    let mut left: Vec<_> = headers
        .iter()
        .map(|(name, value)| format!("{}: {}", name.escape_ascii(), value.escape_ascii()))
        .filter(|field| !field.starts_with(':') && !field.contains("trace"))
        .collect();
    left.sort();
    assert_eq!(
        left,
        [
            "accept: application/json",
            "content-length: 2",
            "content-type: application/json",
            "user-agent: AmazonAPIGateway_a",
            "x-amzn-apigateway-api-id: a",
            "x-envoy-upstream-rq-timeout-ms: 29000",
            "x-mapped: 1",
            "x-tollgate-cluster: http://b:80",
        ]
    );
}

#[test]
fn a_service_that_is_not_proxied_is_told_the_claims_that_a_route_forwards() {
    let mut api = api(&http(&json!([{ "status_code": 200 }])));
    api["authorizers"] = json!({ "tokens": super::jwt(&json!({})) });
    api["routes"][KEY]["authorization"] = json!({ "jwt": { "authorizer": "tokens" } });
    api["routes"][KEY]["claims_to_headers"] = json!({ "x-user": "sub" });
    let gateway = gateway(&definition(&[("a", api)]));
    let fields = [("authorization", super::TOKEN), ("x-user", "forged")];
    let sent = send(&gateway, request("GET", "a", "/v1/x", &fields));
    assert_eq!(sent.header("x-user").as_deref(), Some("alice"));
    assert_eq!(sent.header("authorization"), None);
}

fn answered(gateway: &Gateway, status: u16, fields: &[(&str, &str)], body: &[u8]) -> String {
    let Sent { mut exchange, mut notes, .. } = send(gateway, request("GET", "a", "/v1/x", &[]));
    let host = FakeHost::at(NOW);
    let headers = Headers::from_iter(fields.iter().copied());
    let mut response = Response { status, headers, ..Response::default() };
    let origin = Origin::Integration;
    let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
    let verdict = match verdict {
        Verdict::Body => {
            response.body = body.to_vec();
            gateway.on_response_body(&mut notes, &mut exchange, &mut response, &host)
        }
        verdict => verdict,
    };
    match verdict {
        Verdict::Continue => text(&response),
        Verdict::Respond(response) => text(&response),
        verdict => format!("{verdict:?}"),
    }
}

#[test]
fn what_a_service_answers_is_turned_into_what_the_responses_say() {
    let gateway = serving(&http(&json!([
        { "selection_pattern": "4\\d{2}", "status_code": 422,
          "response_templates": { "application/json": "{\"message\":\"no\"}" } },
        { "selection_pattern": "503", "status_code": 500,
          "response_parameters": { "method.response.header.why": "integration.response.body.why" } },
        { "status_code": 200,
          "response_parameters": { "method.response.header.Timestamp": "integration.response.header.Date" } },
    ])));
    let backend = [
        ("date", "today"),
        ("x-secret", "1"),
        ("content-type", "text/html"),
        ("content-length", "5"),
    ];
    assert_eq!(
        answered(&gateway, 200, &backend, b""),
        "200 content-length=5 content-type=application/json timestamp=today "
    );
    // As recorded: what fits no pattern is 200.
    assert_eq!(answered(&gateway, 301, &[], b""), "200 content-type=application/json ");
    assert_eq!(
        answered(&gateway, 404, &backend, b""),
        r#"422 content-type=application/json {"message":"no"}"#
    );
    assert_eq!(
        answered(&gateway, 503, &[], br#"{"why":"tired"}"#),
        r#"500 content-type=application/json why=tired {"why":"tired"}"#
    );
    let gateway = serving(&http(&json!([{ "selection_pattern": "2..", "status_code": 200 }])));
    assert_eq!(
        answered(&gateway, 500, &[], b""),
        r#"500 content-type=application/json {"message": "Internal server error"}"#
    );
}

#[test]
fn a_proxied_service_of_a_rest_api_is_passed_on_under_other_names() {
    let api = open_api("rest", &[(KEY, "http://b")], &["v1"]);
    let gateway = gateway(&definition(&[("a", api)]));
    let fields = [("date", "today"), ("server", "b"), ("content-length", "0"), ("x-own", "1")];
    let Sent { mut exchange, mut notes, .. } = send(&gateway, request("GET", "a", "/v1/x", &[]));
    let mut response =
        Response { status: 404, headers: Headers::from_iter(fields), ..Response::default() };
    let host = FakeHost::at(NOW);
    let _ =
        gateway.on_response(&mut notes, &mut exchange, &mut response, &Origin::Integration, &host);
    let get = |name| response.headers.get(name).map(String::from_utf8_lossy);
    assert_eq!(response.status, 404);
    assert_eq!(get("date"), None);
    assert_eq!(get("x-amzn-remapped-date").as_deref(), Some("today"));
    assert_eq!(get("x-amzn-remapped-server").as_deref(), Some("b"));
    assert_eq!(get("x-amzn-remapped-content-length").as_deref(), Some("0"));
    assert_eq!(get("content-length").as_deref(), Some("0"));
    assert_eq!(get("x-own").as_deref(), Some("1"));
}

#[test]
fn what_cannot_answer_is_refused() {
    let refuse = |integration: &Value| {
        let refused = compile(&definition(&[("a", api(integration))])).expect_err("it is refused");
        let text = refused.to_string();
        text.split_once("`: ").map_or(text.clone(), |(_, reason)| reason.to_owned())
    };
    let response = |changes: Value| {
        let mut response = json!({ "status_code": 200 });
        super::merge(&mut response, &changes);
        http(&json!([response]))
    };
    assert_eq!(
        refuse(&response(json!({ "selection_pattern": "(" }))),
        "http.responses[0].selection_pattern: `(` is not a regular expression: found open group without \
         closing ')'"
    );
    assert_eq!(
        refuse(&response(json!({ "response_templates": { "a/b": "#set($a = 1)" } }))),
        "http.responses[0].response_templates.a/b: `#set` needs the Velocity Template Language, which is \
         not served by this version"
    );
    assert_eq!(
        refuse(&response(json!({ "response_parameters": { "header.a": "'1'" } }))),
        "http.responses[0].response_parameters.header.a: `header.a` is not what can be mapped: \
         `method.response.header.NAME` belongs here"
    );
    assert_eq!(refuse(&http(&json!([]))), "http.responses: must be 1 to 20");
    let mut mock = mock();
    mock["mock"]["statuses"] = json!({});
    assert_eq!(refuse(&mock), "mock.statuses: must be 1 to 10");
    let mut of_http = open_api("http", &[(KEY, "http://b")], &["v1"]);
    of_http["integrations"][KEY] = self::mock();
    let refused = compile(&definition(&[("a", of_http)])).expect_err("it is refused").to_string();
    assert!(refused.ends_with("mock: only a REST API has such an integration"), "{refused}");
}
