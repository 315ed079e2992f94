//! Conversions between bytes and Base64.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// What an integration takes, or what its answer is to become. API Gateway's `contentHandling`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ContentHandling {
    /// Bytes: text is taken for Base64 and decoded.
    ConvertToBinary,
    /// Text: bytes are encoded in Base64.
    ConvertToText,
}

/// What is done with a body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Conversion {
    /// Nothing.
    None,
    /// Its bytes are encoded in Base64.
    Encode,
    /// Its Base64 is decoded.
    Decode,
}

/// A body that is no Base64.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotBase64;

impl Conversion {
    /// What becomes of a request's body, whose own type is binary or not.
    #[must_use]
    pub const fn of_request(is_binary: bool, handling: Option<ContentHandling>) -> Self {
        match (is_binary, handling) {
            (false, Some(ContentHandling::ConvertToBinary)) => Self::Decode,
            (true, Some(ContentHandling::ConvertToText)) => Self::Encode,
            (true, Some(ContentHandling::ConvertToBinary) | None)
            | (false, Some(ContentHandling::ConvertToText) | None) => Self::None,
        }
    }

    /// What becomes of a response's body: whether its own type is binary, and that which the client
    /// accepts first.
    #[must_use]
    pub const fn of_response(
        is_binary: bool,
        accepts_binary: bool,
        handling: Option<ContentHandling>,
    ) -> Self {
        match (is_binary, accepts_binary, handling) {
            (false, true, None) | (false, _, Some(ContentHandling::ConvertToBinary)) => {
                Self::Decode
            }
            (true, false, None) | (true, _, Some(ContentHandling::ConvertToText)) => Self::Encode,
            (false, false, None)
            | (true, true, None)
            | (false, _, Some(ContentHandling::ConvertToText))
            | (true, _, Some(ContentHandling::ConvertToBinary)) => Self::None,
        }
    }

    /// The body, converted.
    ///
    /// # Errors
    /// [`NotBase64`] where it was to be decoded and cannot be.
    pub fn apply(self, body: &[u8]) -> Result<Vec<u8>, NotBase64> {
        match self {
            Self::None => Ok(body.to_vec()),
            Self::Encode => Ok(STANDARD.encode(body).into_bytes()),
            Self::Decode => STANDARD.decode(body.trim_ascii()).map_err(|_| NotBase64),
        }
    }
}
