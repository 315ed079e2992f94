//! What the operator says about a canary.

use serde::{Deserialize, Serialize};

use crate::Percent;

/// The configuration of the filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// How much of the traffic the canary gets.
    pub percent_traffic: Percent,
    /// What keeps a caller with the base or with the canary. Without it every request is drawn for
    /// itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
    /// How testers choose for themselves. Nobody can without it.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<Override>,
    /// The header field that says `true` of a request for the canary and `false` of any other. What a
    /// client sends under this name is removed.
    #[serde(default = "default_header")]
    pub header: String,
    /// What the canary is called in metrics, and what sticky assignments are made with: two canaries of
    /// different names get different callers first. 1 to 128 letters, digits and `-_./`.
    #[serde(default = "default_name")]
    pub name: String,
}

/// `$context.isCanaryRequest`, as a header field.
fn default_header() -> String {
    "x-canary-request".to_owned()
}

fn default_name() -> String {
    "canary".to_owned()
}

/// What tells callers apart, so that each stays where it is.
///
/// A caller's place is a hash of the value: raising the percentage moves callers towards the canary
/// and none away from it. Requests without the value are drawn one by one.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Sticky {
    /// The client's address, as the proxy knows it.
    SourceIp,
    /// The first value of a header field.
    Header(String),
    /// A cookie.
    Cookie(String),
    /// A claim of the token in `authorization`. The token is not verified for this: whoever forges one
    /// has chosen where it is refused.
    Claim(String),
    /// The API key in `x-api-key`.
    ApiKey,
}

/// How testers choose for themselves: a header field that holds a secret. It is removed before the
/// request goes on.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Override {
    /// The header field.
    pub header: String,
    /// The SHA-256, in 64 hexadecimal digits, of the value that leads to the canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary_sha256: Option<String>,
    /// And of the value that leads to the base.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub base_sha256: Option<String>,
}
