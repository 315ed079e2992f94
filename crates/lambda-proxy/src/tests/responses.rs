//! What becomes of what functions return.

use serde_json::{Value, json};
use tollgate_policy::Fault;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{answer, answer_to, fields, with};
use crate::Format;

const ALL: [Format; 3] = [Format::Rest, Format::V1, Format::V2];
const TEXT: &str = "content-type: text/plain;charset=UTF-8";
const JSON: &str = "content-type: application/json";

#[track_caller]
fn check(format: Format, returned: &Value, status: u16, told: &[&str], body: &[u8]) {
    let response = answer(format, returned).expect("a response");
    assert_eq!(response.status, status);
    assert_eq!(fields(&response.headers), told);
    assert_eq!(response.body.escape_ascii().to_string(), body.escape_ascii().to_string());
}

#[track_caller]
fn check_bad(formats: &[Format], returned: &Value, reason: &str) {
    for format in formats {
        let bad = answer(*format, returned).expect_err("no response");
        assert_eq!((bad.fault, bad.reason), (Fault::BadFunctionResponse, reason), "{format:?}");
    }
}

#[test]
fn a_response_is_what_the_function_says() {
    let returned = json!({
        "statusCode": 418, "headers": {"Content-Type": "text/html", "x-n": "a"}, "body": "<p>é",
    });
    for format in ALL {
        let told = ["content-type: text/html", "x-n: a"];
        check(format, &returned, 418, &told, "<p>é".as_bytes());
    }
}

#[test]
fn what_is_not_said_is_empty() {
    check(Format::Rest, &json!({"statusCode": 200}), 200, &[JSON], b"");
    check(Format::V1, &json!({"statusCode": 200}), 200, &[TEXT], b"");
    check(Format::V2, &json!({"statusCode": 200}), 200, &[TEXT], b"");
    let nulls = json!({"statusCode": 200, "headers": null, "body": null, "isBase64Encoded": null});
    check(Format::Rest, &nulls, 200, &[JSON], b"");
    check(Format::V1, &nulls, 200, &[TEXT], b"");
    check(Format::V2, &nulls, 200, &[TEXT], b"");
    check(Format::Rest, &json!({"body": "x"}), 200, &[JSON], b"x");
    check_bad(&[Format::V1], &json!({"body": "x"}), "there is no `statusCode`");
    check_bad(&[Format::V1], &json!({}), "there is no `statusCode`");
    check_bad(&[Format::Rest], &json!({}), "the function returned an empty object");
}

#[test]
fn what_is_no_object_is_a_response_of_format_2_alone() {
    for (returned, body) in [
        (json!("Hello"), "Hello"),
        (json!("null"), "null"),
        (json!(""), ""),
        (json!("errorMessage"), "errorMessage"),
        (json!(null), "null"),
        (json!([1, "a"]), "[1,\"a\"]"),
        (json!(4.5), "4.5"),
        (json!(true), "true"),
        (json!({}), "{}"),
        (json!({"body": "hi"}), "{\"body\":\"hi\"}"),
        (json!({"headers": {"x": "y"}}), "{\"headers\":{\"x\":\"y\"}}"),
    ] {
        check(Format::V2, &returned, 200, &[JSON], body.as_bytes());
        if !returned.is_object() {
            let reason = "the function returned no object";
            check_bad(&[Format::Rest, Format::V1], &returned, reason);
        }
    }
    let failed = "the function returned what a failed one says";
    check_bad(&[Format::V2], &json!({"errorMessage": "no"}), failed);
    check(Format::V2, &json!({"statusCode": 200, "errorMessage": "no"}), 200, &[TEXT], b"");
}

#[test]
fn what_is_inferred_is_told_to_the_letter() {
    let spaced = b" { \"b\" : 1.0 ,\n\"a\":[ ] } ";
    let response = answer_to(None, &[], Format::V2, spaced).unwrap();
    assert_eq!(response.body, spaced);
}

#[test]
fn what_is_no_json_is_no_response() {
    for returned in
        [&b""[..], b" ", b"{", b"{\"statusCode\":200", b"\xff", b"{}{}", b"'a'", b"\"\xff\""]
    {
        for format in ALL {
            let bad = answer_to(None, &[], format, returned).unwrap_err();
            assert_eq!(bad.reason, "the function returned what is not JSON", "{format:?}");
        }
    }
    let deep = ["[".repeat(100_000), "]".repeat(100_000)].concat();
    for format in ALL {
        assert!(answer_to(None, &[], format, deep.as_bytes()).is_err());
    }
}

#[test]
fn only_a_status_that_ends_an_exchange_is_one() {
    for (said, status) in [
        (json!(200), 200),
        (json!(599), 599),
        (json!("201"), 201),
        (json!(200.0), 200),
        (json!("404"), 404),
    ] {
        for format in ALL {
            assert_eq!(answer(format, &json!({"statusCode": said})).unwrap().status, status);
        }
    }
    let reason = "`statusCode` is not a status from 200 to 599";
    for said in [
        json!(0),
        json!(99),
        json!(100),
        json!(101),
        json!(199),
        json!(600),
        json!(999),
        json!(1000),
        json!(-1),
        json!(-200),
        json!(200.5),
        json!(65_736),
        json!(4_294_967_496_u64),
        json!(1e300),
        json!(18_446_744_073_709_551_615_u64),
        json!("test"),
        json!(""),
        json!("+20"),
        json!(" 200"),
        json!("0200"),
        json!("2e2"),
        json!("20\n"),
        json!(true),
        json!([200]),
        json!({"a": 200}),
    ] {
        check_bad(&ALL, &json!({"statusCode": said}), reason);
    }
    check_bad(&[Format::V1], &json!({"statusCode": null}), "there is no `statusCode`");
    check_bad(&[Format::V2], &json!({"statusCode": null}), "the status is `null`");
}

#[test]
fn a_rest_api_takes_no_member_that_it_does_not_know() {
    for name in ["wrongValue", "cookies", "StatusCode", "statusDescription", ""] {
        let returned = with(name, &json!([]));
        check_bad(&[Format::Rest], &returned, "there is a member that a REST API does not know");
        assert!(answer(Format::V1, &returned).is_ok(), "{name}");
        assert!(answer(Format::V2, &returned).is_ok(), "{name}");
    }
}

#[test]
fn a_body_that_is_no_text_is_none_but_in_format_2() {
    for (body, text) in [
        (json!({"a": [1]}), "{\"a\":[1]}"),
        (json!([]), "[]"),
        (json!(42), "42"),
        (json!(false), "false"),
    ] {
        check_bad(&[Format::Rest, Format::V1], &with("body", &body), "`body` is not a string");
        check(Format::V2, &with("body", &body), 200, &[TEXT], text.as_bytes());
    }
}

#[test]
fn base64_becomes_bytes() {
    let bytes = json!({"statusCode": 200, "body": "/wD+ IQ==", "isBase64Encoded": true});
    check_bad(&[Format::V1, Format::V2], &bytes, "`body` is not Base64");
    let bytes = json!({"statusCode": 200, "body": " /wAh\n", "isBase64Encoded": true});
    check(Format::V1, &bytes, 200, &[TEXT], b"\xff\0!");
    check(Format::V2, &bytes, 200, &[TEXT], b"\xff\0!");
    for said in [json!("true"), json!(1), json!([])] {
        let reason = "`isBase64Encoded` is neither true nor false";
        check_bad(&ALL, &with("isBase64Encoded", &said), reason);
    }
    let empty = json!({"statusCode": 200, "isBase64Encoded": true});
    check(Format::V2, &empty, 200, &[TEXT], b"");
}

/// Whether a REST API decodes Base64, for a client that accepts this.
#[track_caller]
fn check_decoded(accept: Option<&str>, binary: &[&str], is_decoded: bool) {
    let returned = br#"{"statusCode":200,"body":"AP8h","isBase64Encoded":true}"#;
    let response = answer_to(accept, binary, Format::Rest, returned).unwrap();
    let expected: &[u8] = if is_decoded { b"\0\xff!" } else { b"AP8h" };
    assert_eq!(response.body, expected);
}

#[test]
fn a_rest_api_decodes_base64_for_who_takes_bytes() {
    check_decoded(Some("image/png"), &[], false);
    check_decoded(Some("image/png"), &["image/png"], true);
    check_decoded(Some("IMAGE/png;q=0.5, text/html"), &["image/*"], true);
    // Of several the first one counts.
    check_decoded(Some("text/html, image/png"), &["image/png"], false);
    check_decoded(Some("*/*"), &["image/png"], false);
    check_decoded(None, &["image/png"], false);
    check_decoded(None, &["*/*"], true);
    check_decoded(Some("text/html"), &["*/*"], true);
    let wrong = br#"{"statusCode":200,"body":"?","isBase64Encoded":true}"#;
    assert_eq!(answer_to(None, &[], Format::Rest, wrong).unwrap().body, b"?");
    assert!(answer_to(None, &["*/*"], Format::Rest, wrong).is_err());
}

#[test]
fn values_come_in_lists_and_alone() {
    let returned = json!({
        "statusCode": 200,
        "headers": {"content-type": "a/b", "X-One": "last", "x-two": "b"},
        "multiValueHeaders": {"x-one": ["a", "b"], "X-Two": ["b", "b"], "x-none": []},
    });
    let told = ["content-type: a/b", "x-one: a", "x-one: b", "x-one: last", "x-two: b", "x-two: b"];
    check(Format::Rest, &returned, 200, &told, b"");
    check(Format::V1, &returned, 200, &told, b"");
    check(Format::V2, &returned, 200, &["content-type: a/b", "x-one: last", "x-two: b"], b"");
    let cookies =
        json!({"statusCode": 200, "multiValueHeaders": {"Set-Cookie": ["a=1", "b=2; Path=/"]}});
    check(Format::V1, &cookies, 200, &[TEXT, "set-cookie: a=1", "set-cookie: b=2; Path=/"], b"");
    for lists in [json!("a"), json!(["a"]), json!(1), json!({"x": "a"}), json!({"x": null})] {
        let outcome = answer(Format::Rest, &with("multiValueHeaders", &lists));
        assert_eq!(outcome.unwrap_err().fault, Fault::BadFunctionResponse, "{lists}");
        assert!(answer(Format::V1, &with("multiValueHeaders", &lists)).is_err(), "{lists}");
        assert!(answer(Format::V2, &with("multiValueHeaders", &lists)).is_ok(), "{lists}");
    }
}

#[test]
fn each_cookie_of_format_2_is_a_field_of_its_own() {
    let returned = json!({
        "statusCode": 200,
        "headers": {"set-cookie": "z=0"},
        "cookies": ["a=1; Secure", "b=2"],
        "body": "ok",
    });
    let told = [TEXT, "set-cookie: a=1; Secure", "set-cookie: b=2", "set-cookie: z=0"];
    check(Format::V2, &returned, 200, &told, b"ok");
    check_bad(&[Format::V2], &with("cookies", &json!({"a": "b"})), "`cookies` is not a list");
    check_bad(&[Format::V2], &with("cookies", &json!("a=b")), "`cookies` is not a list");
    let reason = "the value of a header field is not text";
    check_bad(&[Format::V2], &with("cookies", &json!([1])), reason);
}

#[test]
fn values_that_are_no_text_are_taken_as_far_as_api_gateway_takes_them() {
    let reason = "the value of a header field is not text";
    for format in ALL {
        let response = answer(format, &with("headers", &json!({"x": true, "y": false}))).unwrap();
        assert_eq!(response.headers.get("x"), Some(&b"true"[..]));
        assert_eq!(response.headers.get("y"), Some(&b"false"[..]));
        check_bad(&[format], &with("headers", &json!({"x": null})), reason);
        check_bad(&[format], &with("headers", &json!({"x": ["a"]})), reason);
        check_bad(&[format], &with("headers", &json!({"x": {}})), reason);
        check_bad(&[format], &with("headers", &json!([])), "`headers` is not an object");
        check_bad(&[format], &with("headers", &json!("x: y")), "`headers` is not an object");
    }
    check_bad(&[Format::Rest], &with("headers", &json!({"x": 1})), reason);
    for format in [Format::V1, Format::V2] {
        let response = answer(format, &with("headers", &json!({"x": 1.5}))).unwrap();
        assert_eq!(response.headers.get("x"), Some(&b"1.5"[..]));
    }
}

#[test]
fn nothing_ends_the_head_of_a_response_before_its_end() {
    let reason = "there is a header field that HTTP does not have";
    for value in ["a\r\nset-cookie: evil=1", "a\nb", "a\r", "\0", "a\x0bb", "\x7f", "\u{1b}[2J"] {
        check_bad(&ALL, &with("headers", &json!({"x": value})), reason);
        check_bad(
            &[Format::Rest, Format::V1],
            &with("multiValueHeaders", &json!({"x": [value]})),
            reason,
        );
        check_bad(&[Format::V2], &with("cookies", &json!([value])), reason);
    }
    for name in
        ["", " ", "a b", "a:", ":status", "a\r\nb", "x\0", "é", "(a)", "a\t", "content type"]
    {
        let headers = json!({name: "v"});
        check_bad(&ALL, &with("headers", &headers), reason);
    }
    let told = ["content-type: a/b", "x: a\\tb \\xc3\\xa9"];
    let returned =
        json!({"statusCode": 200, "headers": {"X": " a\tb é \t", "content-type": "a/b"}});
    for format in ALL {
        check(format, &returned, 200, &told, b"");
    }
}

#[test]
fn what_the_gateway_says_itself_goes_out_under_another_name() {
    let returned = json!({"statusCode": 200, "body": "four", "headers": {
        "Content-Type": "a/b", "Connection": "close", "Content-Length": "9999", "Date": "today",
        "Server": "mine", "Transfer-Encoding": "chunked", "Keep-Alive": "1", "Upgrade": "h2c",
        "TE": "trailers", "Trailer": "x", "Proxy-Connection": "close", "WWW-Authenticate": "Basic",
    }});
    let told = [
        "content-type: a/b",
        "x-amzn-remapped-connection: close",
        "x-amzn-remapped-content-length: 9999",
        "x-amzn-remapped-date: today",
        "x-amzn-remapped-server: mine",
    ];
    let rest = [&told[..], &["x-amzn-remapped-www-authenticate: Basic"]].concat();
    check(Format::Rest, &returned, 200, &rest, b"four");
    let http = [&told[..], &["www-authenticate: Basic"]].concat().to_vec();
    let mut http: Vec<_> = http;
    http.sort_unstable();
    check(Format::V1, &returned, 200, &http, b"four");
    check(Format::V2, &returned, 200, &http, b"four");
}

#[test]
fn a_response_that_has_no_body_has_none_whatever_the_function_says() {
    for status in [204, 304] {
        for format in ALL {
            let returned = json!({"statusCode": status, "body": "HTTP/1.1 200 OK\r\n\r\n"});
            check(format, &returned, status, &[], b"");
        }
    }
    check(Format::V2, &json!({"statusCode": 205, "body": "x"}), 205, &[TEXT], b"x");
}

#[test]
fn a_flood_of_fields_is_no_response() {
    let reason = "the header fields are more than 500, or longer than 10,240 bytes";
    let many = |count: usize| -> Value {
        (0..count)
            .map(|at| (format!("x{at}"), json!("v")))
            .collect::<serde_json::Map<_, _>>()
            .into()
    };
    for format in ALL {
        assert!(answer(format, &with("headers", &many(500))).is_ok());
        check_bad(&[format], &with("headers", &many(501)), reason);
        let long = |bytes: usize| json!({"x": "a".repeat(bytes)});
        assert!(answer(format, &with("headers", &long(10_239))).is_ok());
        check_bad(&[format], &with("headers", &long(10_240)), reason);
    }
    let lists = json!({"x": vec!["v"; 501]});
    check_bad(&[Format::Rest, Format::V1], &with("multiValueHeaders", &lists), reason);
    check_bad(&[Format::V2], &with("cookies", &json!(vec!["a=1"; 501])), reason);
    // What goes nowhere is counted too.
    let dropped = json!({"te": vec!["x".repeat(100); 200]});
    check_bad(&[Format::Rest], &with("multiValueHeaders", &dropped), reason);
}

#[test]
fn a_body_may_have_six_megabytes_and_no_more() {
    let returned = |bytes: usize| with("body", &Value::from("a".repeat(bytes)));
    let frame = returned(0).to_string().len();
    let most = 6_291_556 - frame;
    for format in ALL {
        assert_eq!(answer(format, &returned(most)).unwrap().body.len(), most);
        check_bad(&[format], &returned(most + 1), "the function returned more than 6 MB");
    }
}

#[test]
fn the_last_of_two_members_of_one_name_counts() {
    let twice = br#"{"statusCode":500,"body":"a","statusCode":200,"body":"b"}"#;
    for format in ALL {
        let response = answer_to(None, &[], format, twice).unwrap();
        assert_eq!((response.status, response.body), (200, b"b".to_vec()));
    }
}
