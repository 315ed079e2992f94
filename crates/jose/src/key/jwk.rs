//! The members of a JSON Web Key.

use std::fmt;

use serde_json::{Map, Value};

use crate::{Algorithm, base64url};

/// Why a key cannot or must not verify signatures.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unusable {
    /// It is not a JSON object.
    Malformed,
    /// A member is absent, of the wrong type, or not base64url.
    Member(&'static str),
    /// Its `kty` is unknown here.
    Type,
    /// Its `crv` is unknown here.
    Curve,
    /// Its `alg` is unknown here, or not one for a key of its type and length.
    Algorithm,
    /// Its `use` or `key_ops` say that it is for something else.
    Purpose,
    /// Its private half was published with it, so a signature proves nothing.
    Private,
    /// It is too short or too long, or known to be easily broken.
    Weak,
    /// It is not a point on its curve.
    Point,
    /// It is a shared secret in a set with public keys. A set is either public or secret; a secret
    /// in a public one is known to everybody.
    Disclosed,
}

impl fmt::Display for Unusable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Malformed => "the key is not a JSON object",
            Self::Member(name) => {
                return write!(out, "member `{name}` is missing or malformed");
            }
            Self::Type => "the key type is not supported",
            Self::Curve => "the curve is not supported",
            Self::Algorithm => "the algorithm is not supported or does not fit the key",
            Self::Purpose => "the key is not for verifying signatures",
            Self::Private => "the private half of the key is published with it",
            Self::Weak => "the key is too weak or too long",
            Self::Point => "the key is not a point on its curve",
            Self::Disclosed => "the key is a shared secret among public keys",
        })
    }
}

impl std::error::Error for Unusable {}

/// The members that only the private half of a key has, RFC 7518 section 6 and RFC 8037 section 2.
const PRIVATE: [&str; 7] = ["d", "p", "q", "dp", "dq", "qi", "oth"];

/// A member that is text.
pub(super) fn text<'a>(
    jwk: &'a Map<String, Value>,
    name: &'static str,
) -> Result<&'a str, Unusable> {
    optional_text(jwk, name)?.ok_or(Unusable::Member(name))
}

/// A member that is text if it is there.
pub(super) fn optional_text<'a>(
    jwk: &'a Map<String, Value>,
    name: &'static str,
) -> Result<Option<&'a str>, Unusable> {
    match jwk.get(name) {
        None => Ok(None),
        Some(Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(Unusable::Member(name)),
    }
}

/// A member that is bytes.
pub(super) fn bytes(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Unusable> {
    base64url::decode(text(jwk, name)?).ok_or(Unusable::Member(name))
}

/// A member that is a number in big-endian bytes, without leading zeros.
///
/// RFC 7518 section 2 has none; some issuers write one all the same, and it changes nothing.
pub(super) fn number(jwk: &Map<String, Value>, name: &'static str) -> Result<Vec<u8>, Unusable> {
    let mut bytes = bytes(jwk, name)?;
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    Ok(bytes.split_off(zeros))
}

/// The one algorithm that the key is bound to, if it is.
pub(super) fn algorithm(jwk: &Map<String, Value>) -> Result<Option<Algorithm>, Unusable> {
    optional_text(jwk, "alg")?.map(|name| name.parse().map_err(|_| Unusable::Algorithm)).transpose()
}

/// Refuses a public key whose private half is there for all to see.
///
/// A shared secret has no halves: its one member is `k`.
pub(super) fn refuse_private_half(jwk: &Map<String, Value>) -> Result<(), Unusable> {
    if PRIVATE.into_iter().any(|name| jwk.contains_key(name)) {
        return Err(Unusable::Private);
    }
    Ok(())
}

/// Refuses a key that says it is for something else, RFC 7517 sections 4.2 and 4.3.
pub(super) fn refuse_other_purpose(jwk: &Map<String, Value>) -> Result<(), Unusable> {
    if optional_text(jwk, "use")?.is_some_and(|purpose| purpose != "sig") {
        return Err(Unusable::Purpose);
    }
    match jwk.get("key_ops") {
        None => Ok(()),
        Some(Value::Array(operations)) if !operations.iter().all(Value::is_string) => {
            Err(Unusable::Member("key_ops"))
        }
        Some(Value::Array(operations)) if operations.iter().any(|name| name == "verify") => Ok(()),
        Some(Value::Array(_)) => Err(Unusable::Purpose),
        Some(_) => Err(Unusable::Member("key_ops")),
    }
}
