//! Slashes as recorded from API Gateway, through the whole chain.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{definition, gateway, open_api, request, send};

#[track_caller]
fn check(protocol: &str, path: &str, proxy: &str, expected: &str) {
    let api = open_api(protocol, &[("ANY /{proxy+}", "http://b/{proxy}")], &["stage"]);
    let sent = send(&gateway(&definition(&[("a", api)])), request("GET", "localhost", path, &[]));
    assert_eq!(sent.to_string(), format!("GET http://b:80 {expected}"), "{path}");
    let context = &sent.exchange.context;
    assert_eq!(context.path_parameters.get("proxy").map(String::as_str), Some(proxy));
    assert_eq!(&*context.stage, "stage");
    assert_eq!(&*context.resource_path, "/{proxy+}");
}

#[test]
fn slashes_of_a_rest_api() {
    check("rest", "/stage/proxy-value", "proxy-value", "/proxy-value");
    check("rest", "/stage/proxy-value/", "proxy-value", "/proxy-value");
    let twice = "proxy-value//double-slash";
    check("rest", "/stage/proxy-value//double-slash", twice, "/proxy-value//double-slash");
    check("rest", "/stage//proxy-value", "proxy-value", "/proxy-value");
    check("rest", "//stage/proxy-value", "proxy-value", "/proxy-value");
    let encoded = "test%2Balias@gmail.com/plus/test+alias@gmail.com";
    check("rest", &format!("/stage/{encoded}"), encoded, &format!("/{encoded}"));
}

#[test]
fn every_slash_of_an_http_api_counts() {
    check("http", "/stage/proxy-value", "proxy-value", "/proxy-value");
    check("http", "/stage/proxy-value/", "proxy-value/", "/proxy-value/");
    check("http", "/stage//proxy-value", "/proxy-value", "//proxy-value");
    let api = open_api("http", &[("ANY /{proxy+}", "http://b/{proxy}")], &["stage"]);
    let gateway = gateway(&definition(&[("a", api)]));
    let sent = send(&gateway, request("GET", "localhost", "//stage/proxy-value", &[]));
    assert_eq!(sent.to_string(), r#"404 {"message":"Not Found"}"#);
}
