//! What a backend is told of a request, and a client of a response, where parameters are mapped.

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::{Backend, Gateway, Request, Scripted, definition};

fn serving(protocol: &str, integration: &Value) -> Gateway {
    let stage = if protocol == "http" { "$default" } else { "prod" };
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "pets",
            "apis": {"pets": {
                "name": "Pets",
                "protocol": protocol,
                "integrations": {"backend": {"http_proxy": integration}},
                "routes": {"ANY /pets/{id}": {"authorization": "none", "integration": "backend"}},
                "stages": {stage: {"variables": {"color": "blue"}}},
            }},
        })),
        1,
    )
}

#[test]
fn an_http_api_tells_its_backend_what_the_mapping_says() {
    let backend = Backend::start();
    let gateway = serving(
        "http",
        &json!({
            "uri": backend.url("/base"),
            "request_parameters": {
                "overwrite:path": "/v2/${request.path.id}",
                "append:querystring.color": "$stageVariables.color",
                "remove:querystring.secret": "''",
                "overwrite:header.x-name": "$request.body.name",
                "append:header.x-tag": "$request.querystring.tag",
                "remove:header.x-private": "''",
            },
        }),
    );
    let echo = Request::new("POST", "/pets/a%20b?secret=1&tag=x&tag=y")
        .header("x-name", "forged")
        .header("x-private", "1")
        .body(br#"{"name":"Rex"}"#)
        .send(&gateway)
        .json();
    assert_eq!(echo["target"], "/v2/a%20b?tag=x&tag=y&color=blue");
    assert_eq!(values(&echo, "x-name"), ["Rex"]);
    assert_eq!(values(&echo, "x-tag"), ["x,y"]);
    assert!(values(&echo, "x-private").is_empty());
    assert_eq!(echo["body"], r#"{"name":"Rex"}"#);
}

#[test]
fn what_a_body_says_cannot_split_a_request() {
    let backend = Backend::start();
    let gateway = serving(
        "http",
        &json!({
            "uri": backend.url("/base"),
            "request_parameters": { "overwrite:header.x-name": "$request.body.name" },
        }),
    );
    let request = Request::new("POST", "/pets/1")
        .body(br#"{"name":"a\r\nx-admin: yes\r\n\r\nGET / HTTP/1.1"}"#);
    let echo = request.send(&gateway).json();
    assert_eq!(values(&echo, "x-name"), ["ax-admin: yesGET / HTTP/1.1"]);
    assert!(values(&echo, "x-admin").is_empty());
    assert_eq!(backend.count(), 1);
    // What is no JSON has no name, and the client's own is not taken for it.
    let request = Request::new("POST", "/pets/1").header("x-name", "forged").body(b"{");
    assert!(values(&request.send(&gateway).json(), "x-name").is_empty());
}

#[test]
fn an_http_api_tells_its_client_what_the_mapping_says_by_status() {
    let backend = Scripted::answering(
        "HTTP/1.1 404 Not Found\r\nserver: b\r\nx-own: 1\r\ncontent-length: 14\r\n\r\n{\"why\":\"none\"}",
    );
    let gateway = serving(
        "http",
        &json!({
            "uri": backend.url("/"),
            "response_parameters": {"404": {
                "overwrite:statuscode": "410",
                "append:header.x-why": "$response.body.why",
                "remove:header.x-own": "''",
                "overwrite:header.x-route": "$context.routeKey",
            }},
        }),
    );
    let answer = Request::get("/pets/1").send(&gateway);
    assert_eq!((answer.status, answer.text()), (410, r#"{"why":"none"}"#));
    assert_eq!(answer.header("x-why"), Some("none"));
    assert_eq!(answer.header("x-route"), Some("ANY /pets/{id}"));
    assert_eq!(answer.header("x-own"), None);
}

/// As recorded of API Gateway.
#[test]
fn a_rest_api_fills_its_uri_and_adds_to_the_query() {
    let backend = Backend::start();
    let gateway = serving(
        "rest",
        &json!({
            "uri": backend.url("/?testVar={pathVar}&testQs={qsVar}"),
            "request_parameters": {
                "integration.request.header.headerVar": "method.request.header.foobar",
                "integration.request.path.qsVar": "method.request.querystring.testVar",
                "integration.request.path.pathVar": "method.request.path.id",
                "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
                "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
                "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
            },
        }),
    );
    let request = Request::new("POST", "/prod/pets/foobar?testQueryString=foo&testVar=bar")
        .header("foobar", "mapped-value")
        .header("accept", "application/json")
        .header("user-agent", "test/integration")
        .header("content-type", "application/json")
        .body(br#"{"message": "hello world"}"#);
    let answer = request.send(&gateway);
    let echo = answer.json();
    assert_eq!(
        echo["target"],
        "/?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo"
    );
    assert_eq!(values(&echo, "headervar"), ["mapped-value"]);
    assert_eq!(values(&echo, "user-agent"), ["test/integration"]);
    assert_eq!(values(&echo, "x-amzn-apigateway-api-id"), ["pets"]);
    let trace = values(&echo, "x-amzn-trace-id");
    assert!(trace[0].starts_with("Root=1-"), "{trace:?}");
    let length = answer.header("x-amzn-remapped-content-length");
    assert_eq!(length, Some(answer.body.len().to_string().as_str()));
    assert!(answer.header("x-amzn-remapped-date").is_some());
}
