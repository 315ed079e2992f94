//! Services that are no functions.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::{Fault, Response};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Worker, allow, bearing, call, exchange, returns, simple, status};

fn worker(sends: &Value) -> Worker {
    let http = json!({"uri": "https://auth.example.com/check?a=b", "sends": sends});
    Worker::new(&simple(), &json!({"service": {"http": http}, "timeout_millis": 500}))
}

fn fields(headers: &tollgate_policy::Headers) -> Vec<String> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut fields: Vec<_> =
        headers.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect();
    fields.sort();
    fields
}

#[test]
fn a_service_is_sent_the_event() {
    let call = call(worker(&json!("event")).send(bearing("t")).1);
    assert_eq!(call.cluster, "https://auth.example.com:443");
    assert_eq!(call.timeout, Duration::from_millis(500));
    let event: Value = serde_json::from_slice(&call.body).unwrap();
    assert_eq!((&event["version"], &event["type"]), (&json!("2.0"), &json!("REQUEST")));
    assert_eq!(
        fields(&call.headers),
        [
            ":authority: auth.example.com".to_owned(),
            ":method: POST".to_owned(),
            ":path: /check?a=b".to_owned(),
            "accept: application/json".to_owned(),
            format!("content-length: {}", call.body.len()),
            "content-type: application/json".to_owned(),
            "user-agent: tollgate".to_owned(),
        ]
    );
}

#[test]
fn a_service_is_sent_chosen_fields_of_the_request() {
    let sent = [
        ("authorization", &b"t"[..]),
        ("cookie", b"a=1"),
        ("cookie", b"b=2"),
        ("x-forwarded-uri", b"/forged"),
        ("x-secret", b"s"),
    ];
    let request = exchange("/pets?a=b", &sent);
    let headers = json!({"headers": ["authorization", "cookie", "x-not-there"]});
    let call = call(worker(&headers).send(request).1);
    assert!(call.body.is_empty());
    assert_eq!(
        fields(&call.headers),
        [
            ":authority: auth.example.com",
            ":method: GET",
            ":path: /check?a=b",
            "accept: application/json",
            "authorization: t",
            "cookie: a=1",
            "cookie: b=2",
            "user-agent: tollgate",
            "x-forwarded-method: GET",
            "x-forwarded-uri: /pets?a=b",
        ]
    );
}

#[track_caller]
fn check(reply: Option<Response>, expected: &str, fault: Option<Fault>) {
    let (judged, outcome, _) = worker(&json!("event")).judge(bearing("t"), reply);
    assert_eq!(outcome, expected);
    assert_eq!(judged.context.error, fault);
    assert_eq!(judged.context.authorizer.is_some(), fault.is_none());
}

#[test]
fn a_service_answers_plainly() {
    let failed = r#"500 {"message":"Internal Server Error"}"#;
    let denied = Some(Fault::AccessDenied);
    let wrong = Some(Fault::AuthorizerConfiguration);
    check(returns(r#"{"isAuthorized":true}"#), "admitted", None);
    check(returns(r#"{"isAuthorized":false}"#), r#"403 {"message":"Forbidden"}"#, denied);
    check(status(403), r#"403 {"message":"Forbidden"}"#, denied);
    check(status(401), r#"401 {"message":"Unauthorized"}"#, Some(Fault::Unauthorized));
    check(None, failed, Some(Fault::AuthorizerFailure));
    check(status(503), failed, Some(Fault::AuthorizerFailure));
    for reply in [
        status(200),
        status(204),
        status(302),
        status(404),
        status(500),
        status(504),
        returns("ok"),
        returns("true"),
        returns(allow("*").to_string()),
        returns(r#"{"errorMessage":"Unauthorized"}"#),
    ] {
        check(reply, failed, wrong);
    }
}
