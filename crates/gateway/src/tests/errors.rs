//! What a client sees when the gateway itself refuses or fails, byte for byte.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_policy::{Context, Fault, Response};

use super::{definition, gateway, open_api, request, send};
use crate::definition::Protocol;
use crate::fault;

const UUID: &str = "01234567-89ab-4def-8123-456789abcdef";
const SHORT: &str = "ASNFZ4mrze8BI0U=";

/// A response as it goes over the wire.
fn wire(response: &Response) -> String {
    let fields: String = response
        .headers
        .iter()
        .map(|(name, value)| format!("{}: {}\n", name.escape_ascii(), value.escape_ascii()))
        .collect();
    format!("{}\n{fields}\n{}", response.status, String::from_utf8_lossy(&response.body))
}

#[test]
fn faults_of_an_http_api() {
    #[track_caller]
    fn check(fault: Fault, status: u16, message: &str) {
        let context = Context { request_id: SHORT.to_owned(), ..Context::default() };
        assert_eq!(
            wire(&fault::respond(Protocol::Http, fault, &context, None)),
            format!(
                "{status}\ncontent-type: application/json\napigw-requestid: {SHORT}\n\n\
                 {{\"message\":\"{message}\"}}"
            )
        );
    }
    check(Fault::BadRequest, 400, "Bad Request");
    check(Fault::Unauthorized, 401, "Unauthorized");
    check(Fault::AccessDenied, 403, "Forbidden");
    check(Fault::Forbidden, 403, "Forbidden");
    check(Fault::RouteNotFound, 404, "Not Found");
    check(Fault::AuthorizerFailure, 500, "Internal Server Error");
    check(Fault::RequestTooLarge, 413, "Request Entity Too Large");
    check(Fault::HeadersTooLarge, 431, "Request Header Fields Too Large");
    check(Fault::IntegrationTimeout, 503, "Service Unavailable");
    check(Fault::IntegrationFailure, 503, "Service Unavailable");
    check(Fault::Internal, 500, "Internal Server Error");
}

#[test]
fn faults_of_a_rest_api() {
    #[track_caller]
    fn check(fault: Fault, status: u16, error_type: &str, body: &str) {
        let context = Context {
            request_id: UUID.to_owned(),
            extended_request_id: SHORT.to_owned(),
            ..Context::default()
        };
        assert_eq!(
            wire(&fault::respond(Protocol::Rest, fault, &context, None)),
            format!(
                "{status}\ncontent-type: application/json\nx-amzn-errortype: {error_type}\n\
                 x-amzn-requestid: {UUID}\nx-amz-apigw-id: {SHORT}\n\n{body}"
            )
        );
    }
    check(Fault::BadRequest, 400, "BadRequestException", r#"{"message":"Bad Request"}"#);
    check(Fault::Unauthorized, 401, "UnauthorizedException", r#"{"message":"Unauthorized"}"#);
    check(
        Fault::AccessDenied,
        403,
        "AccessDeniedException",
        r#"{"Message":"User is not authorized to access this resource"}"#,
    );
    check(Fault::Forbidden, 403, "ForbiddenException", r#"{"message":"Forbidden"}"#);
    check(
        Fault::RouteNotFound,
        403,
        "MissingAuthenticationTokenException",
        r#"{"message":"Missing Authentication Token"}"#,
    );
    check(Fault::AuthorizerFailure, 500, "AuthorizerFailureException", r#"{"message":null}"#);
    check(
        Fault::RequestTooLarge,
        413,
        "RequestTooLargeException",
        r#"{"message":"Request Too Long"}"#,
    );
    check(
        Fault::HeadersTooLarge,
        431,
        "RequestHeaderFieldsTooLargeException",
        r#"{"message":"Request Header Fields Too Large"}"#,
    );
    let internal = "InternalServerErrorException";
    let timeout = r#"{"message": "Endpoint request timed out"}"#;
    check(Fault::IntegrationTimeout, 504, internal, timeout);
    let network = r#"{"message": "Network error communicating with endpoint"}"#;
    check(Fault::IntegrationFailure, 504, internal, network);
    check(Fault::Internal, 500, internal, r#"{"message": "Internal server error"}"#);
}

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
    check(408, "stream_idle_timeout", Fault::IntegrationTimeout);
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
