//! Ed25519, RFC 8037.

use ed25519_dalek::{Signature, VerifyingKey};
use serde_json::{Map, Value};

use super::jwk::{self, Unusable};
use crate::base64url;

/// A public key on Ed25519.
pub(super) struct Ed25519(VerifyingKey);

impl Ed25519 {
    /// INVARIANT: the key is a point on the curve, and not one of the few under which a signature
    /// fits many messages.
    pub(super) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Unusable> {
        let bytes = jwk::bytes(jwk, "x")?.try_into().map_err(|_| Unusable::Member("x"))?;
        let key = VerifyingKey::from_bytes(&bytes).map_err(|_| Unusable::Point)?;
        if key.is_weak() {
            return Err(Unusable::Weak);
        }
        Ok(Self(key))
    }

    /// Strictly: a signature has one spelling, so that no one can make another of it.
    pub(super) fn verify(&self, message: &[u8], signature: &[u8]) -> bool {
        Signature::from_slice(signature)
            .is_ok_and(|signature| self.0.verify_strict(message, &signature).is_ok())
    }

    pub(super) fn required_members(&self) -> Vec<(&'static str, String)> {
        vec![
            ("crv", "Ed25519".to_owned()),
            ("kty", "OKP".to_owned()),
            ("x", base64url::encode(self.0.as_bytes())),
        ]
    }
}
