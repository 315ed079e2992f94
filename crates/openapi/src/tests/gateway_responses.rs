#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn with(root: &str) -> String {
    document(&format!("swagger: '2.0'\n{root}"), "/a", "")
}

#[track_caller]
fn check(responses: &str, reasons: &[&str]) {
    let text = with(&format!("x-amazon-apigateway-gateway-responses: {responses}"));
    assert_eq!(told(&text), reasons, "{responses}");
}

#[test]
fn gateway_responses_are_read_by_type() {
    let text = with(
        "x-amazon-apigateway-gateway-responses: {THROTTLED: {statusCode: '430', responseParameters: \
         {gatewayresponse.header.X-A: \"'1'\"}, responseTemplates: {text/plain: slow}}, \
         DEFAULT_5XX: {statusCode: null}}",
    );
    let responses = api(&text, &Options::default()).gateway_responses;
    let throttled = &responses["THROTTLED"];
    assert_eq!(throttled.status_code, Some(430));
    assert_eq!(throttled.response_parameters["X-A"], "'1'");
    assert_eq!(throttled.response_templates["text/plain"], "slow");
    assert_eq!(responses["DEFAULT_5XX"].status_code, None);
}

#[test]
fn every_wrong_word_of_a_gateway_response_is_told_in_its_place() {
    let of = |response: &str| format!("{{UNAUTHORIZED: {response}}}");
    check("[]", &["an object belongs here, not a list"]);
    check("{TEAPOT: {}}", &["`TEAPOT` is no type of gateway response"]);
    check(
        "{THROTLED: {}}",
        &["`THROTLED` is no type of gateway response, perhaps `THROTTLED` is meant"],
    );
    check(&of("{statusCode: 99}"), &["`99` is not a status from 200 to 599"]);
    check(&of("{statusCode: '4xx'}"), &["`4xx` is not a status from 200 to 599"]);
    check(&of("{status: 1}"), &["`status` is not known here"]);
    check(
        &of("{responseParameters: {X-A: \"'1'\"}}"),
        &["`gatewayresponse.header.NAME` belongs here, not `X-A`"],
    );
    let parameter = |name: &str, value: &str| {
        of(&format!("{{responseParameters: {{\"gatewayresponse.header.{name}\": \"{value}\"}}}}"))
    };
    check(
        &parameter("X-A", "1"),
        &["`1` names nothing: `method.request.header.NAME`, `context.NAME` and `'text'` do"],
    );
    check(&parameter("a b", "'1'"), &["is not a header field that can be set"]);
    check(
        &parameter("X-A", "method.request.body"),
        &["`method.request.body` is not there when the gateway answers"],
    );
    let template = |media_type: &str, text: &str| {
        of(&format!("{{responseTemplates: {{\"{media_type}\": \"{text}\"}}}}"))
    };
    check(&template("json", "{}"), &["is not a media type such as `application/json`"]);
    check(&template("text/plain", "$context.nothing"), &["there is no `$context.nothing`"]);
}

#[test]
fn what_cannot_be_changed_or_is_meant_otherwise_is_told() {
    check(
        "{REQUEST_TOO_LARGE: {}}",
        &["`REQUEST_TOO_LARGE` cannot be changed: API Gateway says its own words"],
    );
    check(
        "{THROTTLED: {responseParameters: {gatewayresponse.header.method.response.header.X-A: \
         \"'1'\"}}}",
        &["clients get a header field `method.response.header.X-A`: perhaps \
           `gatewayresponse.header.X-A` is meant"],
    );
}

#[test]
fn responses_are_compressed_from_a_size_on() {
    let size = |size: &str| with(&format!("x-amazon-apigateway-minimum-compression-size: {size}"));
    let of = |text: &str| api(text, &Options::default()).minimum_compression_size;
    assert_eq!(of(&size("0")), Some(0));
    assert_eq!(of(&size("null")), None);
    let reason = "`10485761` is not a whole number from 0 to 10485760";
    assert_eq!(told(&size("10485761")), [reason]);
}

#[test]
fn an_http_api_has_neither() {
    let root = "openapi: 3.0.1\nx-amazon-apigateway-gateway-responses: {}\n\
                x-amazon-apigateway-minimum-compression-size: 0";
    let options = Options { protocol: Some(Protocol::Http), ..Options::default() };
    let translation = translate(&document(root, "/a", ""), &options).expect("a translation");
    let reasons: Vec<_> = translation.notices.iter().map(|notice| &*notice.reason).collect();
    assert_eq!(
        reasons,
        [
            "`x-amazon-apigateway-gateway-responses` does nothing in an HTTP API",
            "`x-amazon-apigateway-minimum-compression-size` does nothing in an HTTP API"
        ]
    );
}
