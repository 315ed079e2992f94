//! Integrations of REST APIs that are not proxies, and traces.

use serde_json::{Value, json};
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::{Answer, Backend, Connection, Gateway, Request, definition};

fn serving(integration: &Value) -> Gateway {
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "api",
            "apis": {"api": {
                "name": "Api",
                "protocol": "rest",
                "integrations": {"it": integration},
                "routes": {"ANY /{proxy+}": {"authorization": "none", "integration": "it"}},
                "stages": {"prod": {}},
            }},
        })),
        1,
    )
}

fn names(answer: &Answer) -> Vec<&str> {
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.sort_unstable();
    names
}

/// What SAM and CDK write for the preflights of a REST API.
#[test]
fn a_mock_answers_preflights() {
    let gateway = serving(&json!({"mock": {
        "statuses": {"application/json": 200},
        "responses": [{
            "status_code": 204,
            "response_parameters": {
                "method.response.header.Access-Control-Allow-Headers": "'Content-Type,X-Amz-Date'",
                "method.response.header.Access-Control-Allow-Origin": "'*'",
            },
        }],
    }}));
    let answer = Request::new("OPTIONS", "/prod/orders").send(&gateway);
    assert_eq!((answer.status, answer.text()), (204, ""));
    assert_eq!(answer.header("access-control-allow-origin"), Some("*"));
    assert_eq!(answer.header("access-control-allow-headers"), Some("Content-Type,X-Amz-Date"));
    assert_eq!(answer.header("x-amzn-trace-id"), None);
    let answer = Request::new("POST", "/prod/x")
        .header("content-type", "text/csv")
        .body(b"a")
        .send(&gateway);
    assert_eq!((answer.status, answer.text()), (500, r#"{"message": "Internal server error"}"#));
    assert_eq!(answer.header("content-length"), Some("36"));
}

/// As recorded of API Gateway.
#[test]
fn a_custom_integration_tells_its_backend_nothing_unasked() {
    let backend = Backend::start();
    let gateway = serving(&json!({"http": {
        "service": {"uri": backend.url("/echo")},
        "responses": [{"status_code": 200}],
    }}));
    let request = Request::new("POST", "/prod/x?secret=1")
        .header("content-type", "application/json")
        .header("user-agent", "me")
        .header("cookie", "a=b")
        .body(br#"{"message":"hello world"}"#);
    let answer = request.send(&gateway);
    let echo = answer.json();
    assert_eq!(
        (&echo["target"], &echo["body"]),
        (&json!("/echo"), &json!(r#"{"message":"hello world"}"#))
    );
    let mut told: Vec<_> = (echo["headers"].as_array().into_iter().flatten())
        .filter_map(|pair| pair[0].as_str())
        .filter(|name| !name.starts_with("x-forwarded-") && !name.starts_with("x-envoy-"))
        .collect();
    told.sort_unstable();
    let expected = [
        "accept",
        "content-length",
        "content-type",
        "host",
        "traceparent",
        "user-agent",
        "x-amzn-apigateway-api-id",
        "x-amzn-trace-id",
    ];
    assert_eq!(told, expected);
    assert_eq!(values(&echo, "user-agent"), ["AmazonAPIGateway_api"]);
    assert_eq!(values(&echo, "accept"), ["application/json"]);
    let sent = answer.header("x-amzn-trace-id").expect("a trace");
    assert_eq!(values(&echo, "x-amzn-trace-id"), [sent]);
    // What fits no pattern is 200, whatever the backend says.
    backend.behave(Behaviour::Say(400, "no".to_owned()));
    let answer = Request::get("/prod/x").send(&gateway);
    assert_eq!((answer.status, answer.text()), (200, "no"));
    let known = [
        "content-length",
        "content-type",
        "date",
        "x-amz-apigw-id",
        "x-amzn-requestid",
        "x-amzn-trace-id",
    ];
    assert_eq!(names(&answer), known);
}

#[test]
fn a_response_is_chosen_by_what_the_whole_status_fits() {
    let backend = Backend::start();
    let gateway = serving(&json!({"http": {
        "service": {"uri": backend.url("/")},
        "responses": [
            {"selection_pattern": "4\\d{2}", "status_code": 422,
             "response_templates": {"application/json": "{\"id\":\"$context.requestId\"}", "text/plain": "no"}},
            {"selection_pattern": "50", "status_code": 418},
            {"status_code": 200, "response_parameters": {
                "method.response.header.x-kind": "integration.response.header.Content-Type",
                "method.response.header.Server": "'mine'",
            }},
        ],
    }}));
    backend.behave(Behaviour::Say(404, "a long text that the client does not get".to_owned()));
    let answer = Request::get("/prod/x").send(&gateway);
    let id = answer.header("x-amzn-requestid").expect("an id");
    assert_eq!((answer.status, answer.text()), (422, format!(r#"{{"id":"{id}"}}"#).as_str()));
    let answer = Request::get("/prod/x").header("accept", "text/plain").send(&gateway);
    assert_eq!((answer.status, answer.text()), (422, "no"));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    backend.behave(Behaviour::Say(503, "down".to_owned()));
    let answer = Request::get("/prod/x").send(&gateway);
    assert_eq!((answer.status, answer.text()), (200, "down"));
    assert!(answer.header("x-kind").is_some_and(|kind| kind.starts_with("text/plain")));
    assert_eq!(answer.header("x-amzn-remapped-server"), Some("mine"));
}

/// Bytes of a body that nobody waits for would be the next answer on the connection.
#[test]
fn no_body_is_sent_where_the_client_waits_for_none() {
    let backend = Backend::start();
    let gateway = serving(&json!({"http_proxy": {"uri": backend.url("/"), "method": "GET"}}));
    let mut connection = Connection::open(&gateway).unwrap();
    for _ in 0..2 {
        let answer = connection.exchange(Request::new("HEAD", "/prod/x")).unwrap();
        assert_eq!((answer.status, answer.text()), (200, ""));
        let answer = connection.exchange(Request::get("/prod/x")).unwrap();
        assert_eq!((answer.status, &answer.json()["method"]), (200, &json!("GET")));
    }
    let gateway = serving(&json!({"http_proxy": {"uri": backend.url("/"), "method": "HEAD"}}));
    let mut connection = Connection::open(&gateway).unwrap();
    for _ in 0..2 {
        let answer = connection.exchange(Request::get("/prod/x")).unwrap();
        assert_eq!((answer.status, answer.text()), (200, ""));
    }
    let gateway = serving(&json!({"http": {
        "service": {"uri": backend.url("/")},
        "responses": [{"status_code": 204}],
    }}));
    let mut connection = Connection::open(&gateway).unwrap();
    for _ in 0..2 {
        let answer = connection.exchange(Request::new("DELETE", "/prod/x")).unwrap();
        assert_eq!((answer.status, answer.text()), (204, ""));
    }
}

/// A gRPC client is told in another field, with 200 before it.
#[test]
fn an_outage_is_one_whatever_the_client_speaks() {
    let gateway = serving(&json!({"http": {
        "service": {"uri": "http://127.0.0.1:1/"},
        "responses": [{"status_code": 200, "response_templates": {"application/json": "fine"}}],
    }}));
    let request = Request::new("POST", "/prod/x").header("content-type", "application/grpc");
    let answer = request.send(&gateway);
    assert_ne!(answer.text(), "fine");
    assert!(answer.header("grpc-status").is_some_and(|status| status != "0"), "{answer:?}");
}

#[test]
fn a_trace_goes_on_to_the_backend() {
    let backend = Backend::start();
    let gateway = serving(&json!({"http_proxy": {"uri": backend.url("/")}}));
    let root = "Root=1-5759e988-bd862e3fe1be46a994272793";
    let sent = format!("{root};Parent=53995c3f42cd8ad8;Sampled=1");
    let answer = Request::get("/prod/x").header("x-amzn-trace-id", &sent).send(&gateway);
    let got = values(&answer.json(), "x-amzn-trace-id");
    assert!(got[0].starts_with(root) && got[0].ends_with(";Sampled=1"), "{got:?}");
    assert!(!got[0].contains("53995c3f42cd8ad8"), "{got:?}");
    // A proxied answer has the trace that the backend says, if it says one.
    assert_eq!(answer.header("x-amzn-trace-id"), None);
}
