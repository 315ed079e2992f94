//! The IAM policy language, as far as execute-api needs it.
//!
//! A [`Policy`] is compiled from a document, whole or not at all, and says of a [`Request`] whether it is
//! allowed, denied, or not spoken of: a [`Decision`].
//!
//! What cannot be told falls on the side of refusal. A statement that denies also denies where it
//! cannot be told whether it applies, and one that allows does not allow then. That is so
//!
//! - of a value that is not of the type its operator compares, as a number that is none
//! - of several values, where the operator is about one
//! - of a text that is longer than [`MAX_TEXT_BYTES`]
//! - of a variable that stands for nothing, below a `Not`: without one it just matches nothing
//! - of patterns that take more than [`MAX_STEPS`] to match
//!
//! Where AWS leaves open how far a `*` in a resource reaches, that of a statement which denies reaches
//! over the colons of an ARN, and that of one which allows does not. Of `NotResource` it is the other way
//! round.

mod action;
mod answer;
mod api;
mod combine;
mod condition;
mod date;
mod denial;
mod document;
mod elements;
mod json;
mod keys;
mod malformed;
mod network;
mod number;
mod operands;
mod operator;
mod pattern;
mod policy;
mod principal;
mod principals;
mod readings;
mod request_keys;
mod resources;
mod segments;
mod statement;
mod variable;
mod work;

pub use action::Action;
pub use api::Api;
pub use combine::{cross_account, same_account};
pub use date::secs;
pub use denial::denied_message;
pub use keys::{Found, Keys, Value};
pub use malformed::Malformed;
pub use network::Network;
pub use policy::{Decision, Kind, Policy, Request};
pub use principal::{Caller, CallerKind, Principal};
pub use readings::readings;
pub use request_keys::RequestKeys;
pub use work::{MAX_STEPS, MAX_TEXT_BYTES};

/// Bytes of the names and values of one document, or of its JSON text. What functions answer has room
/// for a hundred routes in this; IAM itself takes 6144 characters, and more than this takes too long.
pub const MAX_DOCUMENT_BYTES: usize = 65_536;

/// Values in one document, lists and objects among them: what a compiled policy takes in memory goes by
/// this. Those who write a document by hand do not come near it.
pub const MAX_DOCUMENT_VALUES: usize = 4_096;

/// Characters of a resource policy: API Gateway's own bound.
pub const MAX_RESOURCE_POLICY_CHARS: usize = 8_192;

#[cfg(test)]
mod tests;
