//! What API Gateway answers by itself.

use tollgate_policy::Fault;

/// In whose words errors are told.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Style {
    /// Those of an HTTP API.
    #[default]
    Http,
    /// Those of a REST API.
    Rest,
}

/// The answer to a fault.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Standard {
    pub(crate) status: u16,
    /// Nothing where API Gateway says `null`.
    pub(crate) message: Option<&'static str>,
    /// `x-amzn-ErrorType`, of REST APIs.
    pub(crate) error_type: &'static str,
    pub(crate) opening: &'static str,
}

/// How the body begins. The space after the colon is API Gateway's own: it is there in some bodies and
/// not in others.
const TIGHT: &str = r#"{"message":"#;
const WIDE: &str = r#"{"message": "#;
const CAPITAL: &str = r#"{"Message":"#;

impl Style {
    pub(crate) const fn standard(self, fault: Fault) -> Standard {
        match self {
            Self::Http => http(fault),
            Self::Rest => rest(fault),
        }
    }
}

const fn http(fault: Fault) -> Standard {
    let (status, message) = match fault {
        Fault::BadRequest => (400, "Bad Request"),
        Fault::BadRequestBody => (400, "Invalid request body"),
        Fault::BadRequestParameters => (400, "Missing required request parameters"),
        Fault::Unauthorized => (401, "Unauthorized"),
        Fault::AccessDenied
        | Fault::Forbidden
        | Fault::InvalidApiKey
        | Fault::MissingAuthenticationToken
        | Fault::IncompleteSignature
        | Fault::InvalidSignature
        | Fault::UnrecognizedClient
        | Fault::ExpiredToken => (403, "Forbidden"),
        Fault::RouteNotFound => (404, "Not Found"),
        Fault::RequestTooLarge => (413, "Request Entity Too Large"),
        Fault::UriTooLong => (414, "URI Too Long"),
        Fault::UnsupportedMediaType => (415, "Unsupported Media Type"),
        Fault::Throttled => (429, "Too Many Requests"),
        Fault::QuotaExceeded => (429, "Limit Exceeded"),
        Fault::HeadersTooLarge => (431, "Request Header Fields Too Large"),
        Fault::AuthorizerFailure
        | Fault::AuthorizerConfiguration
        | Fault::ApiConfiguration
        | Fault::BadFunctionResponse
        | Fault::Internal => (500, "Internal Server Error"),
        Fault::IntegrationTimeout | Fault::IntegrationFailure | Fault::Overloaded => {
            (503, "Service Unavailable")
        }
    };
    Standard { status, message: Some(message), error_type: "", opening: TIGHT }
}

const fn rest(fault: Fault) -> Standard {
    let (status, opening, message, error_type) = match fault {
        Fault::BadRequest => (400, TIGHT, "Bad Request", "BadRequestException"),
        Fault::BadRequestBody => (400, WIDE, "Invalid request body", "BadRequestException"),
        Fault::BadRequestParameters => {
            (400, WIDE, "Missing required request parameters", "BadRequestException")
        }
        Fault::Unauthorized => (401, TIGHT, "Unauthorized", "UnauthorizedException"),
        Fault::AccessDenied => (
            403,
            CAPITAL,
            "User is not authorized to access this resource",
            "AccessDeniedException",
        ),
        Fault::Forbidden | Fault::InvalidApiKey => (403, TIGHT, "Forbidden", "ForbiddenException"),
        Fault::RouteNotFound | Fault::MissingAuthenticationToken => {
            (403, TIGHT, "Missing Authentication Token", "MissingAuthenticationTokenException")
        }
        Fault::IncompleteSignature => {
            (403, TIGHT, "Incomplete signature", "IncompleteSignatureException")
        }
        Fault::InvalidSignature => (403, TIGHT, "Invalid signature", "InvalidSignatureException"),
        Fault::UnrecognizedClient => (
            403,
            TIGHT,
            "The security token included in the request is invalid.",
            "UnrecognizedClientException",
        ),
        Fault::ExpiredToken => (
            403,
            TIGHT,
            "The security token included in the request is expired",
            "ExpiredTokenException",
        ),
        Fault::RequestTooLarge => (413, TIGHT, "Request Too Long", "RequestTooLargeException"),
        Fault::UriTooLong => (414, TIGHT, "URI Too Long", "BadRequestException"),
        Fault::UnsupportedMediaType => (415, WIDE, "Unsupported Media Type", "BadRequestException"),
        Fault::Throttled => (429, TIGHT, "Too Many Requests", "TooManyRequestsException"),
        Fault::QuotaExceeded => (429, TIGHT, "Limit Exceeded", "LimitExceededException"),
        Fault::HeadersTooLarge => {
            (431, TIGHT, "Request Header Fields Too Large", "RequestHeaderFieldsTooLargeException")
        }
        Fault::AuthorizerFailure => (500, TIGHT, "", "AuthorizerFailureException"),
        Fault::AuthorizerConfiguration => (500, TIGHT, "", "AuthorizerConfigurationException"),
        Fault::BadFunctionResponse => {
            (502, WIDE, "Internal server error", "InternalServerErrorException")
        }
        Fault::ApiConfiguration | Fault::Internal => {
            (500, WIDE, "Internal server error", "InternalServerErrorException")
        }
        Fault::Overloaded => (503, TIGHT, "Service Unavailable", "ServiceUnavailableException"),
        Fault::IntegrationTimeout => {
            (504, WIDE, "Endpoint request timed out", "InternalServerErrorException")
        }
        Fault::IntegrationFailure => {
            (504, WIDE, "Network error communicating with endpoint", "InternalServerErrorException")
        }
    };
    let message = if message.is_empty() { None } else { Some(message) };
    Standard { status, message, error_type, opening }
}
