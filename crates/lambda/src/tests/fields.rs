//! Header fields, cookies and queries, as events have them.

use serde_json::{Value, json};
use tollgate_mapping::Dialect;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{exchange, rest, v1, v2};
use crate::event::{Body, Source, V1, V2};

const TARGET: &str = "/prod/pets/7";

/// What the three formats say of a query, single values first.
#[track_caller]
fn check_query(query: &str, rest_lists: &Value, http_joined: &Value) {
    let exchange = exchange(&format!("{TARGET}?{query}"), &[]);
    assert_eq!(rest(&exchange)["multiValueQueryStringParameters"], *rest_lists, "{query}");
    let event = v2(&exchange);
    assert_eq!(event["queryStringParameters"], *http_joined, "{query}");
    assert_eq!(event["rawQueryString"], query);
}

#[test]
fn a_query_is_decoded_and_keeps_every_value() {
    check_query("", &json!(null), &json!(null));
    check_query("&&", &json!(null), &json!(null));
    check_query("a=1", &json!({"a": ["1"]}), &json!({"a": "1"}));
    check_query(
        "a=1&b=2&a=3",
        &json!({"a": ["1", "3"], "b": ["2"]}),
        &json!({"a": "1,3", "b": "2"}),
    );
    check_query("a", &json!({"a": [""]}), &json!({"a": ""}));
    check_query("a=&a=", &json!({"a": ["", ""]}), &json!({"a": ","}));
    check_query("=b", &json!({"": ["b"]}), &json!({"": "b"}));
    check_query("a=b=c", &json!({"a": ["b=c"]}), &json!({"a": "b=c"}));
    check_query("a%20b=c+d%2Be", &json!({"a b": ["c d+e"]}), &json!({"a b": "c d+e"}));
    check_query("a=%", &json!({"a": ["%"]}), &json!({"a": "%"}));
    check_query("a=%zz%4", &json!({"a": ["%zz%4"]}), &json!({"a": "%zz%4"}));
    check_query("a=%C3%A9", &json!({"a": ["é"]}), &json!({"a": "é"}));
    check_query("a=%FF", &json!({"a": ["\u{fffd}"]}), &json!({"a": "\u{fffd}"}));
    check_query("a=%00%0A%22", &json!({"a": ["\0\n\""]}), &json!({"a": "\0\n\""}));
    check_query("A=1&a=2", &json!({"A": ["1"], "a": ["2"]}), &json!({"A": "1", "a": "2"}));
}

#[test]
fn a_semicolon_ends_a_parameter_of_a_rest_api_alone() {
    check_query("a=1;b=2", &json!({"a": ["1"], "b": ["2"]}), &json!({"a": "1;b=2"}));
    check_query("a=1%3Bb", &json!({"a": ["1;b"]}), &json!({"a": "1;b"}));
}

#[test]
fn of_several_values_the_last_one_is_the_single_one() {
    let fields: [(&str, &[u8]); 3] = [("x-two", b"a"), ("x-one", b"1"), ("x-two", b"b")];
    let exchange = exchange("/prod/pets/7?c=1&c=2", &fields);
    for event in [rest(&exchange), v1(&exchange, "/pets/7", Dialect::Http)] {
        assert_eq!(event["headers"]["X-Two"], "b");
        assert_eq!(event["multiValueHeaders"]["X-Two"], json!(["a", "b"]));
        assert_eq!(event["multiValueHeaders"]["X-One"], json!(["1"]));
        assert_eq!(event["queryStringParameters"], json!({"c": "2"}));
        assert_eq!(event["multiValueQueryStringParameters"], json!({"c": ["1", "2"]}));
    }
    assert_eq!(v2(&exchange)["headers"]["x-two"], "a,b");
}

#[test]
fn the_authorizer_of_an_http_api_gets_no_lists() {
    let exchange = exchange("/prod/pets/7?c=1&c=2", &[]);
    let source = Source { exchange: &exchange, path: "/pets/7" };
    let event = serde_json::to_value(V1::of(source, Dialect::Http).without_lists()).unwrap();
    let members = event.as_object().unwrap();
    for name in ["multiValueHeaders", "multiValueQueryStringParameters", "body", "isBase64Encoded"]
    {
        assert!(!members.contains_key(name), "{name}");
    }
    assert_eq!(event["queryStringParameters"], json!({"c": "2"}));
}

#[test]
fn names_are_written_as_the_edge_writes_them() {
    for (sent, written) in [
        ("content-type", "Content-Type"),
        ("x-amzn-trace-id", "X-Amzn-Trace-Id"),
        ("cloudfront-is-smarttv-viewer", "CloudFront-Is-SmartTV-Viewer"),
        ("cloudfront-viewer-country", "CloudFront-Viewer-Country"),
        ("dnt", "DNT"),
        ("x--a-", "X--A-"),
        ("1st", "1st"),
    ] {
        let event = rest(&exchange(TARGET, &[(sent, b"1")]));
        assert_eq!(event["headers"][written], "1", "{sent}");
    }
    // Those of an HTTP API are as HTTP/2 has them, but for its own.
    let fields: [(&str, &[u8]); 4] = [
        ("accept-encoding", b"br"),
        ("sec-fetch-mode", b"cors"),
        ("x-a", b"1"),
        ("user-agent", b"u"),
    ];
    let event = v1(&exchange(TARGET, &fields), "/pets/7", Dialect::Http);
    assert_eq!(
        super::names(&event["headers"]),
        [
            "Content-Length",
            "Host",
            "User-Agent",
            "X-A",
            "X-Forwarded-Port",
            "accept-encoding",
            "sec-fetch-mode",
        ]
    );
}

/// What an event says of the port, of a request to this host by this scheme.
#[track_caller]
fn check_port(authority: &str, scheme: &str, port: &str) {
    let mut exchange = exchange(TARGET, &[("x-forwarded-proto", scheme.as_bytes())]);
    exchange.request.headers = exchange
        .request
        .headers
        .iter()
        .filter(|(name, _)| *name != b":authority")
        .chain([(&b":authority"[..], authority.as_bytes()), (b"x-forwarded-port", b"1")])
        .map(|(name, value)| (str::from_utf8(name).unwrap(), value))
        .collect();
    assert_eq!(rest(&exchange)["multiValueHeaders"]["X-Forwarded-Port"], json!([port]));
    assert_eq!(v2(&exchange)["headers"]["x-forwarded-port"], port);
    assert_eq!(v2(&exchange)["headers"]["host"], authority);
}

#[test]
fn the_port_is_the_one_that_was_asked_for_whatever_the_client_says() {
    check_port("api.example.com", "https", "443");
    check_port("api.example.com", "http", "80");
    check_port("api.example.com:8443", "https", "8443");
    check_port("[::1]:8080", "http", "8080");
    check_port("[::1]", "http", "80");
    check_port("api.example.com:", "http", "80");
    check_port("api.example.com:999999", "http", "80");
    check_port("", "https", "443");
}

#[test]
fn cookies_are_a_list_of_their_own_in_format_2_alone() {
    let fields: [(&str, &[u8]); 3] =
        [("cookie", b"a=1; b=2"), ("cookie", b" c=\"3;\";; "), ("x", b"y")];
    let exchange = exchange(TARGET, &fields);
    let event = v2(&exchange);
    assert_eq!(event["cookies"], json!(["a=1", "b=2", "c=\"3", "\""]));
    assert!(!event["headers"].as_object().unwrap().contains_key("cookie"));
    assert_eq!(rest(&exchange)["multiValueHeaders"]["Cookie"], json!(["a=1; b=2", " c=\"3;\";; "]));
    assert!(!v2(&super::exchange(TARGET, &[])).as_object().unwrap().contains_key("cookies"));
}

#[test]
fn what_is_no_text_is_still_told() {
    let fields: [(&str, &[u8]); 2] = [("x-bytes", b"\xff\"\x01"), ("user-agent", b"\xfe")];
    let exchange = exchange("/prod/pets/7", &fields);
    let event = rest(&exchange);
    assert_eq!(event["headers"]["X-Bytes"], "\u{fffd}\"\u{1}");
    assert_eq!(event["requestContext"]["identity"]["userAgent"], "\u{fffd}");
    assert_eq!(v2(&exchange)["requestContext"]["http"]["userAgent"], "\u{fffd}");
}

/// What the two formats of HTTP APIs say of the length, of a body of five bytes.
#[track_caller]
fn check_length(fields: &[(&str, &[u8])], told: &Value, told_authorizer: &Value) {
    let exchange = exchange(TARGET, fields);
    let source = Source { exchange: &exchange, path: "/pets/7" };
    let body = || Body { bytes: 5, ..Body::default() };
    let value = |event: Value, name: &str| event["headers"][name].clone();
    let event = serde_json::to_value(V2::with_body(source, body())).unwrap();
    assert_eq!(value(event, "content-length"), *told);
    let event = serde_json::to_value(V1::with_body(source, Dialect::Http, body())).unwrap();
    assert_eq!(value(event, "Content-Length"), *told);
    let event = serde_json::to_value(V2::of(source)).unwrap();
    assert_eq!(value(event, "content-length"), *told_authorizer);
    let event = serde_json::to_value(V1::with_body(source, Dialect::Rest, body())).unwrap();
    assert_eq!(value(event, "Content-Length"), Value::Null);
}

#[test]
fn an_http_api_always_says_how_long_the_body_is() {
    check_length(&[], &json!("5"), &json!("0"));
    check_length(&[("content-length", b"5")], &json!("5"), &json!("5"));
    check_length(&[("transfer-encoding", b"chunked")], &json!("5"), &json!(null));
}

#[test]
fn what_a_mapping_has_changed_is_told_changed() {
    let mut exchange = exchange(TARGET, &[("x-a", b"1"), ("x-b", b"2")]);
    exchange.request.headers.set("x-a", "3");
    exchange.request.headers.append("foobar", "mapped");
    exchange.request.headers.remove("x-b");
    // Where it came from is not for a mapping to change.
    exchange.request.headers.set(":path", "/elsewhere?q=1");
    exchange.request.headers.set(":authority", "elsewhere");
    let event = v2(&exchange);
    assert_eq!(
        super::names(&event["headers"]),
        ["content-length", "foobar", "host", "x-a", "x-forwarded-port"]
    );
    assert_eq!(event["headers"]["x-a"], "3");
    assert_eq!(event["rawPath"], TARGET);
    assert_eq!(event["headers"]["host"], "abc123.execute-api.eu-west-1.amazonaws.com");
}

#[test]
fn a_signature_that_has_been_taken_out_of_the_query_is_in_no_event() {
    let mut exchange = exchange("/prod/pets/7?a=1&X-Amz-Signature=secret", &[]);
    exchange.request.headers.set(":path", "/prod/pets/7?a=1");
    let source = Source { exchange: &exchange, path: "/pets/7" };
    let v2 = serde_json::to_string(&V2::of(source)).expect("JSON");
    assert!(v2.contains(r#""rawQueryString":"a=1""#) && !v2.contains("secret"), "{v2}");
}
