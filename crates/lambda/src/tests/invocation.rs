//! What a call has come to.

use tollgate_policy::{Headers, Response};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Failure, returned};

fn reply(status: u16, fields: &[(&str, &str)], body: &str) -> Response {
    Response { status, headers: fields.iter().copied().collect(), body: body.into() }
}

const OF_LAMBDA: (&str, &str) = ("x-amzn-requestid", "1");
const FAILED: (&str, &str) = ("x-amz-function-error", "Unhandled");

#[track_caller]
fn check(reply: Response, expected: Result<&str, Failure>) {
    let outcome = returned(Some(reply)).map(|body| String::from_utf8(body).unwrap());
    assert_eq!(outcome, expected.map(str::to_owned));
}

fn failed(message: &str) -> Result<&str, Failure> {
    Err(Failure::FunctionError(message.to_owned()))
}

#[test]
fn what_a_function_returned_is_handed_on_as_it_is() {
    check(reply(200, &[OF_LAMBDA], "{\"statusCode\":200}"), Ok("{\"statusCode\":200}"));
    check(reply(200, &[], "null"), Ok("null"));
    check(reply(202, &[], ""), Ok(""));
}

#[test]
fn lambda_says_when_a_function_has_failed() {
    check(
        reply(200, &[OF_LAMBDA, FAILED], r#"{"errorMessage":"no","errorType":"E"}"#),
        failed("no"),
    );
    check(reply(200, &[OF_LAMBDA, FAILED], r#"{"errorMessage":"no","extra":1}"#), failed("no"));
    check(reply(200, &[OF_LAMBDA, FAILED], r#"{"errorMessage":null}"#), failed(""));
    check(reply(200, &[OF_LAMBDA, FAILED], "not JSON"), failed(""));
    check(reply(200, &[FAILED], "[]"), failed(""));
    let long = format!("{{\"errorMessage\":\"{}\"}}", "é".repeat(5_000));
    check(reply(200, &[OF_LAMBDA, FAILED], &long), failed(&"é".repeat(1_024)));
}

#[test]
fn an_emulator_need_not_say_it() {
    check(reply(200, &[], r#" {"errorMessage":"no","trace":[]}"#), failed("no"));
    check(reply(200, &[], r#"{"errorType":"E","errorMessage":"no","requestId":""}"#), failed("no"));
    // What says more is a response; and so is all that Lambda itself says is one.
    let more = r#"{"errorMessage":"no","statusCode":400}"#;
    check(reply(200, &[], more), Ok(more));
    let same = r#"{"errorMessage":"no"}"#;
    check(reply(200, &[OF_LAMBDA], same), Ok(same));
    let within = r#"{"body":"\"errorMessage\""}"#;
    check(reply(200, &[], within), Ok(within));
    check(reply(200, &[], "{\"errorMessage\":"), Ok("{\"errorMessage\":"));
}

#[test]
fn every_failure_of_the_service_has_a_name() {
    let json = ("content-type", "application/json");
    for (status, failure) in [
        (401, Failure::NotPermitted),
        (403, Failure::NotPermitted),
        (404, Failure::NotFound),
        (413, Failure::TooLarge),
        (429, Failure::Throttled),
        (502, Failure::Service(502)),
        (500, Failure::Service(500)),
        (301, Failure::Service(301)),
        (100, Failure::Service(100)),
    ] {
        check(reply(status, &[OF_LAMBDA, json], "{}"), Err(failure));
    }
}

#[test]
fn what_the_proxy_says_is_told_from_what_lambda_says() {
    let text = ("content-type", "text/plain");
    check(reply(504, &[text], "upstream request timeout"), Err(Failure::TimedOut));
    check(reply(503, &[text], "no healthy upstream"), Err(Failure::Unreachable));
    check(reply(504, &[OF_LAMBDA], "{}"), Err(Failure::Service(504)));
    check(
        reply(503, &[("x-amzn-errortype", "ServiceException")], "{}"),
        Err(Failure::Service(503)),
    );
    assert_eq!(returned(None), Err(Failure::Unreachable));
}

#[test]
fn no_reason_tells_what_a_function_said() {
    let failure = returned(Some(Response {
        status: 200,
        headers: Headers::from_iter([FAILED]),
        body: br#"{"errorMessage":"the password is 1234"}"#.to_vec(),
    }));
    assert!(!failure.unwrap_err().reason().contains("1234"));
}
