use serde_json::json;
use tollgate_policy::{Exchange, Fault, Headers, Request, Response};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{Config, GatewayResponses, Style};

fn exchange() -> Exchange {
    let headers = Headers::from_iter([
        (":method", "GET"),
        (":path", "/prod/pets?q=1"),
        ("accept", "text/html, application/xml;q=0.9"),
        ("api-key", "mine"),
    ]);
    let mut exchange = Exchange { request: Request { headers }, ..Exchange::default() };
    exchange.context.stage = "prod".into();
    exchange.context.request_id = "id".to_owned();
    exchange
}

fn compile(config: serde_json::Value) -> GatewayResponses {
    let config: Config = serde_json::from_value(config).expect("a configuration");
    GatewayResponses::compile(Style::Rest, &config).expect("it compiles")
}

fn body(response: &Response) -> &str {
    std::str::from_utf8(&response.body).expect("text")
}

fn header<'r>(response: &'r Response, name: &str) -> &'r str {
    std::str::from_utf8(response.headers.get(name).unwrap_or_default()).expect("text")
}

#[track_caller]
fn check(style: Style, fault: Fault, status: u16, expected: &str, error_type: &str) {
    let response = GatewayResponses::standard(style).respond(fault, &mut exchange(), None);
    assert_eq!((response.status, body(&response)), (status, expected));
    assert_eq!(header(&response, "content-type"), "application/json");
    assert_eq!(header(&response, "x-amzn-errortype"), error_type);
}

#[test]
#[wasm_bindgen_test]
fn a_rest_api_answers_in_the_words_that_were_recorded() {
    let check = |fault, status, of, expected| check(Style::Rest, fault, status, expected, of);
    let bad = "BadRequestException";
    check(Fault::BadRequest, 400, bad, r#"{"message":"Bad Request"}"#);
    check(Fault::BadRequestBody, 400, bad, r#"{"message": "Invalid request body"}"#);
    let missing = r#"{"message": "Missing required request parameters"}"#;
    check(Fault::BadRequestParameters, 400, bad, missing);
    check(Fault::Unauthorized, 401, "UnauthorizedException", r#"{"message":"Unauthorized"}"#);
    let denied = r#"{"Message":"User is not authorized to access this resource"}"#;
    check(Fault::AccessDenied, 403, "AccessDeniedException", denied);
    let forbidden = ("ForbiddenException", r#"{"message":"Forbidden"}"#);
    check(Fault::Forbidden, 403, forbidden.0, forbidden.1);
    check(Fault::InvalidApiKey, 403, forbidden.0, forbidden.1);
    let missing = r#"{"message":"Missing Authentication Token"}"#;
    check(Fault::RouteNotFound, 403, "MissingAuthenticationTokenException", missing);
    let too_large = r#"{"message":"Request Too Long"}"#;
    check(Fault::RequestTooLarge, 413, "RequestTooLargeException", too_large);
    check(Fault::UriTooLong, 414, bad, r#"{"message":"URI Too Long"}"#);
    check(Fault::UnsupportedMediaType, 415, bad, r#"{"message": "Unsupported Media Type"}"#);
    let throttled = r#"{"message":"Too Many Requests"}"#;
    check(Fault::Throttled, 429, "TooManyRequestsException", throttled);
    check(Fault::QuotaExceeded, 429, "LimitExceededException", r#"{"message":"Limit Exceeded"}"#);
    let too_large = r#"{"message":"Request Header Fields Too Large"}"#;
    check(Fault::HeadersTooLarge, 431, "RequestHeaderFieldsTooLargeException", too_large);
    check(Fault::AuthorizerFailure, 500, "AuthorizerFailureException", r#"{"message":null}"#);
    let internal = "InternalServerErrorException";
    check(Fault::ApiConfiguration, 500, internal, r#"{"message": "Internal server error"}"#);
    check(Fault::Internal, 500, internal, r#"{"message": "Internal server error"}"#);
    let late = r#"{"message": "Endpoint request timed out"}"#;
    check(Fault::IntegrationTimeout, 504, internal, late);
    let gone = r#"{"message": "Network error communicating with endpoint"}"#;
    check(Fault::IntegrationFailure, 504, internal, gone);
}

#[test]
#[wasm_bindgen_test]
fn an_http_api_answers_in_its_own() {
    let check = |fault, status, message: &str| {
        check(Style::Http, fault, status, &format!(r#"{{"message":"{message}"}}"#), "");
    };
    check(Fault::BadRequest, 400, "Bad Request");
    check(Fault::BadRequestBody, 400, "Invalid request body");
    check(Fault::BadRequestParameters, 400, "Missing required request parameters");
    check(Fault::Unauthorized, 401, "Unauthorized");
    check(Fault::AccessDenied, 403, "Forbidden");
    check(Fault::Forbidden, 403, "Forbidden");
    check(Fault::InvalidApiKey, 403, "Forbidden");
    check(Fault::RouteNotFound, 404, "Not Found");
    check(Fault::RequestTooLarge, 413, "Request Entity Too Large");
    check(Fault::UriTooLong, 414, "URI Too Long");
    check(Fault::UnsupportedMediaType, 415, "Unsupported Media Type");
    check(Fault::Throttled, 429, "Too Many Requests");
    check(Fault::QuotaExceeded, 429, "Limit Exceeded");
    check(Fault::HeadersTooLarge, 431, "Request Header Fields Too Large");
    check(Fault::AuthorizerFailure, 500, "Internal Server Error");
    check(Fault::ApiConfiguration, 500, "Internal Server Error");
    check(Fault::Internal, 500, "Internal Server Error");
    check(Fault::IntegrationTimeout, 503, "Service Unavailable");
    check(Fault::IntegrationFailure, 503, "Service Unavailable");
}

#[test]
#[wasm_bindgen_test]
fn a_message_of_ones_own_stands_in_the_body_and_in_the_context() {
    let mut exchange = exchange();
    exchange.context.error_message = Some("Missing required request parameters: [a\"b]".to_owned());
    let responses = GatewayResponses::standard(Style::Rest);
    let response = responses.respond(Fault::BadRequestParameters, &mut exchange, None);
    let expected = r#"{"message": "Missing required request parameters: [a\"b]"}"#;
    assert_eq!(body(&response), expected);
    assert_eq!(exchange.context.error, Some(Fault::BadRequestParameters));
}

/// The example of the developer guide.
#[test]
#[wasm_bindgen_test]
fn a_response_of_a_type_is_what_the_operator_says() {
    let responses = compile(json!({
        "INVALID_API_KEY": {
            "status_code": 456,
            "response_parameters": {
                "api-key": "method.request.header.api-key",
                "x-absent": "method.request.header.nothing",
                "x-stage": "context.stage",
                "x-query": "method.request.querystring.q",
            },
            "response_templates": { "application/json": "{\"message\": \"Bad api-key\" }" },
        },
    }));
    let response = responses.respond(Fault::InvalidApiKey, &mut exchange(), None);
    assert_eq!((response.status, body(&response)), (456, r#"{"message": "Bad api-key" }"#));
    assert_eq!(header(&response, "api-key"), "mine");
    assert_eq!(header(&response, "x-stage"), "prod");
    assert_eq!(header(&response, "x-query"), "1");
    assert_eq!(response.headers.get("x-absent"), None);
    assert_eq!(header(&response, "x-amzn-errortype"), "ForbiddenException");
    // Another type is as it was.
    let response = responses.respond(Fault::Throttled, &mut exchange(), None);
    assert_eq!((response.status, body(&response)), (429, r#"{"message":"Too Many Requests"}"#));
}

#[test]
#[wasm_bindgen_test]
fn the_defaults_stand_for_every_type_that_has_none_of_its_own() {
    let responses = compile(json!({
        "DEFAULT_4XX": {
            "status_code": 418,
            "response_parameters": { "Access-Control-Allow-Origin": "'*'" },
        },
        "THROTTLED": { "response_templates": { "text/plain": "slow down" } },
        "REQUEST_TOO_LARGE": { "status_code": 400 },
    }));
    let respond = |fault| responses.respond(fault, &mut exchange(), Some(b"Bearer"));
    let response = respond(Fault::Unauthorized);
    assert_eq!((response.status, body(&response)), (418, r#"{"message":"Unauthorized"}"#));
    assert_eq!(header(&response, "access-control-allow-origin"), "*");
    assert_eq!(header(&response, "www-authenticate"), "Bearer");
    let response = respond(Fault::Throttled);
    assert_eq!((response.status, body(&response)), (418, "slow down"));
    assert_eq!(header(&response, "content-type"), "text/plain");
    assert_eq!(response.headers.get("access-control-allow-origin"), None);
    // Nobody changes that, and of the five hundreds nothing is said.
    let response = respond(Fault::RequestTooLarge);
    assert_eq!((response.status, body(&response)), (413, r#"{"message":"Request Too Long"}"#));
    assert_eq!(respond(Fault::Internal).status, 500);
}

#[test]
#[wasm_bindgen_test]
fn the_template_is_the_one_that_the_client_accepts() {
    let response = |templates: serde_json::Value| {
        let responses = compile(json!({ "DEFAULT_4XX": { "response_templates": templates } }));
        let response = responses.respond(Fault::Throttled, &mut exchange(), None);
        body(&response).to_owned()
    };
    assert_eq!(response(json!({ "application/json": "j", "application/xml": "x" })), "x");
    assert_eq!(response(json!({ "application/json": "j", "text/csv": "c" })), "j");
    assert_eq!(response(json!({ "text/csv": "c", "text/plain": "p" })), "c");
    assert_eq!(
        response(json!({ "text/html": "$context.error.message/$context.error.messageString \
                                        $context.error.responseType $method.request.header.none." })),
        "Too Many Requests/\"Too Many Requests\" THROTTLED ."
    );
}

#[test]
#[wasm_bindgen_test]
fn what_cannot_be_answered_is_refused() {
    let refuse = |config: serde_json::Value| {
        let config: Config = serde_json::from_value(config).expect("a configuration");
        let refused = GatewayResponses::compile(Style::Rest, &config);
        refused.expect_err("it is refused").to_string()
    };
    assert_eq!(
        refuse(json!({ "THROTLED": {} })),
        "THROTLED: `THROTLED` is not a type of gateway response"
    );
    assert_eq!(
        refuse(json!({ "THROTTLED": { "status_code": 99 } })),
        "THROTTLED.status_code: `99` is not a status from 200 to 599"
    );
    assert_eq!(
        refuse(json!({ "THROTTLED": { "response_parameters": { "content-length": "'1'" } } })),
        "THROTTLED.response_parameters.content-length: is not a header field that can be set"
    );
    assert_eq!(
        refuse(json!({ "THROTTLED": { "response_parameters": { "a": "method.request.body" } } })),
        "THROTTLED.response_parameters.a: `method.request.body` is not there when the gateway answers"
    );
    assert_eq!(
        refuse(json!({ "THROTTLED": { "response_templates": { "a/b": "$context.x" } } })),
        "THROTTLED.response_templates.a/b: there is no `$context.x`"
    );
}
