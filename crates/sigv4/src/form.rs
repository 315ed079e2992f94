//! The two places where a request says who signed it: a header field, and the query.

use std::time::Duration;

use crate::encode::decode;
use crate::presented::{MAX_LIFETIME_SECS, MAX_VALUE_BYTES, Parts};
use crate::refusal::Lack;
use crate::{ALGORITHM, Refusal, Request, Stamp};

/// Where a signature is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Form {
    /// In `Authorization`.
    Header,
    /// In the query.
    Query,
}

impl Form {
    /// What the signature itself is called there.
    pub(crate) const fn signature(self) -> &'static str {
        match self {
            Self::Header => "Signature",
            Self::Query => SIGNATURE,
        }
    }
}

/// The parameter of the query that is not signed, for it is the signature.
pub(crate) const SIGNATURE: &str = "X-Amz-Signature";

const AUTHORIZATION: &str = "Authorization";
/// The parameter and the field that have the session token.
pub(crate) const TOKEN: &str = "X-Amz-Security-Token";
const ALGORITHM_NAME: &str = "X-Amz-Algorithm";

/// The parameters of a presigned request. The first three make it one.
const PARAMETERS: [&str; 7] = [
    ALGORITHM_NAME,
    "X-Amz-Credential",
    SIGNATURE,
    "X-Amz-Date",
    "X-Amz-Expires",
    "X-Amz-SignedHeaders",
    TOKEN,
];

/// Finds a signature. One that is in both places is in neither.
pub(crate) fn find(request: &Request<'_>) -> Result<Option<Parts>, Refusal> {
    let parameters = parameters(request.query)?;
    let is_presigned = parameters.iter().take(3).any(Option::is_some);
    match single(request, AUTHORIZATION)? {
        Some(_) if is_presigned => Err(Refusal::TwoSignatures),
        Some(value) => header(request, value).map(Some),
        None if is_presigned => query(parameters).map(Some),
        None => Ok(None),
    }
}

/// The only value of a field.
fn single<'a>(request: &Request<'a>, name: &'static str) -> Result<Option<&'a [u8]>, Refusal> {
    let mut values = request.values(name);
    let first = values.next();
    if values.next().is_some() {
        return Err(Refusal::Twice(name));
    }
    if first.is_some_and(|value| value.len() > MAX_VALUE_BYTES) {
        return Err(Refusal::TooMuch);
    }
    Ok(first)
}

/// `AWS4-HMAC-SHA256 Credential=.., SignedHeaders=.., Signature=..`, with spaces after the commas or
/// without.
fn header(request: &Request<'_>, value: &[u8]) -> Result<Parts, Refusal> {
    let value = value.trim_ascii();
    let end = value.iter().position(u8::is_ascii_whitespace).unwrap_or(value.len());
    let (algorithm, rest) = value.split_at_checked(end).unwrap_or((value, b""));
    let [mut credential, mut signed, mut signature] = [None; 3];
    for part in rest.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
        if part.is_empty() {
            continue;
        }
        let Some(equals) = part.iter().position(|byte| *byte == b'=') else {
            let [part, whole] = [part, value].map(Refusal::digest);
            return Err(Refusal::NotKeyValue { part, whole });
        };
        let (name, text) = part.split_at_checked(equals).unwrap_or_default();
        let (place, name) = match name {
            b"Credential" => (&mut credential, "Credential"),
            b"SignedHeaders" => (&mut signed, "SignedHeaders"),
            b"Signature" => (&mut signature, "Signature"),
            _ => continue,
        };
        if place.replace(text.get(1..).unwrap_or_default()).is_some() {
            return Err(Refusal::Twice(name));
        }
    }
    let (date, is_basic) = match single(request, "X-Amz-Date")? {
        Some(date) => (Some(date), true),
        None => (single(request, "Date")?, false),
    };
    let (Some(credential), Some(signature), Some(signed), Some(date)) =
        (credential, signature, signed, date)
    else {
        let named =
            [(credential, "Credential"), (signature, "Signature"), (signed, "SignedHeaders")];
        let lacks = (named.into_iter())
            .filter(|(found, _)| found.is_none())
            .map(|(_, name)| Lack::Parameter(name))
            .chain(date.is_none().then_some(Lack::Date))
            .collect();
        return Err(Refusal::Incomplete { lacks, whole: Refusal::digest(value) });
    };
    if algorithm != ALGORITHM.as_bytes() {
        return Err(Refusal::Algorithm);
    }
    let date = date.trim_ascii();
    let stamp = if is_basic { Stamp::parse(date) } else { Stamp::parse_date(date) };
    Ok(Parts {
        form: Form::Header,
        credential: credential.to_vec(),
        signed: signed.to_vec(),
        signature: signature.to_vec(),
        stamp: stamp.ok_or(Refusal::Unreadable("X-Amz-Date"))?,
        lifetime: None,
        token: single(request, TOKEN)?.map(|token| token.trim_ascii().to_vec()),
    })
}

/// The values of [`PARAMETERS`], decoded. A parameter that is there twice has no value.
fn parameters(query: &[u8]) -> Result<[Option<Vec<u8>>; 7], Refusal> {
    let mut found = [const { None }; 7];
    for parameter in query.split(|byte| *byte == b'&') {
        let mut halves = parameter.splitn(2, |byte| *byte == b'=');
        let (name, value) = (halves.next().unwrap_or_default(), halves.next().unwrap_or_default());
        let name = decode(name);
        let known = PARAMETERS.iter().zip(&mut found).find(|(known, _)| known.as_bytes() == name);
        if let Some((known, place)) = known {
            if value.len() > MAX_VALUE_BYTES {
                return Err(Refusal::TooMuch);
            }
            if place.replace(decode(value)).is_some() {
                return Err(Refusal::Twice(known));
            }
        }
    }
    Ok(found)
}

fn query(parameters: [Option<Vec<u8>>; 7]) -> Result<Parts, Refusal> {
    let [
        Some(algorithm),
        Some(credential),
        Some(signature),
        Some(date),
        Some(expires),
        Some(signed),
        token,
    ] = parameters
    else {
        let lacks = (PARAMETERS.iter().zip(&parameters))
            .filter(|(name, value)| value.is_none() && **name != TOKEN)
            .map(|(name, _)| *name)
            .collect();
        return Err(Refusal::IncompleteQuery(lacks));
    };
    if algorithm != ALGORITHM.as_bytes() {
        return Err(Refusal::Algorithm);
    }
    let lifetime = str::from_utf8(&expires)
        .ok()
        .filter(|text| {
            !text.is_empty() && text.len() <= 6 && text.bytes().all(|b| b.is_ascii_digit())
        })
        .and_then(|text| text.parse().ok())
        .filter(|secs| (1..=MAX_LIFETIME_SECS).contains(secs))
        .ok_or(Refusal::Unreadable("X-Amz-Expires"))?;
    Ok(Parts {
        form: Form::Query,
        credential,
        signed,
        signature,
        stamp: Stamp::parse(&date).ok_or(Refusal::Unreadable("X-Amz-Date"))?,
        lifetime: Some(Duration::from_secs(u64::from(lifetime))),
        token,
    })
}
