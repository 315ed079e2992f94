//! Events of authorizers that are told a token alone.

use serde::Serialize;

/// The event of an authorizer of a REST API that is told a token alone.
#[derive(Clone, Copy, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Token<'a> {
    /// `TOKEN`
    #[serde(rename = "type")]
    kind: &'static str,
    method_arn: &'a str,
    authorization_token: &'a str,
}

impl<'a> Token<'a> {
    /// The event of this token, whose bearer calls the method with this ARN.
    #[must_use]
    pub const fn of(authorization_token: &'a str, method_arn: &'a str) -> Self {
        Self { kind: "TOKEN", method_arn, authorization_token }
    }
}
