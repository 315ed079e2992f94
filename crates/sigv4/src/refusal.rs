//! Why a signature is refused, in the words that AWS has for it.

use std::fmt;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use sha2::{Digest as _, Sha256};

use crate::presented::MAX_SIGNED_HEADERS;
use crate::{ALGORITHM, Stamp, TERMINATOR};

/// Why a signature is refused. What is displayed is what the client is told.
///
/// Unlike API Gateway, which once repeated what it could not read, these say no more of it than its
/// SHA-256: it may be a token that was meant for somebody else.
#[derive(Clone, PartialEq, Eq)]
pub enum Refusal {
    /// What follows the algorithm in `Authorization` is no list of names and values.
    NotKeyValue {
        /// The SHA-256 of what is no name and value.
        part: String,
        /// The SHA-256 of the whole value.
        whole: String,
    },
    /// `Authorization` lacks these parameters.
    Incomplete {
        /// Each is a sentence of the message.
        lacks: Vec<Lack>,
        /// The SHA-256 of the whole value.
        whole: String,
    },
    /// The query lacks these parameters.
    IncompleteQuery(Vec<&'static str>),
    /// The algorithm is another one.
    Algorithm,
    /// The credential is not what a credential is made of.
    Credential,
    /// A field or parameter of the signature is there more than once.
    Twice(&'static str),
    /// There is a signature in the query and one in the header.
    TwoSignatures,
    /// A field or parameter of the signature cannot be read.
    Unreadable(&'static str),
    /// There is more to sign than is verified.
    TooMuch,
    /// The scope is another region's.
    Region,
    /// The scope is another service's. This one is meant.
    Service(String),
    /// The scope does not end as scopes do.
    Terminator,
    /// The scope is of another day than the signature.
    Day {
        /// The day of the scope.
        scope: String,
        /// When it was signed.
        signed: Stamp,
    },
    /// It was signed too long ago.
    Expired {
        /// When it was signed.
        signed: Stamp,
        /// Now.
        now: Stamp,
        /// How long a signature is good.
        window: Duration,
    },
    /// It was signed in the future.
    NotYet {
        /// When it was signed.
        signed: Stamp,
        /// Now.
        now: Stamp,
        /// By how much clocks may differ.
        window: Duration,
    },
    /// This field is not signed and must be.
    NotSigned(String),
    /// The digest that the request states is not that of its body.
    Payload,
    /// The signature is not one of this request.
    Mismatch {
        /// What should have been digested.
        canonical: String,
        /// What should have been signed.
        string_to_sign: String,
    },
    /// There is no such access key, or not with this session token.
    UnknownKey,
    /// The session is over.
    ExpiredToken,
}

/// What `Authorization` lacks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Lack {
    /// This parameter.
    Parameter(&'static str),
    /// The time.
    Date,
}

/// The kinds of refusals, as AWS tells them apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Class {
    /// It cannot be read.
    Incomplete,
    /// It is not good.
    Invalid,
    /// The access key is unknown.
    Unrecognized,
    /// The session is over.
    Expired,
}

impl Refusal {
    /// The kind.
    #[must_use]
    pub const fn class(&self) -> Class {
        match self {
            Self::NotKeyValue { .. }
            | Self::Incomplete { .. }
            | Self::IncompleteQuery(_)
            | Self::Algorithm
            | Self::Credential
            | Self::Twice(_)
            | Self::TwoSignatures
            | Self::Unreadable(_)
            | Self::TooMuch => Class::Incomplete,
            Self::Region
            | Self::Service(_)
            | Self::Terminator
            | Self::Day { .. }
            | Self::Expired { .. }
            | Self::NotYet { .. }
            | Self::NotSigned(_)
            | Self::Payload
            | Self::Mismatch { .. } => Class::Invalid,
            Self::UnknownKey => Class::Unrecognized,
            Self::ExpiredToken => Class::Expired,
        }
    }

    /// What `x-amzn-ErrorType` says.
    #[must_use]
    pub const fn error_type(&self) -> &'static str {
        match self.class() {
            Class::Incomplete => "IncompleteSignatureException",
            Class::Invalid => "InvalidSignatureException",
            Class::Unrecognized => "UnrecognizedClientException",
            Class::Expired => "ExpiredTokenException",
        }
    }

    /// The reason in a word, for logs: nothing of the request is in it.
    #[must_use]
    pub const fn reason(&self) -> &'static str {
        match self {
            Self::NotKeyValue { .. } | Self::Incomplete { .. } | Self::IncompleteQuery(_) => {
                "the signature lacks parameters"
            }
            Self::Algorithm => "the signature is of another algorithm",
            Self::Credential => "the credential of the signature cannot be read",
            Self::Twice(_) | Self::TwoSignatures => "there is more than one signature",
            Self::Unreadable(_) => "the signature cannot be read",
            Self::TooMuch => "there is more to sign than is verified",
            Self::Region => "the signature is for another region",
            Self::Service(_) => "the signature is for another service",
            Self::Terminator => "the scope of the signature does not end in aws4_request",
            Self::Day { .. } => "the signature and its scope are of different days",
            Self::Expired { .. } => "the signature has expired",
            Self::NotYet { .. } => "the signature is of the future",
            Self::NotSigned(_) => "a field that must be signed is not",
            Self::Payload => "the body is not the one that was signed",
            Self::Mismatch { .. } => "the signature does not match",
            Self::UnknownKey => "the access key or its session token is unknown",
            Self::ExpiredToken => "the session token has expired",
        }
    }

    /// The digest of what is not repeated.
    pub(crate) fn digest(text: &[u8]) -> String {
        STANDARD.encode(Sha256::digest(text))
    }
}

impl fmt::Debug for Refusal {
    /// What is displayed is for the client alone: there may be a session token in it.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Refusal({})", self.reason())
    }
}

impl fmt::Display for Refusal {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotKeyValue { part, whole } => write!(
                out,
                "'{part}' not a valid key=value pair (missing equal-sign) in Authorization header \
                 (hashed with SHA-256 and encoded with Base64): '{whole}'."
            ),
            Self::Incomplete { lacks, whole } => {
                for lack in lacks {
                    write!(out, "Authorization header requires {lack} ")?;
                }
                write!(out, "(Hashed with SHA-256 and encoded with Base64) Authorization={whole}")
            }
            Self::IncompleteQuery(lacks) => {
                for (index, name) in lacks.iter().enumerate() {
                    let space = if index == 0 { "" } else { " " };
                    write!(out, "{space}AWS query-string parameters must include '{name}'.")?;
                }
                Ok(())
            }
            Self::Algorithm => {
                write!(out, "Unsupported AWS 'algorithm': it must be '{ALGORITHM}'.")
            }
            Self::Credential => out.write_str(
                "Credential must have exactly 5 slash-delimited elements, e.g. \
                 keyid/date/region/service/term.",
            ),
            Self::Twice(name) => write!(out, "'{name}' must not be given more than once."),
            Self::TwoSignatures => out.write_str(
                "Only one auth mechanism allowed; only the X-Amz-Algorithm query parameter or the \
                 Authorization header should be specified.",
            ),
            Self::Unreadable(name) => write!(out, "The value of '{name}' is not valid."),
            Self::TooMuch => write!(
                out,
                "The request is too large to be verified, or signs more than {MAX_SIGNED_HEADERS} header \
                 fields."
            ),
            // The space at the end is AWS's.
            Self::Region => out.write_str("Credential should be scoped to a valid region. "),
            Self::Service(service) => {
                write!(out, "Credential should be scoped to correct service: '{service}'. ")
            }
            Self::Terminator => {
                write!(out, "Credential should be scoped with a valid terminator: '{TERMINATOR}'. ")
            }
            Self::Day { scope, signed } => write!(
                out,
                "Date in Credential scope does not match YYYYMMDD from ISO-8601 version of date from \
                 HTTP: '{scope}' != '{}', from '{signed}'.",
                signed.day()
            ),
            Self::Expired { signed, now, window } => write!(
                out,
                "Signature expired: {signed} is now earlier than {} ({now} - {}.)",
                now.earlier(*window),
                span(*window)
            ),
            Self::NotYet { signed, now, window } => write!(
                out,
                "Signature not yet current: {signed} is still later than {} ({now} + {}.)",
                now.later(*window),
                span(*window)
            ),
            Self::NotSigned(name) if name == "host" => out.write_str(
                "'Host' or ':authority' must be a 'SignedHeader' in the AWS Authorization.",
            ),
            Self::NotSigned(name) => {
                write!(out, "'{name}' must be a 'SignedHeader' in the AWS Authorization.")
            }
            Self::Payload => out.write_str(
                "The value of 'x-amz-content-sha256' must be the SHA-256 of the payload.",
            ),
            Self::Mismatch { canonical, string_to_sign } => write!(
                out,
                "The request signature we calculated does not match the signature you provided. Check \
                 your AWS Secret Access Key and signing method. Consult the service documentation for \
                 details.\n\nThe Canonical String for this request should have been\n'{canonical}'\n\n\
                 The String-to-Sign should have been\n'{string_to_sign}'\n"
            ),
            Self::UnknownKey => {
                out.write_str("The security token included in the request is invalid.")
            }
            Self::ExpiredToken => {
                out.write_str("The security token included in the request is expired")
            }
        }
    }
}

impl fmt::Display for Lack {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Parameter(name) => write!(out, "'{name}' parameter."),
            Self::Date => out.write_str("existence of either a 'X-Amz-Date' or a 'Date' header."),
        }
    }
}

impl std::error::Error for Refusal {}

fn span(window: Duration) -> String {
    match window.as_secs() {
        secs if secs % 60 == 0 => format!("{} min", secs / 60),
        secs => format!("{secs} s"),
    }
}
