//! What a client sees when the gateway itself refuses or fails: the one place that decides it.

use tollgate_policy::{Context, Fault, Headers, Response};

use crate::definition::Protocol;

/// The status, the body and, for REST APIs, the error type of a fault.
struct Answer {
    status: u16,
    body: &'static str,
    error_type: &'static str,
}

const fn answer(status: u16, body: &'static str, error_type: &'static str) -> Answer {
    Answer { status, body, error_type }
}

/// The response to a fault, in the words of the API's kind. `challenge` is what an authorizer asks
/// for in `www-authenticate`.
pub(crate) fn respond(
    protocol: Protocol,
    fault: Fault,
    context: &Context,
    challenge: Option<&[u8]>,
) -> Response {
    let answer = match protocol {
        Protocol::Http => http(fault),
        Protocol::Rest => rest(fault),
    };
    let mut headers = Headers::new();
    headers.set("content-type", "application/json");
    if let Some(challenge) = challenge {
        headers.set("www-authenticate", challenge);
    }
    if protocol == Protocol::Rest {
        headers.set("x-amzn-errortype", answer.error_type);
    }
    identify(protocol, context, &mut headers);
    Response { status: answer.status, headers, body: answer.body.into() }
}

/// The header fields by which a caller and the operator can speak of the same request.
pub(crate) fn identify(protocol: Protocol, context: &Context, headers: &mut Headers) {
    match protocol {
        Protocol::Http => headers.set("apigw-requestid", &context.request_id),
        Protocol::Rest => {
            headers.set("x-amzn-requestid", &context.request_id);
            headers.set("x-amz-apigw-id", &context.extended_request_id);
        }
    }
}

const fn http(fault: Fault) -> Answer {
    match fault {
        Fault::BadRequest => answer(400, r#"{"message":"Bad Request"}"#, ""),
        Fault::BadRequestBody => answer(400, r#"{"message":"Invalid request body"}"#, ""),
        Fault::BadRequestParameters => {
            answer(400, r#"{"message":"Missing required request parameters"}"#, "")
        }
        Fault::UnsupportedMediaType => answer(415, r#"{"message":"Unsupported Media Type"}"#, ""),
        Fault::UriTooLong => answer(414, r#"{"message":"URI Too Long"}"#, ""),
        Fault::Unauthorized => answer(401, r#"{"message":"Unauthorized"}"#, ""),
        Fault::AccessDenied | Fault::Forbidden | Fault::InvalidApiKey => {
            answer(403, r#"{"message":"Forbidden"}"#, "")
        }
        Fault::Throttled => answer(429, r#"{"message":"Too Many Requests"}"#, ""),
        Fault::QuotaExceeded => answer(429, r#"{"message":"Limit Exceeded"}"#, ""),
        Fault::RouteNotFound => answer(404, r#"{"message":"Not Found"}"#, ""),
        Fault::RequestTooLarge => answer(413, r#"{"message":"Request Entity Too Large"}"#, ""),
        Fault::HeadersTooLarge => {
            answer(431, r#"{"message":"Request Header Fields Too Large"}"#, "")
        }
        Fault::AuthorizerFailure | Fault::ApiConfiguration | Fault::Internal => {
            answer(500, r#"{"message":"Internal Server Error"}"#, "")
        }
        Fault::IntegrationTimeout | Fault::IntegrationFailure => {
            answer(503, r#"{"message":"Service Unavailable"}"#, "")
        }
    }
}

/// The space after the colon is API Gateway's own: it is there in some bodies and not in others.
const fn rest(fault: Fault) -> Answer {
    match fault {
        Fault::BadRequest => answer(400, r#"{"message":"Bad Request"}"#, "BadRequestException"),
        Fault::BadRequestBody => {
            answer(400, r#"{"message": "Invalid request body"}"#, "BadRequestException")
        }
        Fault::BadRequestParameters => answer(
            400,
            r#"{"message": "Missing required request parameters"}"#,
            "BadRequestException",
        ),
        Fault::UnsupportedMediaType => {
            answer(415, r#"{"message": "Unsupported Media Type"}"#, "BadRequestException")
        }
        Fault::UriTooLong => answer(414, r#"{"message":"URI Too Long"}"#, "BadRequestException"),
        Fault::Unauthorized => {
            answer(401, r#"{"message":"Unauthorized"}"#, "UnauthorizedException")
        }
        Fault::AccessDenied => answer(
            403,
            r#"{"Message":"User is not authorized to access this resource"}"#,
            "AccessDeniedException",
        ),
        Fault::Forbidden | Fault::InvalidApiKey => {
            answer(403, r#"{"message":"Forbidden"}"#, "ForbiddenException")
        }
        Fault::Throttled => {
            answer(429, r#"{"message":"Too Many Requests"}"#, "TooManyRequestsException")
        }
        Fault::QuotaExceeded => {
            answer(429, r#"{"message":"Limit Exceeded"}"#, "LimitExceededException")
        }
        Fault::RouteNotFound => answer(
            403,
            r#"{"message":"Missing Authentication Token"}"#,
            "MissingAuthenticationTokenException",
        ),
        Fault::AuthorizerFailure => {
            answer(500, r#"{"message":null}"#, "AuthorizerFailureException")
        }
        Fault::RequestTooLarge => {
            answer(413, r#"{"message":"Request Too Long"}"#, "RequestTooLargeException")
        }
        Fault::HeadersTooLarge => answer(
            431,
            r#"{"message":"Request Header Fields Too Large"}"#,
            "RequestHeaderFieldsTooLargeException",
        ),
        Fault::IntegrationTimeout => answer(
            504,
            r#"{"message": "Endpoint request timed out"}"#,
            "InternalServerErrorException",
        ),
        Fault::IntegrationFailure => answer(
            504,
            r#"{"message": "Network error communicating with endpoint"}"#,
            "InternalServerErrorException",
        ),
        Fault::ApiConfiguration | Fault::Internal => {
            answer(500, r#"{"message": "Internal server error"}"#, "InternalServerErrorException")
        }
    }
}

/// The fault behind a response that the proxy made up, by the proxy's own account of it.
pub(crate) fn of_proxy(status: u16, details: &str) -> Fault {
    match status {
        413 => Fault::RequestTooLarge,
        431 => Fault::HeadersTooLarge,
        400..=499 if status != 408 => Fault::BadRequest,
        _ if details.contains("timeout") || details.contains("max_duration") => {
            Fault::IntegrationTimeout
        }
        _ => Fault::IntegrationFailure,
    }
}
