//! Why a token was refused.

use std::fmt;

use crate::Algorithm;

/// Why a token was refused.
///
/// The text is fit for the `error_description` of RFC 6750 section 3: ASCII without quotes or
/// backslashes, and without a byte that the client chose.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Refusal {
    /// It is longer than [`MAX_TOKEN_BYTES`](crate::MAX_TOKEN_BYTES).
    TooLong,
    /// It does not have exactly three parts.
    NotCompact,
    /// It is encrypted, or looks so.
    Encrypted,
    /// A part is not canonical base64url without padding.
    NotBase64Url(Part),
    /// A part is longer than it may be.
    PartTooLong(Part),
    /// A part is not a JSON object.
    Malformed(Part),
    /// A part has an object with two members of one name.
    Repeated(Part),
    /// A part nests deeper than [`MAX_DEPTH`](crate::MAX_DEPTH).
    TooDeep(Part),
    /// The header has no `alg`, or one that is not a string.
    NoAlgorithm,
    /// The header's `alg` is none of [`Algorithm`], such as `none`.
    UnknownAlgorithm,
    /// The header's `kid` is not a string.
    KeyIdMalformed,
    /// The header has `crit`: nothing that may be critical is understood here.
    Critical,
    /// The header has `b64`: the payload may not be what it seems.
    Unencoded,
    /// The header brings its own key, or tells where to fetch one.
    EmbeddedKey,
    /// The algorithm is not one that is accepted, or not one for this key.
    Algorithm(Algorithm),
    /// No key has the name that the header gives.
    NoKey,
    /// The signature is not one of this key.
    Signature,
    /// A claim that must be there is not.
    Missing(Claim),
    /// A claim is of the wrong type, or a time out of range.
    Invalid(Claim),
    /// The token has expired.
    Expired,
    /// The token is not valid yet.
    NotYetValid,
    /// The token claims to be issued in the future.
    IssuedInFuture,
    /// The issuer is not one of those configured.
    Issuer,
    /// The audience is not one of those configured.
    Audience,
    /// A claim that the configuration requires is absent or has another value.
    RequiredClaim,
}

/// A part of a token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Part {
    /// The first part.
    Header,
    /// The second part.
    Payload,
    /// The third part.
    Signature,
}

/// A registered claim of RFC 7519 section 4.1.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Claim {
    /// `iss`
    Issuer,
    /// `sub`
    Subject,
    /// `aud`
    Audience,
    /// `exp`
    Expiry,
    /// `nbf`
    NotBefore,
    /// `iat`
    IssuedAt,
    /// `jti`
    Id,
}

impl Part {
    const fn as_str(self) -> &'static str {
        match self {
            Self::Header => "header",
            Self::Payload => "payload",
            Self::Signature => "signature",
        }
    }
}

impl Claim {
    /// The name of the claim.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Issuer => "iss",
            Self::Subject => "sub",
            Self::Audience => "aud",
            Self::Expiry => "exp",
            Self::NotBefore => "nbf",
            Self::IssuedAt => "iat",
            Self::Id => "jti",
        }
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let text = match self {
            Self::TooLong => "the token is too long",
            Self::NotCompact => "the token contains an invalid number of segments",
            Self::Encrypted => "encrypted tokens are not supported",
            Self::NotBase64Url(part) => {
                return write!(out, "the token {} is not base64url", part.as_str());
            }
            Self::PartTooLong(part) => {
                return write!(out, "the token {} is too long", part.as_str());
            }
            Self::Malformed(part) => {
                return write!(out, "the token {} is not a JSON object", part.as_str());
            }
            Self::Repeated(part) => {
                return write!(out, "the token {} has a repeated member", part.as_str());
            }
            Self::TooDeep(part) => {
                return write!(out, "the token {} is nested too deeply", part.as_str());
            }
            Self::NoAlgorithm => "signing method is missing",
            Self::UnknownAlgorithm => "signing method is unknown",
            Self::KeyIdMalformed => "the key id is not a string",
            Self::Critical => "critical header parameters are not supported",
            Self::Unencoded => "unencoded payloads are not supported",
            Self::EmbeddedKey => "keys within the token are not trusted",
            Self::Algorithm(algorithm) => {
                return write!(out, "signing method {algorithm} is invalid");
            }
            Self::NoKey => "unable to find key",
            Self::Signature => "the token signature is invalid",
            Self::Missing(claim) => {
                return write!(out, "the token does not have the claim {}", claim.as_str());
            }
            Self::Invalid(claim) => {
                return write!(out, "the token has an invalid claim {}", claim.as_str());
            }
            Self::Expired => "the token has expired",
            Self::NotYetValid => "the token is not valid yet",
            Self::IssuedInFuture => "the token was issued in the future",
            Self::Issuer => "issuer does not match",
            Self::Audience => "the token does not have a valid audience",
            Self::RequiredClaim => "the token does not have a required claim",
        };
        out.write_str(text)
    }
}

impl std::error::Error for Refusal {}
