//! What callers see of errors, where the operator says so, and pages of other origins where CORS does.

use serde_json::json;
use tollgate_tests::{Answer, Gateway, Request, Scripted, definition};

fn serving(backend: &Scripted) -> Gateway {
    let uri = backend.url("/");
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "orders",
            "apis": {"orders": {
                "name": "Orders",
                "protocol": "rest",
                "integrations": {"backend": {"http_proxy": {"uri": uri}}},
                "routes": {
                    "GET /orders": {"authorization": "none", "integration": "backend"},
                    "GET /keyed": {"authorization": "none", "api_key_required": true, "integration": "backend"},
                },
                "cors": {"allow_origins": ["https://page.example"]},
                "gateway_responses": {
                    // The example of the developer guide.
                    "INVALID_API_KEY": {
                        "status_code": 456,
                        "response_parameters": {"api-key": "method.request.header.api-key"},
                        "response_templates": {"application/json": "{\"message\": \"Bad api-key\" }"},
                    },
                    "DEFAULT_5XX": {
                        "response_templates": {"text/plain": "$context.error.responseType: $context.error.message"},
                        "response_parameters": {"x-stage": "context.stage"},
                    },
                },
                "stages": {"prod": {}},
            }},
        })),
        1,
    )
}

fn get(gateway: &Gateway, target: &str) -> Answer {
    let request = Request::get(target).header("origin", "https://page.example");
    let answer = request.header("api-key", "mine").send(gateway);
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://page.example"));
    assert!(answer.header("x-amzn-requestid").is_some());
    answer
}

#[test]
fn errors_are_what_the_operator_says_and_pages_may_read_them() {
    let gateway = serving(&Scripted::answering(""));
    let answer = get(&gateway, "/prod/keyed");
    assert_eq!((answer.status, answer.text()), (456, r#"{"message": "Bad api-key" }"#));
    assert_eq!(answer.header("api-key"), Some("mine"));
    assert_eq!(answer.header("x-amzn-errortype"), Some("ForbiddenException"));
    // The backend closes the connection.
    let answer = get(&gateway, "/prod/orders");
    let expected = "INTEGRATION_FAILURE: Network error communicating with endpoint";
    assert_eq!((answer.status, answer.text()), (504, expected));
    assert_eq!(answer.header("content-type"), Some("text/plain"));
    assert_eq!(answer.header("x-stage"), Some("prod"));
    let answer = get(&gateway, "/prod/nowhere");
    assert_eq!(
        (answer.status, answer.text()),
        (403, r#"{"message":"Missing Authentication Token"}"#)
    );
}

#[test]
fn a_preflight_needs_no_route() {
    let gateway = serving(&Scripted::answering(""));
    let preflight = Request::new("OPTIONS", "/prod/orders")
        .header("origin", "https://page.example")
        .header("access-control-request-method", "GET");
    let answer = preflight.send(&gateway);
    assert_eq!((answer.status, answer.body.as_slice()), (204, &b""[..]));
    assert_eq!(answer.header("access-control-allow-origin"), Some("https://page.example"));
}

/// A backend that says things about itself which cannot split what the client gets.
#[test]
fn what_a_template_puts_into_an_answer_cannot_split_it() {
    let gateway = serving(&Scripted::answering(""));
    let request = Request::get("/prod/keyed").header("api-key", "a\x01b\tc");
    // Envoy refuses the control character before the gateway sees it.
    let answer = request.send(&gateway);
    assert!(matches!(answer.status, 400 | 456), "{}", answer.status);
    assert_eq!(answer.header("set-cookie"), None);
}
