//! HMAC with a shared secret, RFC 7518 section 3.2.

use hmac::{Hmac, KeyInit, Mac};
use serde_json::{Map, Value};
use sha2::{Sha256, Sha384, Sha512};

use super::jwk::{self, Unusable};
use crate::{Algorithm, Digest, base64url};

/// A shared secret.
pub(super) struct Shared(Vec<u8>);

impl Shared {
    /// INVARIANT: the secret is long enough for the shortest digest at least.
    pub(super) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Unusable> {
        let secret = jwk::bytes(jwk, "k")?;
        if secret.len() < Digest::Sha256.len() {
            return Err(Unusable::Weak);
        }
        Ok(Self(secret))
    }

    /// Whether the secret is no shorter than the digest, as RFC 7518 section 3.2 demands.
    pub(super) fn is_long_enough(&self, algorithm: Algorithm) -> bool {
        self.0.len() >= algorithm.digest().len()
    }

    /// Compares in constant time, and never a shortened code.
    pub(super) fn verify(&self, algorithm: Algorithm, message: &[u8], code: &[u8]) -> bool {
        match algorithm.digest() {
            Digest::Sha256 => self.verify_with::<Hmac<Sha256>>(message, code),
            Digest::Sha384 => self.verify_with::<Hmac<Sha384>>(message, code),
            Digest::Sha512 => self.verify_with::<Hmac<Sha512>>(message, code),
        }
    }

    fn verify_with<M: Mac + KeyInit>(&self, message: &[u8], code: &[u8]) -> bool {
        <M as KeyInit>::new_from_slice(&self.0)
            .is_ok_and(|mac| mac.chain_update(message).verify_slice(code).is_ok())
    }

    pub(super) fn required_members(&self) -> Vec<(&'static str, String)> {
        vec![("k", base64url::encode(&self.0)), ("kty", "oct".to_owned())]
    }
}
