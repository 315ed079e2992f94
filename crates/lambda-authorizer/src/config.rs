//! What the operator writes.

use serde::{Deserialize, Serialize};
use tollgate_lambda::Function;

/// A Lambda authorizer: who is asked, by what callers are told apart, and how long an answer holds.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who decides.
    pub service: Service,
    /// What the service is told, and what it answers.
    pub kind: Kind,
    /// How long an answer holds for whoever is the same by all identity sources, 0 to 3,600 seconds.
    /// Nothing is kept at 0, or where absent. API Gateway keeps those of REST APIs for 300 where nobody
    /// says otherwise.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub ttl_secs: u32,
    /// How long the service may take, 50 to 10,000 ms, for a REST API to 29,000 ms. 10,000 where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u32>,
}

/// Who decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Service {
    /// A Lambda function.
    Lambda(Function),
    /// Any HTTP service that answers `{"isAuthorized": true, "context": {}}`, or 401 or 403 to refuse.
    /// Unlike API Gateway, which asks functions only.
    Http(Http),
}

/// An HTTP service that decides.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// `https://host[:port]/path`
    pub uri: String,
    /// Allow a service that is reached in the clear and not on this machine. Whoever is on the way can
    /// then let anyone in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub plain_http: bool,
    /// What it is sent.
    #[serde(default)]
    pub sends: Sends,
}

/// What an HTTP service is sent.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sends {
    /// A POST of the event of format 2.0.
    #[default]
    Event,
    /// A GET with the header fields of these names as the client has sent them, and with the method and
    /// the path in `x-forwarded-method` and `x-forwarded-uri`. One to 20.
    Headers(Vec<String>),
}

/// What the service is told, and what it answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Kind {
    /// A token alone; it answers a policy. Of REST APIs.
    Token(Token),
    /// The whole request but its body.
    Request(Request),
}

/// Where the token is, and what it must look like.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Token {
    /// The header field of the token: `method.request.header.NAME`.
    #[serde(default = "authorization_header")]
    pub identity_source: String,
    /// What the whole token must match, or nobody is asked: a regular expression of up to 512
    /// characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_validation_expression: Option<String>,
}

/// What a request is told apart by, and in which format it is told.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Request {
    /// The format of the event.
    pub format: Format,
    /// What callers are told apart by, all of which must be there: `$request.header.NAME`,
    /// `$request.querystring.NAME`, `$context.NAME`, `$stageVariables.NAME`; for a REST API
    /// `method.request.header.NAME`, `method.request.querystring.NAME`, `context.NAME`,
    /// `stageVariables.NAME`. Up to 10, and at least one where answers are kept.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub identity_sources: Vec<String>,
    /// Whether the answer is `{"isAuthorized": true, "context": {}}` and no policy. Of format 2.0 only.
    #[serde(default, skip_serializing_if = "is_false")]
    pub simple_responses: bool,
}

/// The format of an event.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// That of REST APIs.
    #[serde(rename = "rest")]
    Rest,
    /// Payload format 1.0 of HTTP APIs.
    #[serde(rename = "1.0")]
    V1,
    /// Payload format 2.0 of HTTP APIs.
    #[serde(rename = "2.0")]
    V2,
}

impl Default for Token {
    fn default() -> Self {
        Self { identity_source: authorization_header(), identity_validation_expression: None }
    }
}

fn authorization_header() -> String {
    "method.request.header.Authorization".to_owned()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
