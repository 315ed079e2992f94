//! The trace that goes on to the integration.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{definition, gateway, open_api, request, send};

const ROOT: &str = "1-5759e988-bd862e3fe1be46a994272793";
const PARENT: &str = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
/// The last half of the random bits of every request here.
const SPAN: &str = "0123456789abcdef";

#[track_caller]
fn check(sent: &[(&str, &str)], trace: &str, parent: &str) {
    let api = open_api("http", &[("GET /", "http://b")], &["v1"]);
    let found = send(&gateway(&definition(&[("a", api)])), request("GET", "a", "/v1/", sent));
    assert_eq!(found.header("x-amzn-trace-id").as_deref(), Some(trace));
    assert_eq!(found.header("traceparent").as_deref(), Some(parent));
    assert_eq!(found.exchange.context.trace_id.as_deref(), Some(trace));
}

#[test]
fn a_trace_begins_where_the_client_has_none() {
    let own = format!("Root=1-000f4240-0123456789abcdef01234567;Parent={SPAN};Sampled=0");
    let parent = format!("00-000f42400123456789abcdef01234567-{SPAN}-00");
    check(&[], &own, &parent);
    for nonsense in
        ["", "Root=", "Root=1-2-3", "Self=1", "Root=1-5759E988-bd862e3fe1be46a994272793"]
    {
        check(&[("x-amzn-trace-id", nonsense)], &own, &parent);
    }
    check(&[("x-amzn-trace-id", &format!("Root={ROOT};{}", "x".repeat(600)))], &own, &parent);
}

#[test]
fn the_clients_trace_goes_on() {
    let expected = format!("Root={ROOT};Parent={SPAN};Sampled=1");
    let parent = format!("00-5759e988bd862e3fe1be46a994272793-{SPAN}-01");
    let sent = format!("Root={ROOT};Parent=53995c3f42cd8ad8;Sampled=1");
    check(&[("X-Amzn-Trace-Id", &sent)], &expected, &parent);
    let expected = format!("Root={ROOT};Parent={SPAN};Sampled=0");
    let parent = format!("00-5759e988bd862e3fe1be46a994272793-{SPAN}-00");
    check(
        &[("X-Amzn-Trace-Id", &format!("Self=1-2-3; Root={ROOT};Sampled=?"))],
        &expected,
        &parent,
    );
}

#[test]
fn a_w3c_trace_is_that_of_both() {
    let trace = format!("Root=1-4bf92f35-77b34da6a3ce929d0e0e4736;Parent={SPAN};Sampled=1");
    check(&[("traceparent", PARENT)], &trace, PARENT);
    let amazon = format!("Root={ROOT};Sampled=0");
    let expected = format!("Root={ROOT};Parent={SPAN};Sampled=0");
    check(&[("traceparent", PARENT), ("x-amzn-trace-id", &amazon)], &expected, PARENT);
}

#[test]
fn a_w3c_trace_that_is_none_is_replaced() {
    let own = format!("Root=1-000f4240-0123456789abcdef01234567;Parent={SPAN};Sampled=0");
    let parent = format!("00-000f42400123456789abcdef01234567-{SPAN}-00");
    for nonsense in [
        "00",
        "00-00000000000000000000000000000000-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-0000000000000000-01",
        "ff-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4BF92F3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01-more",
    ] {
        check(&[("traceparent", nonsense)], &own, &parent);
    }
}
