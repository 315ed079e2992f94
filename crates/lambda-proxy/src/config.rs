//! What the operator writes.

use serde::{Deserialize, Serialize};
use tollgate_lambda::Function;

/// A function that answers requests.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Which function, and where it is called.
    pub function: Function,
    /// What events and responses are like.
    pub format: Format,
    /// How long the function may take, 50 to 30,000 ms for an HTTP API and 50 to 29,000 ms for a REST
    /// API, or 900,000 where it streams; the upper end of the first two where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u32>,
    /// How the response comes.
    #[serde(default, skip_serializing_if = "Transfer::is_buffered")]
    pub transfer: Transfer,
}

/// What events and responses are like.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub enum Format {
    /// Those of REST APIs.
    #[serde(rename = "rest")]
    Rest,
    /// Payload format 1.0 of HTTP APIs.
    #[serde(rename = "1.0")]
    V1,
    /// Payload format 2.0 of HTTP APIs.
    #[serde(rename = "2.0")]
    V2,
}

/// How a function's response comes. API Gateway's `responseTransferMode`.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Transfer {
    /// At once, when the function has returned.
    #[default]
    Buffered,
    /// As the function writes it: its head as JSON, eight NULs, and then the body.
    Stream,
}

impl Transfer {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    fn is_buffered(&self) -> bool {
        *self == Self::Buffered
    }
}
