//! The header of a token: how it says it was signed.

use serde_json::{Map, Value};

use crate::json::{self, Fault};
use crate::{Algorithm, Part, Refusal};

/// How long a decoded header may be. A name and an algorithm take a hundred bytes; the rest is room
/// for the certificates that some issuers send along.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;

/// A header that asks for nothing this crate does not do.
///
/// Parsed but not honoured: `typ`, `cty`, and the certificates `x5c`, `x5t` and `x5t#S256`. They
/// are no harm, because a key is found by `kid` in a [`KeySet`](crate::KeySet) and nowhere else.
/// Unlike them, `jwk`, `jku` and `x5u` are refused although a reader may ignore them: a token that
/// brings its key, or has one fetched, has no honest use towards a gateway.
#[derive(Debug)]
pub(crate) struct Header {
    pub(crate) algorithm: Algorithm,
    pub(crate) key_id: Option<String>,
}

impl Header {
    pub(crate) fn parse(text: &[u8]) -> Result<Self, Refusal> {
        if text.len() > MAX_HEADER_BYTES {
            return Err(Refusal::PartTooLong(Part::Header));
        }
        let mut members = json::object(text).map_err(|fault| fault.of(Part::Header))?;
        refuse_extensions(&members)?;
        let algorithm = match members.get("alg") {
            Some(Value::String(name)) => name.parse().map_err(|_| Refusal::UnknownAlgorithm)?,
            _ => return Err(Refusal::NoAlgorithm),
        };
        let key_id = match members.remove("kid") {
            None => None,
            Some(Value::String(key_id)) => Some(key_id),
            Some(_) => return Err(Refusal::KeyIdMalformed),
        };
        Ok(Self { algorithm, key_id })
    }
}

/// Refuses a header that would change what the token means or who vouches for it.
fn refuse_extensions(members: &Map<String, Value>) -> Result<(), Refusal> {
    const REFUSED: [(&str, Refusal); 6] = [
        ("enc", Refusal::Encrypted),
        ("crit", Refusal::Critical),
        ("b64", Refusal::Unencoded),
        ("jwk", Refusal::EmbeddedKey),
        ("jku", Refusal::EmbeddedKey),
        ("x5u", Refusal::EmbeddedKey),
    ];
    match REFUSED.into_iter().find(|(name, _)| members.contains_key(*name)) {
        Some((_, refusal)) => Err(refusal),
        None => Ok(()),
    }
}

impl Fault {
    /// The same fault, as that of a part of a token.
    pub(crate) const fn of(self, part: Part) -> Refusal {
        match self {
            Self::Malformed => Refusal::Malformed(part),
            Self::Repeated => Refusal::Repeated(part),
            Self::TooDeep => Refusal::TooDeep(part),
        }
    }
}
