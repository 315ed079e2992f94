//! Why a request is not let in, and what API Gateway says then.

use std::borrow::Cow;

use tollgate_lambda::Failure;
use tollgate_policy::{Exchange, Fault, Headers, Response, Verdict};

/// Why a request is not let in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Refusal {
    pub(crate) fault: Fault,
    /// For the operator.
    pub(crate) reason: Cow<'static, str>,
    /// What the client is told, where that is not what belongs to the fault.
    pub(crate) message: Option<&'static str>,
}

/// Which API says so.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Words {
    Rest,
    Http,
}

/// What a REST API says of a policy that denies.
pub(crate) const EXPLICIT: &str =
    "User is not authorized to access this resource with an explicit deny";
const IMPLICIT: &str = "User is not authorized to access this resource";

/// What a function says to have the client told that it is nobody: no more and no less than this.
const UNAUTHORIZED: &str = "Unauthorized";

impl Refusal {
    pub(crate) fn new(fault: Fault, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { fault, reason: reason.into(), message: None }
    }

    pub(crate) fn unauthorized(reason: &'static str) -> Self {
        Self::new(Fault::Unauthorized, reason)
    }

    /// Of an answer that is none.
    pub(crate) fn bad_answer(reason: impl Into<Cow<'static, str>>) -> Self {
        Self::new(Fault::AuthorizerConfiguration, reason)
    }

    /// Names the fault, and makes the answer of a gateway that has no other.
    pub(crate) fn carry_out(self, exchange: &mut Exchange, words: Words) -> Verdict {
        let answer = self.answer(words);
        exchange.context.error = Some(self.fault);
        exchange.context.error_message = self.message.map(str::to_owned);
        exchange.context.authorizer_error = Some(self.reason);
        Verdict::Respond(answer)
    }

    fn answer(&self, words: Words) -> Response {
        let (status, rest, http, kind) = match self.fault {
            Fault::Unauthorized => (
                401,
                r#"{"message":"Unauthorized"}"#.to_owned(),
                r#"{"message":"Unauthorized"}"#,
                "UnauthorizedException",
            ),
            Fault::AccessDenied => (
                403,
                format!(r#"{{"Message":"{}"}}"#, self.message.unwrap_or(IMPLICIT)),
                r#"{"message":"Forbidden"}"#,
                "AccessDeniedException",
            ),
            Fault::UriTooLong => (
                414,
                r#"{"message":"URI Too Long"}"#.to_owned(),
                r#"{"message":"URI Too Long"}"#,
                "BadRequestException",
            ),
            fault => (
                500,
                r#"{"message":null}"#.to_owned(),
                r#"{"message":"Internal Server Error"}"#,
                if fault == Fault::AuthorizerFailure {
                    "AuthorizerFailureException"
                } else {
                    "AuthorizerConfigurationException"
                },
            ),
        };
        let mut headers = Headers::from_iter([("content-type", "application/json")]);
        let body = match words {
            Words::Rest => {
                headers.set("x-amzn-errortype", kind);
                rest
            }
            Words::Http => http.to_owned(),
        };
        Response { status, headers, body: body.into_bytes() }
    }
}

impl From<Failure> for Refusal {
    fn from(failure: Failure) -> Self {
        let fault = match &failure {
            Failure::FunctionError(said) if said == UNAUTHORIZED => {
                return Self::unauthorized("the function does not know the caller");
            }
            Failure::Unreachable => Fault::AuthorizerFailure,
            Failure::TimedOut
            | Failure::NotPermitted
            | Failure::NotFound
            | Failure::Throttled
            | Failure::TooLarge
            | Failure::FunctionError(_)
            | Failure::Service(_) => Fault::AuthorizerConfiguration,
        };
        Self::new(fault, failure.reason())
    }
}
