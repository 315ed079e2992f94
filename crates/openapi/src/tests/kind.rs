#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

use Protocol::{Http, Rest};

#[track_caller]
fn check(text: &str, protocol: Protocol) {
    assert_eq!(api(text, &Options::default()).protocol, protocol, "{text}");
}

#[test]
fn a_swagger_document_is_of_a_rest_api() {
    check(&document("swagger: '2.0'", "/a", ""), Rest);
}

#[test]
fn a_document_without_evidence_is_of_an_http_api() {
    check(&document("openapi: 3.0.1", "/a", ""), Http);
}

#[test]
fn what_only_one_kind_of_api_has_decides() {
    let of = |root: &str| document(&format!("openapi: 3.0.1\n{root}"), "/a", "");
    check(&of("x-amazon-apigateway-cors: {}"), Http);
    check(&of("x-amazon-apigateway-binary-media-types: []"), Rest);
    check(&of("tags: [{name: a, x-amazon-apigateway-tag-value: b}]"), Http);
}

#[test]
fn options_decide_before_any_evidence() {
    let options = Options { protocol: Some(Rest), ..Options::default() };
    let text = document("openapi: 3.0.1\nx-amazon-apigateway-cors: {}", "/a", "");
    assert_eq!(api(&text, &options).protocol, Rest);
}
