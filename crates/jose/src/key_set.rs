//! What an issuer publishes.

use std::fmt;

use serde_json::{Map, Value};

use crate::Algorithm;
use crate::json::{self, Fault};
use crate::key::{Key, Thumbprint, Unusable};

/// How long a set may be: API Gateway's own limit for the answer of a `jwks_uri`.
pub const MAX_KEY_SET_BYTES: usize = 150_000;

/// How many keys a set may have. Issuers publish a handful; a set within
/// [`MAX_KEY_SET_BYTES`] could have thousands, each of which costs time and memory to keep.
pub const MAX_KEYS: usize = 100;

/// How many keys are tried on one token. A client that names no key, or an issuer that gives many
/// keys one name, would otherwise have every key tried, at up to milliseconds each.
pub const MAX_CANDIDATES: usize = 16;

/// A JSON Web Key Set, RFC 7517 section 5.
#[derive(Debug)]
pub struct KeySet {
    keys: Vec<Key>,
    skipped: Vec<Skipped>,
}

/// A key of a set that is not used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Skipped {
    /// Which of the set's keys it is, counted from zero.
    pub index: usize,
    /// Its name, if it has one.
    pub key_id: Option<String>,
    /// Why it is not used.
    pub reason: Unusable,
}

impl KeySet {
    /// Reads a set. A key that cannot or must not be used is skipped, as section 5 has it.
    ///
    /// # Errors
    /// [`KeySetError`] if it is not a set at all.
    pub fn parse(json: &[u8]) -> Result<Self, KeySetError> {
        if json.len() > MAX_KEY_SET_BYTES {
            return Err(KeySetError::TooLong);
        }
        let members = json::object(json).map_err(|fault| match fault {
            Fault::Malformed => KeySetError::Malformed,
            Fault::Repeated => KeySetError::Repeated,
            Fault::TooDeep => KeySetError::TooDeep,
        })?;
        let Some(Value::Array(entries)) = members.get("keys") else {
            return Err(KeySetError::NoKeys);
        };
        if entries.len() > MAX_KEYS {
            return Err(KeySetError::TooManyKeys);
        }
        let is_public = entries.iter().any(|entry| {
            entry.get("kty").is_some_and(|kind| kind.as_str().is_some_and(|kind| kind != "oct"))
        });
        let mut set = Self { keys: Vec::new(), skipped: Vec::new() };
        for (index, entry) in entries.iter().enumerate() {
            let key = entry.as_object().ok_or(Unusable::Malformed).and_then(Key::from_members);
            match key {
                Ok(key) if is_public && key.is_shared() => {
                    set.skip(index, entry.as_object(), Unusable::Disclosed);
                }
                Ok(key) => set.keys.push(key),
                Err(reason) => set.skip(index, entry.as_object(), reason),
            }
        }
        Ok(set)
    }

    /// The keys that can be used, in the order of the set.
    #[must_use]
    pub fn keys(&self) -> &[Key] {
        &self.keys
    }

    /// The keys that are not used, and why.
    #[must_use]
    pub fn skipped(&self) -> &[Skipped] {
        &self.skipped
    }

    /// The keys that may have signed a token: those of the name it gives, or if it gives none, any
    /// that fits its algorithm. A name may be that of several keys.
    pub fn candidates<'a>(
        &'a self,
        key_id: Option<&'a str>,
        algorithm: Algorithm,
    ) -> impl Iterator<Item = &'a Key> {
        self.keys
            .iter()
            .filter(move |key| key_id.is_none() || key.key_id() == key_id)
            .filter(move |key| key.fits(algorithm))
            .take(MAX_CANDIDATES)
    }

    /// Whether the set still has a key, whatever it is called now.
    #[must_use]
    pub fn contains(&self, thumbprint: Thumbprint) -> bool {
        self.keys.iter().any(|key| key.thumbprint() == thumbprint)
    }

    fn skip(&mut self, index: usize, jwk: Option<&Map<String, Value>>, reason: Unusable) {
        let key_id = jwk.and_then(|jwk| jwk.get("kid")).and_then(Value::as_str);
        self.skipped.push(Skipped { index, key_id: key_id.map(str::to_owned), reason });
    }
}

/// Why something is not a [`KeySet`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KeySetError {
    /// It is longer than [`MAX_KEY_SET_BYTES`].
    TooLong,
    /// It is not a JSON object.
    Malformed,
    /// It has an object with two members of one name.
    Repeated,
    /// It nests deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep,
    /// It has no array `keys`.
    NoKeys,
    /// It has more than [`MAX_KEYS`] keys.
    TooManyKeys,
}

impl fmt::Display for KeySetError {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooLong => write!(out, "the key set is longer than {MAX_KEY_SET_BYTES} bytes"),
            Self::Malformed => out.write_str("the key set is not a JSON object"),
            Self::Repeated => out.write_str("the key set has a repeated member"),
            Self::TooDeep => out.write_str("the key set is nested too deeply"),
            Self::NoKeys => out.write_str("the key set has no array `keys`"),
            Self::TooManyKeys => write!(out, "the key set has more than {MAX_KEYS} keys"),
        }
    }
}

impl std::error::Error for KeySetError {}
