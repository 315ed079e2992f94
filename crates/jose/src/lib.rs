//! JSON Web Signatures, Keys and Tokens, for those who only ever verify.
//!
//! A [`Jws`] is a token taken apart, a [`KeySet`] what an issuer publishes, and [`Key::verify`] the
//! only way from the two to a [`SignatureValid`]. [`Claims`] are what a token says, and a
//! [`Validation`] judges them at a time it is told.
//!
//! Implemented: RFC 7515 (compact serialization), 7517, 7518 section 3, 7519, 7638 and 8037
//! (Ed25519), with the advice of RFC 8725. Refused on purpose: `alg` `none`, encryption, the
//! unencoded payloads of RFC 7797, critical extensions, keys and key addresses inside a token,
//! and any JSON object that says one thing twice. Not implemented: ES512, ES256K, Ed448, X.509.
//!
//! Everything is a function of its arguments, and all of them may be hostile.

mod algorithm;
mod base64url;
mod claims;
mod der;
mod digest;
mod header;
mod json;
mod jws;
mod key;
mod key_set;
mod native;
mod refusal;
mod validation;

pub use algorithm::{Algorithm, UnknownAlgorithm};
pub use claims::{Claims, MAX_CLAIMS_BYTES};
pub use digest::Digest;
pub use header::MAX_HEADER_BYTES;
pub use json::MAX_DEPTH;
pub use jws::{Jws, MAX_TOKEN_BYTES};
pub use key::{Key, SignatureValid, Thumbprint, Unusable};
pub use key_set::{KeySet, KeySetError, MAX_CANDIDATES, MAX_KEY_SET_BYTES, MAX_KEYS, Skipped};
pub use native::{Native, PureRust};
pub use refusal::{Claim, Part, Refusal};
pub use validation::{Expiry, RequiredClaim, Validation};

#[cfg(test)]
mod tests;
