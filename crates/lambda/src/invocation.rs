//! What a call of a function has come to.

use serde_json::{Map, Value};
use tollgate_policy::Response;

/// Why a function has not returned anything.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Failure {
    /// Nobody answered where the function is called.
    Unreachable,
    /// It took longer than it may.
    TimedOut,
    /// The caller may not call it.
    NotPermitted,
    /// There is no such function.
    NotFound,
    /// It is called more often than it may be.
    Throttled,
    /// The event is longer than Lambda takes: 6 MB.
    TooLarge,
    /// It was called and failed; with what it said of that, in `errorMessage`.
    FunctionError(String),
    /// Something else is wrong with the service that calls it.
    Service(u16),
}

impl Failure {
    /// What is told the operator, in `$context.integration.error` and `$context.authorizer.error`.
    #[must_use]
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Unreachable => "the function cannot be reached",
            Self::TimedOut => "the function did not answer in time",
            Self::NotPermitted => "the gateway may not call the function",
            Self::NotFound => "there is no such function",
            Self::Throttled => "the function is called too often",
            Self::TooLarge => "the event is larger than a function may get",
            Self::FunctionError(_) => "the function failed",
            Self::Service(_) => "the service that calls the function failed",
        }
    }
}

/// How much of what a failed function says is kept.
const MAX_MESSAGE_CHARS: usize = 1_024;

/// What a function returned, as the reply to its call has it.
///
/// Lambda says that a function failed in `X-Amz-Function-Error`. Emulators may not: of a reply that does
/// not come from Lambda itself, which has `x-amzn-RequestId`, an object of nothing but what a failed
/// function says counts as that.
///
/// # Errors
/// [`Failure`] where it returned nothing.
pub fn returned(reply: Option<Response>) -> Result<Vec<u8>, Failure> {
    let Some(reply) = reply else { return Err(Failure::Unreachable) };
    // What the proxy makes up itself is text; what AWS says is JSON, or names itself.
    let says = |name| reply.headers.get(name).is_some();
    let is_of_service = says("x-amzn-requestid") || says("x-amzn-errortype");
    match reply.status {
        200..=299 => {}
        401 | 403 => return Err(Failure::NotPermitted),
        404 => return Err(Failure::NotFound),
        413 => return Err(Failure::TooLarge),
        429 => return Err(Failure::Throttled),
        504 if !is_of_service => return Err(Failure::TimedOut),
        503 if !is_of_service => return Err(Failure::Unreachable),
        status => return Err(Failure::Service(status)),
    }
    if says("x-amz-function-error") {
        let said: Option<Value> = serde_json::from_slice(&reply.body).ok();
        let message = said.as_ref().and_then(|said| message(said.as_object()?));
        return Err(Failure::FunctionError(message.unwrap_or_default()));
    }
    if !says("x-amzn-requestid")
        && let Some(message) = only_message(&reply.body)
    {
        return Err(Failure::FunctionError(message));
    }
    Ok(reply.body)
}

fn message(said: &Map<String, Value>) -> Option<String> {
    let message = said.get("errorMessage")?.as_str().unwrap_or_default();
    Some(message.chars().take(MAX_MESSAGE_CHARS).collect())
}

/// What a failed function says, if that is all that is there.
fn only_message(body: &[u8]) -> Option<String> {
    const SAID: [&str; 6] =
        ["errorMessage", "errorType", "stackTrace", "trace", "requestId", "cause"];
    // The common case is not read twice.
    let looks_so = body.trim_ascii_start().first() == Some(&b'{')
        && body.windows(SAID[0].len()).take(MAX_LOOK).any(|part| part == SAID[0].as_bytes());
    let Value::Object(said) = looks_so.then(|| serde_json::from_slice(body).ok())?? else {
        return None;
    };
    if said.keys().all(|key| SAID.contains(&key.as_str())) { message(&said) } else { None }
}

/// How far into what a function returned is looked for what a failed one says: its message comes first
/// with every runtime, or after a short type.
const MAX_LOOK: usize = 4_096;
