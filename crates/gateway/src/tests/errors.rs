//! What a client sees when the gateway itself refuses or fails, byte for byte.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_policy::Fault;

use super::{definition, gateway, open_api, request, send};
use crate::fault;

const UUID: &str = "01234567-89ab-4def-8123-456789abcdef";
const SHORT: &str = "ASNFZ4mrze8BI0U=";

#[test]
fn the_proxy_says_why_it_answered_itself() {
    #[track_caller]
    fn check(status: u16, details: &str, expected: Fault) {
        assert_eq!(fault::of_proxy(status, details), expected, "{status} {details}");
    }
    check(413, "request_payload_too_large", Fault::RequestTooLarge);
    check(431, "request_headers_too_large", Fault::HeadersTooLarge);
    check(400, "http1.codec_error", Fault::BadRequest);
    check(504, "upstream_response_timeout", Fault::IntegrationTimeout);
    check(504, "stream_idle_timeout", Fault::IntegrationTimeout);
    check(408, "stream_idle_timeout", Fault::BadRequest);
    check(504, "max_duration_timeout", Fault::IntegrationTimeout);
    check(
        503,
        "upstream_reset_before_response_started{connection_failure}",
        Fault::IntegrationFailure,
    );
    check(503, "cluster_not_found", Fault::IntegrationFailure);
    check(502, "upstream_reset{protocol_error}", Fault::IntegrationFailure);
    check(500, "", Fault::IntegrationFailure);
}

#[test]
fn every_refusal_goes_by_a_name() {
    #[track_caller]
    fn check(protocol: &str, path: &str, fields: &[(&str, &str)], expected: &[(&str, &str)]) {
        let api = open_api(protocol, &[("GET /a", "http://b")], &["v1"]);
        let gateway = gateway(&definition(&[("a", api)]));
        let sent = send(&gateway, request("GET", "localhost", path, fields));
        let answer = sent.answer();
        for (name, value) in expected {
            let found = answer.headers.get(name).map(String::from_utf8_lossy);
            assert_eq!(found.as_deref(), Some(*value), "{name}");
        }
    }
    for path in ["/v1/b", "/v2", "/v1/.."] {
        check("http", path, &[], &[("apigw-requestid", SHORT)]);
        let rest = [("x-amzn-requestid", UUID), ("x-amz-apigw-id", SHORT)];
        check("rest", path, &[], &rest);
    }
    // A client of a REST API may bring its own id, if it looks like one.
    let own = "AAAAAAAA-bbbb-0000-1111-222222222222";
    let brought = |id| [("x-amzn-requestid", id)];
    check("rest", "/v1/b", &brought(own), &brought(own));
    for id in [
        "",
        "1",
        "AAAAAAAA-bbbb-0000-1111-22222222222g",
        "AAAAAAAAAbbbb-0000-1111-2222222222",
        "AAAAAAAbbbb-0000-1111-2222-22222222",
    ] {
        check("rest", "/v1/b", &brought(id), &brought(UUID));
    }
    check("http", "/v1/b", &brought(own), &[("apigw-requestid", SHORT)]);
}
