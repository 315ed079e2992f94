//! What a caller without a good token is told: RFC 6750 section 3, in API Gateway's words.

use std::fmt::Write as _;

use tollgate_policy::{Headers, Response};

/// No token was sent.
pub(crate) fn missing() -> Response {
    unauthorized("Bearer")
}

/// A token was sent and is not good. `scopes` are those the route asks for.
pub(crate) fn invalid(scopes: &[String], description: &str) -> Response {
    unauthorized(&challenge(scopes, "invalid_token", description))
}

/// The token is good and does not reach this far.
pub(crate) fn insufficient(scopes: &[String]) -> Response {
    let description = "the token does not have any of the required scopes";
    answer(403, "Forbidden", &challenge(scopes, "insufficient_scope", description))
}

fn unauthorized(challenge: &str) -> Response {
    answer(401, "Unauthorized", challenge)
}

fn answer(status: u16, message: &str, challenge: &str) -> Response {
    let mut headers = Headers::new();
    headers.set("content-type", "application/json");
    headers.set("www-authenticate", challenge);
    Response { status, headers, body: format!(r#"{{"message":"{message}"}}"#).into_bytes() }
}

fn challenge(scopes: &[String], error: &str, description: &str) -> String {
    let mut challenge = String::from("Bearer scope=\"");
    for (index, scope) in scopes.iter().enumerate() {
        let space = if index == 0 { "" } else { " " };
        // Writing to a string does not fail, and a scope has no quotes: see `compile`.
        let _ = write!(challenge, "{space}{scope}");
    }
    let _ = write!(challenge, "\" error=\"{error}\" error_description=\"{description}\"");
    challenge
}
