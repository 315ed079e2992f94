//! What is told where a function has returned nothing.

use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Fault, Headers, Response};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{config, exchange, proxy};
use crate::{Format, LambdaProxy, Transfer};

#[track_caller]
fn check(reply: Option<Response>, fault: Fault, reason: &str) {
    let stream = LambdaProxy::compile(&config(Format::Rest, Transfer::Stream)).unwrap();
    let formats = [Format::Rest, Format::V1, Format::V2].map(proxy);
    for proxy in formats.iter().chain([&stream]) {
        let outcome = proxy.answer(&exchange(&[]), reply.clone(), &BinaryMediaTypes::default());
        let bad = outcome.expect_err("no response");
        assert_eq!((bad.fault, bad.reason), (fault, reason));
    }
}

fn reply(status: u16, field: (&str, &str), body: &str) -> Option<Response> {
    Some(Response { status, headers: Headers::from_iter([field]), body: body.into() })
}

#[test]
fn every_failure_has_its_fault() {
    let of_lambda = ("x-amzn-requestid", "1");
    let of_proxy = ("content-type", "text/plain");
    let failed = ("x-amz-function-error", "Unhandled");
    let bad = Fault::BadFunctionResponse;
    check(None, Fault::IntegrationFailure, "the function cannot be reached");
    check(
        reply(503, of_proxy, "no healthy upstream"),
        Fault::IntegrationFailure,
        "the function cannot be reached",
    );
    check(
        reply(504, of_proxy, "upstream request timeout"),
        Fault::IntegrationTimeout,
        "the function did not answer in time",
    );
    check(reply(403, of_lambda, "{}"), Fault::Internal, "the gateway may not call the function");
    check(reply(404, of_lambda, "{}"), Fault::Internal, "there is no such function");
    check(
        reply(413, of_lambda, "{}"),
        Fault::RequestTooLarge,
        "the event is larger than a function may get",
    );
    check(reply(429, of_lambda, "{}"), bad, "the function is called too often");
    check(reply(500, of_lambda, "{}"), bad, "the service that calls the function failed");
    // A function that has failed does not say the response, even where it could.
    let said = r#"{"statusCode":200,"errorMessage":"no"}"#;
    check(reply(200, failed, said), bad, "the function failed");
    check(reply(200, failed, ""), bad, "the function failed");
}
