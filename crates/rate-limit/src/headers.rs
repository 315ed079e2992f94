//! What responses say of limits: draft-ietf-httpapi-ratelimit-headers-10.

use std::fmt::Write as _;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tollgate_policy::Headers;

use crate::limiter::Outlook;

/// What responses say of limits.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseHeaders {
    /// Nothing, as with API Gateway.
    #[default]
    None,
    /// `RateLimit` and `RateLimit-Policy` of draft-ietf-httpapi-ratelimit-headers-10, and `Retry-After`
    /// where a request is refused.
    RateLimit,
}

impl ResponseHeaders {
    /// Whether anything is said of limits.
    #[must_use]
    pub fn are_sent(self) -> bool {
        self == Self::RateLimit
    }

    /// Says how limits stand, each under its name. Of several the first that has least left goes into
    /// `RateLimit`; all of them go into `RateLimit-Policy`.
    pub fn tell<'a>(
        self,
        headers: &mut Headers,
        limits: impl IntoIterator<Item = (&'a str, Outlook)>,
    ) {
        if !self.are_sent() {
            return;
        }
        let mut policy = String::new();
        let mut least: Option<(&str, Outlook)> = None;
        for (name, outlook) in limits {
            let separator = if policy.is_empty() { "" } else { ", " };
            let (limit, window) = (outlook.limit, seconds(outlook.window).max(1));
            // Writing to a string does not fail.
            let _ = write!(policy, "{separator}\"{name}\";q={limit};w={window}");
            if least.is_none_or(|(_, least)| outlook.remaining < least.remaining) {
                least = Some((name, outlook));
            }
        }
        let Some((name, outlook)) = least else { return };
        headers.set("ratelimit-policy", policy);
        let (remaining, reset) = (outlook.remaining, seconds(outlook.reset));
        headers.set("ratelimit", format!("\"{name}\";r={remaining};t={reset}"));
    }

    /// Says when to come again: in whole seconds, one at least.
    pub fn tell_when(self, headers: &mut Headers, after: Duration) {
        if self.are_sent() {
            headers.set("retry-after", seconds(after).max(1).to_string());
        }
    }
}

/// Whole seconds, rounded up: sooner would be too soon.
fn seconds(time: Duration) -> u64 {
    time.as_secs().saturating_add(u64::from(time.subsec_nanos() > 0))
}
