//! How bodies come to functions.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_lambda::event::Source;
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::Call;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{exchange, proxy};
use crate::Format;

fn call(format: Format, media_type: Option<&str>, binary: &[&str], body: &[u8]) -> Call {
    let fields: Vec<_> = media_type.iter().map(|it| ("content-type", it.as_bytes())).collect();
    let mut exchange = exchange(&fields);
    exchange.context.trace_id = Some("Root=1-2".to_owned());
    let binary: Vec<_> = binary.iter().map(|it| (*it).to_owned()).collect();
    let binary = BinaryMediaTypes::compile(&binary).unwrap();
    proxy(format).call(Source { exchange: &exchange, path: "/pets" }, body, &binary)
}

/// What a function is told of a body: `body` and `isBase64Encoded`.
#[track_caller]
fn check(
    format: Format,
    media_type: Option<&str>,
    binary: &[&str],
    sent: &[u8],
    told: &str,
    is_base64: bool,
) {
    let call = call(format, media_type, binary, sent);
    let event: Value = serde_json::from_slice(&call.body).expect("JSON");
    assert_eq!(event["body"], told, "{media_type:?}");
    assert_eq!(event["isBase64Encoded"], is_base64, "{media_type:?}");
}

#[test]
fn a_call_is_one_of_the_function() {
    let call = call(Format::V2, None, &[], b"");
    assert_eq!(call.cluster, "http://127.0.0.1:9000");
    assert_eq!(call.timeout, Duration::from_secs(30));
    assert_eq!(call.headers.get("x-amzn-trace-id"), Some(&b"Root=1-2"[..]));
    let length = call.body.len().to_string();
    assert_eq!(call.headers.get("content-length"), Some(length.as_bytes()));
    let call = self::call(Format::Rest, None, &[], b"");
    assert_eq!(call.timeout, Duration::from_secs(29));
}

#[test]
fn a_rest_api_sends_text_but_what_is_binary_or_none() {
    let text =
        |media_type, sent: &[u8], told| check(Format::Rest, media_type, &[], sent, told, false);
    text(Some("application/json"), b"{\"a\": 1}", "{\"a\": 1}");
    text(Some("image/png"), b"text", "text");
    text(Some("application/x-www-form-urlencoded"), b"a=b", "a=b");
    text(None, "é\0\"".as_bytes(), "é\0\"");
    check(Format::Rest, Some("text/plain"), &[], b"\xff", "/w==", true);
    check(Format::Rest, Some("image/png; x=y"), &["image/*"], b"text", "dGV4dA==", true);
    check(Format::Rest, None, &["*/*"], b"text", "dGV4dA==", true);
    check(Format::Rest, None, &["application/json"], b"text", "dGV4dA==", true);
    check(Format::Rest, None, &["image/*"], b"text", "text", false);
}

#[test]
fn an_http_api_sends_text_only_of_types_that_are() {
    for format in [Format::V1, Format::V2] {
        for media_type in [
            "text/html",
            "text/test",
            "text/javascript",
            "TEXT/plain; charset=utf-8",
            "application/json",
            "application/json;charset=utf-8",
            "application/javascript",
            "application/xml",
            "application/vnd.api+json",
            "application/atom+xml",
        ] {
            check(format, Some(media_type), &[], b"text", "text", false);
        }
        for media_type in [
            "application/x-www-form-urlencoded",
            "multipart/form-data; boundary=x",
            "application/octet-stream",
            "application/vnd.ms-excel",
            "image/svg+xml",
            "application/test",
            "json",
            "",
            "application/",
            "textual/x",
            "application/jsonx",
            "application/foxml",
        ] {
            check(format, Some(media_type), &[], b"text", "dGV4dA==", true);
        }
        check(format, None, &[], b"text", "dGV4dA==", true);
        check(format, Some("text/plain"), &[], b"\xab", "qw==", true);
        // The list of a REST API's binary types is none of theirs.
        check(format, Some("text/plain"), &["*/*"], b"text", "text", false);
    }
}

#[test]
fn no_body_is_none() {
    for (format, body) in
        [(Format::Rest, Some(json!(null))), (Format::V1, Some(json!(null))), (Format::V2, None)]
    {
        let call = call(format, Some("image/png"), &["*/*"], b"");
        let event: Value = serde_json::from_slice(&call.body).unwrap();
        assert_eq!(event.get("body"), body.as_ref());
        assert_eq!(event["isBase64Encoded"], false);
    }
}

#[test]
fn each_format_has_its_own_event() {
    let event = |format| -> Value {
        serde_json::from_slice(&call(format, Some("text/plain"), &[], b"text").body).unwrap()
    };
    assert_eq!(event(Format::Rest).get("version"), None);
    assert_eq!(event(Format::V1)["version"], "1.0");
    assert_eq!(event(Format::V2)["version"], "2.0");
    assert_eq!(event(Format::V2)["headers"]["content-length"], "4");
    assert_eq!(event(Format::V1)["headers"]["Content-Length"], "4");
}
