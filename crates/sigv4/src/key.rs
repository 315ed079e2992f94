//! What both sides know: secrets, and the keys that are made of them for one day and one place.

use std::collections::BTreeMap;
use std::fmt;

use hmac::{Hmac, KeyInit as _, Mac as _};
use sha2::Sha256;

use crate::TERMINATOR;
use crate::presented::Scope;

/// A secret access key. What prints it prints dots.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(Box<[u8]>);

impl Secret {
    /// The secret, as the owner writes it.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.as_bytes().into())
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Secret(..)")
    }
}

/// What signs for one access key on one day, in one region, at one service.
#[derive(Clone)]
pub struct SigningKey(Hmac<Sha256>);

impl SigningKey {
    /// Derives the key from the secret.
    #[must_use]
    pub fn derive(secret: &Secret, scope: &Scope) -> Self {
        let start = [b"AWS4", &*secret.0].concat();
        let steps = [&scope.date, &scope.region, &scope.service, TERMINATOR];
        Self(steps.iter().fold(keyed(&start), |key, step| {
            let mut mac = key;
            mac.update(step.as_bytes());
            keyed(&mac.finalize().into_bytes())
        }))
    }

    /// Signs a string to sign.
    #[must_use]
    pub fn sign(&self, text: &[u8]) -> [u8; 32] {
        let mut mac = self.0.clone();
        mac.update(text);
        mac.finalize().into_bytes().into()
    }

    /// Whether this is the signature. It takes the same time wherever the two differ.
    pub(crate) fn has_signed(&self, text: &[u8], signature: &[u8; 32]) -> bool {
        let mut mac = self.0.clone();
        mac.update(text);
        mac.verify_slice(signature).is_ok()
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("SigningKey(..)")
    }
}

#[expect(clippy::expect_used, reason = "the key of an HMAC may have any length")]
fn keyed(key: &[u8]) -> Hmac<Sha256> {
    Hmac::new_from_slice(key).expect("any length")
}

/// How many signing keys are remembered at most: those of a thousand callers, a quarter of a kilobyte
/// each.
const MAX_KEYS: usize = 1_024;

/// A bounded memory of signing keys, of which each costs four HMACs to derive.
///
/// Two generations: what is used moves into the young one, and when that is full it becomes the old
/// one, whose unused keys are forgotten.
#[derive(Default)]
pub struct SigningKeys {
    young: BTreeMap<Scope, (Secret, SigningKey)>,
    old: BTreeMap<Scope, (Secret, SigningKey)>,
}

impl SigningKeys {
    /// The key of a scope, derived if it is not known or was derived from another secret.
    pub fn get(&mut self, secret: &Secret, scope: &Scope) -> SigningKey {
        if let Some((known, key)) = self.young.get(scope)
            && known == secret
        {
            return key.clone();
        }
        let key = match self.old.remove(scope) {
            Some((known, key)) if known == *secret => key,
            _ => SigningKey::derive(secret, scope),
        };
        if self.young.len() >= MAX_KEYS / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(scope.clone(), (secret.clone(), key.clone()));
        key
    }

    /// How many keys are remembered.
    #[must_use]
    pub fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }

    /// Whether none is.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.len() == 0
    }
}

impl fmt::Debug for SigningKeys {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "SigningKeys({})", self.len())
    }
}
