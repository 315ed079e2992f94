//! AWS Signature Version 4: canonical requests, signatures, and whether one is good.
//!
//! A request says whose it is in its `Authorization` header or, *presigned*, in its query.
//! [`Presented`] is what it says. It is held against the place and the time first, then against the
//! key that only the two sides know: [`Presented::verify`] is the only maker of [`Verified`].
//!
//! What is signed is not the request but one text that stands for all requests that read the same.
//! Clients do not agree on that text. [`canonical`] says which texts are accepted, and why none of
//! them lets a signature of one request pass for a request that reads otherwise.

pub mod canonical;
mod encode;
mod form;
mod key;
mod presented;
mod refusal;
mod request;
mod stamp;
mod verify;

pub use encode::decode;
pub use key::{Secret, SigningKey, SigningKeys};
pub use presented::{MAX_LIFETIME_SECS, Presented, Scope};
pub use refusal::{Class, Refusal};
pub use request::Request;
pub use stamp::Stamp;
pub use verify::{Outcome, Verified};

/// The only algorithm there is.
pub const ALGORITHM: &str = "AWS4-HMAC-SHA256";

/// What every scope ends in.
pub const TERMINATOR: &str = "aws4_request";

#[cfg(test)]
mod tests;
