//! What the policies of a caller allow.

use serde_json::{Value, json};
use tollgate_policy::{Fault, Policy as _};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{ANN, allow, check, config, credential, filter, judge, open, signed};
use crate::Filter;

const API: &str = "arn:aws:execute-api:us-east-1:123456789012:shop";

fn statement(effect: &str, resource: &str, condition: Value) -> Value {
    json!({"Version": "2012-10-17", "Statement": {
        "Effect": effect,
        "Action": "execute-api:Invoke",
        "Resource": resource,
        "Condition": condition,
    }})
}

fn of(policies: &[Value]) -> Filter {
    filter(&config(credential(policies)))
}

#[track_caller]
fn check_denied(filter: &Filter, method: &str, target: &str, resource: &str, how: &str) {
    let message = format!(
        "User: {ANN} is not authorized to perform: execute-api:Invoke on resource: \
         arn:aws:execute-api:us-east-1:********9012:shop/prod/{resource}{how}"
    );
    let exchange = signed(method, target, &[], b"");
    check(filter, exchange, Fault::AccessDenied, "AccessDeniedException", &message);
}

#[track_caller]
fn check_allowed(filter: &Filter, method: &str, target: &str, fields: &[(&str, &str)]) {
    judge(filter, &mut signed(method, target, fields, b""), b"").unwrap();
}

#[test]
fn a_caller_may_do_what_a_policy_allows_and_none_denies() {
    let filter = of(&[
        allow(&format!("{API}/prod/GET/pets/*")),
        allow(&format!("{API}/prod/POST/pets")),
        statement("Deny", &format!("{API}/*/*/pets/secret*"), json!({})),
    ]);
    check_allowed(&filter, "GET", "/pets/1?x=1", &[]);
    check_allowed(&filter, "POST", "/pets", &[]);
    check_denied(&filter, "GET", "/pets", "GET/pets", "");
    check_denied(&filter, "GET", "/", "GET/", "");
    check_denied(&filter, "POST", "/pets/1", "POST/pets/1", "");
    let how = " with an explicit deny";
    check_denied(&filter, "GET", "/pets/secret", "GET/pets/secret", how);
    check_denied(&filter, "GET", "/pets/%73ecret", "GET/pets/%73ecret", how);
    check_denied(&filter, "GET", "/pets//secret", "GET/pets//secret", how);
    check_denied(&filter, "GET", "/pets/x%2f..%2f1", "GET/pets/x%2f..%2f1", "");
}

#[test]
fn a_caller_without_policies_may_do_nothing() {
    check_denied(&of(&[]), "GET", "/pets", "GET/pets", "");
}

#[test]
fn conditions_are_about_the_request_and_its_signer() {
    let only = |condition: Value| of(&[statement("Allow", "*", condition)]);
    let like = |key: &str, value: &str| json!({"StringLike": {key: value}});
    for (key, value) in [
        ("aws:PrincipalArn", "*:user/ann"),
        ("aws:username", "ann"),
        ("aws:userid", "AIDAEXAMPLE"),
        ("aws:PrincipalAccount", "123456789012"),
        ("aws:PrincipalOrgID", "o-1"),
        ("aws:UserAgent", "curl/*"),
        ("aws:Referer", "https://example.com/*"),
    ] {
        let fields = [("referer", "https://example.com/a"), ("user-agent", "curl/8")];
        check_allowed(&only(like(key, value)), "GET", "/pets", &fields);
        check_denied(&only(like(key, "other")), "GET", "/pets", "GET/pets", "");
    }
    let before = json!({"DateLessThan": {"aws:CurrentTime": "2015-08-30T12:36:01Z"}});
    check_allowed(&only(before), "GET", "/pets", &[]);
    let tls = only(json!({"Bool": {"aws:SecureTransport": "true"}}));
    check_allowed(&tls, "GET", "/pets", &[("x-forwarded-proto", "https")]);
    check_denied(&tls, "GET", "/pets", "GET/pets", "");
}

#[test]
fn a_field_that_is_there_twice_satisfies_no_condition() {
    let filter = of(&[statement("Allow", "*", json!({"StringLike": {"aws:UserAgent": "good*"}}))]);
    check_allowed(&filter, "GET", "/", &[("user-agent", "good")]);
    let fields = [("user-agent", "good"), ("user-agent", "bad")];
    let mut exchange = signed("GET", "/", &fields, b"");
    assert!(judge(&filter, &mut exchange, b"").is_err());
    judge(&open(), &mut signed("GET", "/", &fields, b""), b"").unwrap();
}

#[test]
fn the_address_is_asked_for_only_if_a_policy_is_about_it() {
    assert!(!open().needs().source_address);
    let filter = of(&[
        allow("*"),
        statement("Deny", "*", json!({"NotIpAddress": {"aws:SourceIp": "203.0.113.0/24"}})),
    ]);
    assert!(filter.needs().source_address);
    let from = |address: &str| {
        let mut exchange = signed("GET", "/", &[], b"");
        exchange.source_address = Some(address.parse().unwrap());
        judge(&filter, &mut exchange, b"").is_ok()
    };
    assert!(from("203.0.113.9"));
    assert!(!from("198.51.100.9"));
}
