//! What a function is told.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ARN, Worker, call, exchange, request, token};

const EVENTS: &str = include_str!("../../../../tests/data/lambda/authorizers.jsonl");

/// What a function is told of a request.
fn told(kind: &Value, target: &str, fields: &[(&str, &[u8])]) -> Value {
    let worker = Worker::new(kind, &json!({}));
    let call = call(worker.send(exchange(target, fields)).1);
    let head = |name: &str| String::from_utf8(call.headers.get(name).unwrap().to_vec()).unwrap();
    assert_eq!(head(":path"), "/2015-03-31/functions/auth/invocations");
    assert_eq!(head("content-length"), call.body.len().to_string());
    assert_eq!(call.cluster, "http://127.0.0.1:9000");
    assert_eq!(call.timeout.as_secs(), 10);
    serde_json::from_slice(&call.body).unwrap()
}

/// An event, as AWS has it in examples.
fn recorded(id: &str) -> Value {
    let rows = EVENTS.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let row = rows.into_iter().find(|row| row["id"].as_str().unwrap().ends_with(id));
    row.unwrap()["event"].clone()
}

fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}

#[test]
fn a_token_alone_is_told_with_the_method() {
    let event = told(&token(), "/pets?a=b", &[("authorization", b" Bearer abc ")]);
    let expected = json!({"type": "TOKEN", "methodArn": ARN, "authorizationToken": "Bearer abc"});
    assert_eq!(event, expected);
    assert_eq!(names(&event), names(&recorded("/apigw-custom-auth-request.json")));
}

#[test]
fn a_rest_api_tells_the_whole_request() {
    let kind = request("rest", &["method.request.header.a"]);
    let event = told(&kind, "/pets?x=1&x=2", &[("a", b"1"), ("b", b"2")]);
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], ARN);
    assert_eq!(event["headers"]["a"], Value::Null);
    assert_eq!(event["headers"]["A"], "1");
    assert_eq!(event["multiValueQueryStringParameters"], json!({"x": ["1", "2"]}));
    assert_eq!(event["requestContext"]["stage"], "prod");
    assert_eq!(event["requestContext"]["identity"]["sourceIp"], "203.0.113.7");
    assert_eq!(
        names(&event),
        [
            "headers",
            "httpMethod",
            "methodArn",
            "multiValueHeaders",
            "multiValueQueryStringParameters",
            "path",
            "pathParameters",
            "queryStringParameters",
            "requestContext",
            "resource",
            "stageVariables",
            "type",
        ]
    );
}

#[test]
fn format_one_tells_the_identity_twice() {
    let kind = request("1.0", &["$request.header.a", "$request.querystring.x"]);
    let event = told(&kind, "/pets?x=2", &[("a", b"1")]);
    assert_eq!(event["version"], "1.0");
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["methodArn"], ARN);
    assert_eq!(event["identitySource"], "1,2");
    assert_eq!(event["authorizationToken"], "1,2");
    assert_eq!(
        names(&event),
        [
            "authorizationToken",
            "headers",
            "httpMethod",
            "identitySource",
            "methodArn",
            "path",
            "pathParameters",
            "queryStringParameters",
            "requestContext",
            "resource",
            "stageVariables",
            "type",
            "version",
        ]
    );
}

#[test]
fn format_two_tells_a_list_of_identities() {
    let kind = request("2.0", &["$request.header.a", "$request.querystring.x"]);
    let event = told(&kind, "/pets?x=2", &[("a", b"1"), ("cookie", b"c=1; d=2")]);
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["type"], "REQUEST");
    assert_eq!(event["routeArn"], ARN);
    assert_eq!(event["identitySource"], json!(["1", "2"]));
    assert_eq!(event["cookies"], json!(["c=1", "d=2"]));
    let recorded = recorded("/apigw-v2-custom-authorizer-v2-request.json");
    let ours = |event: &Value| {
        // Of what a request does not have nothing is said.
        let absent = ["pathParameters", "stageVariables"];
        names(event).into_iter().filter(|it| !absent.contains(it)).map(str::to_owned).collect()
    };
    let (one, other): (Vec<String>, Vec<String>) = (ours(&event), ours(&recorded));
    assert_eq!(one, other);
    let event = told(&request("2.0", &[]), "/pets", &[]);
    assert_eq!(event.get("identitySource"), None);
}
