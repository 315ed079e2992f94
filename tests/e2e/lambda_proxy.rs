//! `lambda-proxy.wasm` on its own, before functions that answer well and ill.

use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_tests::backend::{self, Behaviour};
use tollgate_tests::{Alone, Answer, Backend, Connection, Lambda, Request, Scripted, Service};

/// An Envoy before a function of this format at this place.
fn envoy(format: &str, url: &str, others: &Value) -> Alone {
    before(format, &json!({"name": "pets:live", "endpoint": url}), others)
}

/// The same, by what a configuration says of the function.
fn before(format: &str, function: &Value, others: &Value) -> Alone {
    let mut integration = json!({"function": function, "format": format});
    for (name, value) in others.as_object().into_iter().flatten() {
        integration[name] = value.clone();
    }
    let url = function["endpoint"].as_str().unwrap().to_owned();
    let service = Service::new("functions", url);
    let config = json!({
        "integration": integration,
        "cluster": "functions",
        "binary_media_types": ["image/*"],
    });
    Alone::start("lambda-proxy", &config, &[service], 1)
}

/// What the Invoke API replies where a function has returned this.
fn invoked(fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: 1\r\n\
         content-length: {length}\r\n{fields}\r\n{body}"
    )
}

/// A function that always returns this.
fn returning(value: &Value) -> Scripted {
    Scripted::answering(invoked("", &value.to_string()))
}

/// The values of a header field, in order.
fn values<'a>(answer: &'a Answer, name: &str) -> Vec<&'a str> {
    let fields = answer.headers.iter().filter(|(known, _)| known == name);
    fields.map(|(_, value)| str::from_utf8(value).expect("text")).collect()
}

#[test]
fn a_function_is_told_the_whole_request() {
    let function = Backend::start();
    // What it returns has no status, and so is the body of the response as it is.
    let envoy = envoy("2.0", &function.url(""), &json!({}));
    let request = Request::new("POST", "/pets/a%20b?kind=cat&kind=dog")
        .header("content-type", "text/plain")
        .header("cookie", "a=1; b=2")
        .header("x-two", "1")
        .header("x-two", "2")
        .header("x-amzn-trace-id", "Root=1-5759e988-bd862e3fe1be46a994272793")
        .body("hello");
    let answer = request.send(&envoy);
    assert_eq!((answer.status, answer.header("content-type")), (200, Some("application/json")));
    let call = answer.json();
    assert_eq!(call["method"], "POST");
    assert_eq!(call["target"], "/2015-03-31/functions/pets%3Alive/invocations");
    let trace = ["Root=1-5759e988-bd862e3fe1be46a994272793"];
    assert_eq!(backend::values(&call, "x-amzn-trace-id"), trace);
    let event: Value = serde_json::from_str(call["body"].as_str().unwrap()).unwrap();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/pets/a b");
    assert_eq!(event["rawQueryString"], "kind=cat&kind=dog");
    assert_eq!(event["queryStringParameters"], json!({"kind": "cat,dog"}));
    assert_eq!(event["cookies"], json!(["a=1", "b=2"]));
    assert_eq!(event["headers"]["x-two"], "1,2");
    assert!(event["headers"]["x-forwarded-for"].is_string());
    assert_eq!(event["headers"]["x-forwarded-proto"], "http");
    assert_eq!(event["headers"]["content-length"], "5");
    assert_eq!(event["requestContext"]["http"]["method"], "POST");
    assert_eq!(event["requestContext"]["http"]["sourceIp"], "127.0.0.1");
    assert_eq!((&event["body"], &event["isBase64Encoded"]), (&json!("hello"), &json!(false)));
    envoy.assert_healthy();
}

/// What a function is told of a request.
fn told(envoy: &Alone, request: Request) -> Value {
    let call = request.send(envoy).json();
    serde_json::from_str(call["body"].as_str().unwrap()).unwrap()
}

#[test]
fn a_request_without_a_body_is_told_without_one() {
    let function = Backend::start();
    let envoy = envoy("2.0", &function.url(""), &json!({}));
    for method in ["GET", "DELETE", "OPTIONS", "POST"] {
        let event = told(&envoy, Request::new(method, "/"));
        assert_eq!(event["requestContext"]["http"]["method"], method);
        assert_eq!(event.get("body"), None, "{method}");
        assert_eq!(event["headers"]["content-length"], "0", "{method}");
    }
    let chunked = b"POST / HTTP/1.1\r\nhost: a\r\ntransfer-encoding: chunked\r\n\
                    content-type: text/plain\r\n\r\n3\r\nabc\r\n2\r\nde\r\n0\r\n\r\n";
    let mut connection = Connection::open(&envoy).unwrap();
    connection.send(chunked).unwrap();
    let call = connection.receive(false).unwrap().json();
    let event: Value = serde_json::from_str(call["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&event["body"], &event["headers"]["content-length"]),
        (&json!("abcde"), &json!("5"))
    );
    envoy.assert_healthy();
}

#[test]
fn bytes_go_up_and_come_down_as_bytes() {
    let function = Backend::start();
    let envoy = envoy("2.0", &function.url(""), &json!({}));
    let image =
        Request::new("POST", "/").header("content-type", "image/png").body(*b"\x89PNG\0\xff");
    let event = told(&envoy, image);
    assert_eq!(event["body"], "iVBORwD/");
    assert_eq!(event["isBase64Encoded"], true);

    let returned = json!({
        "statusCode": 200,
        "headers": {"Content-Type": "image/png"},
        "body": "iVBORwD/",
        "isBase64Encoded": true,
    });
    let function = returning(&returned);
    let http = self::envoy("2.0", &function.url(""), &json!({}));
    let answer = Request::get("/").send(&http);
    assert_eq!(
        (answer.body.as_slice(), answer.header("content-type")),
        (&b"\x89PNG\0\xff"[..], Some("image/png"))
    );
    let rest = self::envoy("rest", &function.url(""), &json!({}));
    let answer = Request::get("/").header("accept", "image/png").send(&rest);
    assert_eq!(answer.body, b"\x89PNG\0\xff");
    assert_eq!(Request::get("/").header("accept", "text/html").send(&rest).text(), "iVBORwD/");
}

#[test]
fn every_cookie_and_every_value_is_a_field_of_its_own() {
    let function = returning(&json!({
        "statusCode": 200,
        "cookies": ["a=1; Secure; HttpOnly", "b=2"],
        "headers": {"x-one": "1"},
        "body": "ok",
    }));
    let answer = Request::get("/").send(&envoy("2.0", &function.url(""), &json!({})));
    assert_eq!(values(&answer, "set-cookie"), ["a=1; Secure; HttpOnly", "b=2"]);
    assert_eq!((values(&answer, "x-one"), answer.text()), (vec!["1"], "ok"));
    let function = returning(&json!({
        "statusCode": 201,
        "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2"], "x-two": ["1", "2"]},
        "headers": {"x-two": "3"},
    }));
    for format in ["rest", "1.0"] {
        let answer = Request::get("/").send(&envoy(format, &function.url(""), &json!({})));
        assert_eq!(answer.status, 201);
        assert_eq!(values(&answer, "set-cookie"), ["a=1", "b=2"]);
        assert_eq!(values(&answer, "x-two"), ["1", "2", "3"]);
    }
}

#[test]
fn what_is_no_response_is_never_told_the_client() {
    let function = returning(&json!(null));
    let rest = envoy("rest", &function.url(""), &json!({}));
    let http = envoy("1.0", &function.url(""), &json!({}));
    let inject = json!({"statusCode": 200, "headers": {"x": "a\r\nset-cookie: evil=1\r\n\r\nHTTP/1.1 200 OK"}});
    let flood: Value = (0..3_000)
        .map(|at| (format!("x{at}"), json!("v")))
        .collect::<serde_json::Map<_, _>>()
        .into();
    let deep = format!("{}{}", "[".repeat(50_000), "]".repeat(50_000));
    for reply in [
        invoked("", ""),
        invoked("", "null"),
        invoked("", "secret"),
        invoked("", "\"secret\""),
        invoked("", &deep),
        invoked("", &inject.to_string()),
        invoked("", r#"{"statusCode":200,"headers":{":status":"201"}}"#),
        invoked("", r#"{"statusCode":101,"body":"secret"}"#),
        invoked("", r#"{"statusCode":99}"#),
        invoked("", r#"{"statusCode":1000}"#),
        invoked("", r#"{"statusCode":200,"body":{"secret":1}}"#),
        invoked("", r#"{"statusCode":200,"multiValueHeaders":{"x":"secret"}}"#),
        invoked("", &json!({"statusCode": 200, "headers": flood}).to_string()),
        invoked("x-amz-function-error: Unhandled\r\n", r#"{"errorMessage":"secret"}"#),
        invoked("x-amz-function-error: Unhandled\r\n", r#"{"statusCode":200,"body":"secret"}"#),
        "HTTP/1.1 429 Too Many\r\nx-amzn-requestid: 1\r\ncontent-length: 6\r\n\r\nsecret"
            .to_owned(),
        "HTTP/1.1 502 Bad\r\ncontent-length: 6\r\n\r\nsecret".to_owned(),
    ] {
        function.answer(reply.clone());
        let shown: String = reply.chars().take(200).collect();
        let mut connection = Connection::open(&rest).unwrap();
        for _ in 0..2 {
            let answer = connection.exchange(Request::get("/")).unwrap();
            assert_eq!(
                (answer.status, answer.text()),
                (502, "{\"message\": \"Internal server error\"}"),
                "{shown}"
            );
            assert_eq!(answer.header("set-cookie"), None, "{shown}");
        }
        let answer = Request::get("/").send(&http);
        assert_eq!(
            (answer.status, answer.text()),
            (500, "{\"message\":\"Internal Server Error\"}"),
            "{shown}"
        );
    }
    // Who may not call it does not learn that there is one.
    function.answer("HTTP/1.1 403 No\r\nx-amzn-requestid: 1\r\ncontent-length: 6\r\n\r\nsecret");
    let answer = Request::get("/").send(&rest);
    assert_eq!((answer.status, answer.text()), (500, "{\"message\": \"Internal server error\"}"));
    // And one that answers well again is served well.
    function.answer(invoked("", r#"{"statusCode":200,"body":"ok"}"#));
    assert_eq!(Request::get("/").send(&rest).text(), "ok");
    rest.assert_healthy();
    http.assert_healthy();
}

#[test]
fn a_response_without_a_body_leaves_nothing_for_the_next_one() {
    let function = returning(&json!(null));
    let envoy = envoy("rest", &function.url(""), &json!({}));
    let mut connection = Connection::open(&envoy).unwrap();
    let smuggled = "HTTP/1.1 200 OK\r\ncontent-length: 4\r\n\r\nevil";
    for status in [204, 304] {
        let returned = json!({
            "statusCode": status,
            "headers": {"content-length": "45", "transfer-encoding": "chunked"},
            "body": smuggled,
        });
        function.answer(invoked("", &returned.to_string()));
        let answer = connection.exchange(Request::get("/")).unwrap();
        assert_eq!((answer.status, answer.body.as_slice()), (status, &b""[..]));
    }
    let returned = json!({
        "statusCode": 200, "headers": {"Content-Length": "1"}, "body": smuggled,
    });
    function.answer(invoked("", &returned.to_string()));
    let answer = connection.exchange(Request::new("HEAD", "/")).unwrap();
    assert_eq!((answer.status, answer.body.as_slice()), (200, &b""[..]));
    let answer = connection.exchange(Request::get("/")).unwrap();
    assert_eq!((answer.status, answer.text()), (200, smuggled));
    assert_eq!(answer.header("x-amzn-remapped-content-length"), Some("1"));
    envoy.assert_healthy();
}

#[test]
fn a_function_that_does_not_answer_is_given_up() {
    let function = Backend::start();
    function.behave(Behaviour::Silent);
    let soon = json!({"timeout_millis": 300});
    let began = Instant::now();
    let answer = Request::get("/").send(&envoy("rest", &function.url(""), &soon));
    assert_eq!(
        (answer.status, answer.text()),
        (504, "{\"message\": \"Endpoint request timed out\"}")
    );
    assert!(began.elapsed() < Duration::from_secs(20));
    let answer = Request::get("/").send(&envoy("2.0", &function.url(""), &soon));
    assert_eq!((answer.status, answer.text()), (503, "{\"message\":\"Service Unavailable\"}"));
}

#[test]
fn a_function_that_cannot_be_reached_is_unavailable() {
    let url = Backend::start().url("");
    let rest = envoy("rest", &url, &json!({}));
    let answer = Request::get("/").send(&rest);
    let words = "{\"message\": \"Network error communicating with endpoint\"}";
    assert_eq!((answer.status, answer.text()), (504, words));
    let answer = Request::get("/").send(&envoy("1.0", &url, &json!({})));
    assert_eq!((answer.status, answer.text()), (503, "{\"message\":\"Service Unavailable\"}"));
    // One that hangs up is not there either.
    let function = Scripted::answering("");
    let answer = Request::get("/").send(&envoy("2.0", &function.url(""), &json!({})));
    assert_eq!((answer.status, answer.text()), (503, "{\"message\":\"Service Unavailable\"}"));
    rest.assert_healthy();
}

#[test]
fn large_bodies_go_through_whole() {
    let function = Backend::start();
    let http = envoy("2.0", &function.url(""), &json!({}));
    let body = "é".repeat(400_000);
    let request = Request::new("POST", "/").header("content-type", "text/plain").body(body.clone());
    // The echo of the function has every byte as a character.
    let call = request.send(&http).json();
    let bytes: Vec<u8> = (call["body"].as_str().unwrap().chars())
        .map(|char| u8::try_from(u32::from(char)).unwrap())
        .collect();
    let event: Value = serde_json::from_slice(&bytes).unwrap();
    assert!(event["body"] == body.as_str());
    let returned = json!({"statusCode": 200, "body": "x".repeat(6_000_000)});
    let function = returning(&returned);
    let answer = Request::get("/").send(&envoy("rest", &function.url(""), &json!({})));
    assert_eq!((answer.status, answer.body.len()), (200, 6_000_000));
    http.assert_healthy();
}

#[test]
fn what_a_function_writes_as_a_stream_is_its_response() {
    let written = "{\"statusCode\":202,\"headers\":{\"content-type\":\"text/event-stream\"}}\0\0\0\0\0\0\0\0data: 1\n\n";
    let function = Scripted::answering(invoked("", written));
    let envoy = envoy("rest", &function.url(""), &json!({"transfer": "stream"}));
    let answer = Request::get("/").send(&envoy);
    assert_eq!((answer.status, answer.text()), (202, "data: 1\n\n"));
    assert_eq!(answer.header("content-type"), Some("text/event-stream"));
    let line = "POST /2021-11-15/functions/pets%3Alive/response-streaming-invocations HTTP/1.1";
    assert_eq!(function.request_lines(), [line]);
    function.answer(invoked("", "{\"statusCode\":202}\0\0\0\0\0\0\0data"));
    assert_eq!(Request::get("/").send(&envoy).status, 502);
    envoy.assert_healthy();
}

/// A function that does as the path says, as it runs on AWS.
const OBEDIENT: &str = r#"
import json, time

def handler(event, context):
    path = event.get("rawPath") or event["path"]
    if path == "/echo":
        return {
            "statusCode": 201,
            "headers": {"Content-Type": event["headers"].get("content-type") or "a/b"},
            "body": event["body"],
            "isBase64Encoded": event["isBase64Encoded"],
        }
    if path == "/event":
        return {"statusCode": 200, "body": json.dumps(event)}
    if path == "/cookies":
        return {"statusCode": 200, "cookies": ["a=1", "b=2"], "body": "é"}
    if path == "/lists":
        return {"statusCode": 200, "multiValueHeaders": {"set-cookie": ["a=1", "b=2"]}}
    if path == "/text":
        return "text"
    if path == "/nothing":
        return None
    if path == "/float":
        return {"statusCode": 200.0, "body": "float"}
    if path == "/raise":
        raise ValueError("secret")
    if path == "/unwritable":
        return b"secret"
    if path == "/late":
        time.sleep(30)
    if path == "/large":
        return {"statusCode": 200, "body": "x" * 5_000_000}
"#;

#[test]
fn a_function_on_the_runtime_of_aws_answers_an_http_api() {
    let lambda = Lambda::serving(OBEDIENT);
    let envoy = before("2.0", &lambda.function(), &json!({}));
    let bytes =
        Request::new("POST", "/echo").header("content-type", "image/png").body(*b"\x89\0\xff");
    let answer = bytes.send(&envoy);
    assert_eq!((answer.status, answer.body.as_slice()), (201, &b"\x89\0\xff"[..]));
    assert_eq!(answer.header("content-type"), Some("image/png"));
    let text = Request::new("POST", "/echo").header("content-type", "text/plain").body("é");
    assert_eq!(text.send(&envoy).text(), "é");
    let event = Request::get("/event?a=1&a=2").header("cookie", "c=3").send(&envoy).json();
    assert_eq!(event["queryStringParameters"], json!({"a": "1,2"}));
    assert_eq!((&event["cookies"], event.get("body")), (&json!(["c=3"]), None));
    let answer = Request::get("/cookies").send(&envoy);
    assert_eq!((values(&answer, "set-cookie"), answer.text()), (vec!["a=1", "b=2"], "é"));
    assert_eq!(answer.header("content-type"), Some("text/plain;charset=UTF-8"));
    let answer = Request::get("/text").send(&envoy);
    assert_eq!((answer.status, answer.text()), (200, "text"));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(Request::get("/nothing").send(&envoy).text(), "null");
    assert_eq!(Request::get("/large").send(&envoy).body.len(), 5_000_000);
    for path in ["/raise", "/unwritable"] {
        let answer = Request::get(path).send(&envoy);
        let words = "{\"message\":\"Internal Server Error\"}";
        assert_eq!((answer.status, answer.text()), (500, words), "{path}");
    }
    assert_eq!(lambda.calls(), 9);
    envoy.assert_healthy();
}

#[test]
fn a_function_on_the_runtime_of_aws_answers_a_rest_api() {
    let lambda = Lambda::serving(OBEDIENT);
    let envoy = before("rest", &lambda.function(), &json!({"timeout_millis": 8_000}));
    let text = Request::new("POST", "/echo").body("a=b");
    assert_eq!(text.send(&envoy).text(), "a=b");
    let event = Request::get("/event?a=1&a=2").header("x-b", "3").send(&envoy).json();
    assert_eq!(event["multiValueQueryStringParameters"], json!({"a": ["1", "2"]}));
    assert_eq!(event["multiValueHeaders"]["X-B"], json!(["3"]));
    assert_eq!(event["body"], Value::Null);
    let answer = Request::get("/lists").send(&envoy);
    assert_eq!(values(&answer, "set-cookie"), ["a=1", "b=2"]);
    assert_eq!(Request::get("/float").send(&envoy).text(), "float");
    for path in ["/cookies", "/text", "/nothing", "/raise", "/unwritable", "/late"] {
        let answer = Request::get(path).send(&envoy);
        let words = "{\"message\": \"Internal server error\"}";
        assert_eq!((answer.status, answer.text()), (502, words), "{path}");
    }
    envoy.assert_healthy();
}
