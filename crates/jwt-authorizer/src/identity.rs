//! Where the token is in a request.

use std::borrow::Cow;

use tollgate_policy::{Invalid, Request, is_token};

/// One place a token may be in: `$request.header.NAME`, `$request.querystring.NAME` or
/// `$request.cookie.NAME`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Source {
    Header(String),
    QueryString(String),
    Cookie(String),
}

/// What was found where tokens may be.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Found<'a> {
    Nothing,
    Token(Cow<'a, [u8]>),
    /// The place is there more than once: another reader might take another token than we do.
    Several,
}

impl Source {
    pub(crate) fn parse(text: &str) -> Result<Self, Invalid> {
        let refuse = || {
            Invalid::new(
                "",
                format!(
                    "`{text}` is no identity source for a token: it must be \
                     `$request.header.NAME`, `$request.querystring.NAME` or `$request.cookie.NAME`"
                ),
            )
        };
        let (place, name) = text
            .strip_prefix("$request.")
            .and_then(|rest| rest.split_once('.'))
            .ok_or_else(refuse)?;
        if !is_token(name.as_bytes()) {
            return Err(refuse());
        }
        match place {
            "header" => Ok(Self::Header(name.to_owned())),
            "querystring" => Ok(Self::QueryString(name.to_owned())),
            "cookie" => Ok(Self::Cookie(name.to_owned())),
            _ => Err(refuse()),
        }
    }

    pub(crate) fn find<'a>(&self, request: &'a Request) -> Found<'a> {
        match self {
            Self::Header(name) => only(request.headers.get_all(name).map(Cow::Borrowed)),
            Self::QueryString(name) => {
                let query = request.query().unwrap_or_default();
                only(parameters(query).filter(|(key, _)| *key == name.as_bytes()).map(|(_, v)| v))
            }
            Self::Cookie(name) => only(
                request
                    .headers
                    .get_all("cookie")
                    .flat_map(|cookies| cookies.split(|&byte| byte == b';'))
                    .filter_map(|cookie| split(cookie.trim_ascii(), b'='))
                    .filter(|(key, _)| *key == name.as_bytes())
                    .map(|(_, value)| Cow::Borrowed(value)),
            ),
        }
    }
}

/// A token with or without `Bearer ` before it, in any case.
pub(crate) fn token(value: &[u8]) -> &[u8] {
    const SCHEME: &[u8] = b"bearer";
    let value = value.trim_ascii();
    match value.split_at_checked(SCHEME.len()) {
        Some((scheme, token @ ([] | [b' ', ..]))) if scheme.eq_ignore_ascii_case(SCHEME) => {
            token.trim_ascii_start()
        }
        _ => value,
    }
}

fn only<'a>(mut values: impl Iterator<Item = Cow<'a, [u8]>>) -> Found<'a> {
    match (values.next(), values.next()) {
        (Some(_), Some(_)) => Found::Several,
        (Some(value), None) if token(&value).is_empty() => Found::Nothing,
        (Some(value), None) => Found::Token(value),
        (None, _) => Found::Nothing,
    }
}

/// The parameters of a query, their values decoded. API Gateway compares names with regard to case.
fn parameters(query: &[u8]) -> impl Iterator<Item = (&[u8], Cow<'_, [u8]>)> {
    query
        .split(|&byte| byte == b'&')
        .filter_map(|pair| split(pair, b'='))
        .map(|(name, value)| (name, decode(value)))
}

fn split(bytes: &[u8], at: u8) -> Option<(&[u8], &[u8])> {
    let at = bytes.iter().position(|&byte| byte == at)?;
    Some((bytes.get(..at)?, bytes.get(at.checked_add(1)?..)?))
}

/// Percent-decodes, and reads `+` as a space. What is not an encoding stays as it is: no token has
/// a `%`, so it will be refused.
fn decode(bytes: &[u8]) -> Cow<'_, [u8]> {
    if !bytes.contains(&b'%') && !bytes.contains(&b'+') {
        return Cow::Borrowed(bytes);
    }
    let mut decoded = Vec::with_capacity(bytes.len());
    let mut rest = bytes;
    while let [byte, after @ ..] = rest {
        rest = after;
        decoded.push(match (byte, after) {
            (b'+', _) => b' ',
            (b'%', [high, low, after @ ..]) => match (digit(*high), digit(*low)) {
                (Some(high), Some(low)) => {
                    rest = after;
                    high << 4 | low
                }
                _ => b'%',
            },
            (byte, _) => *byte,
        });
    }
    Cow::Owned(decoded)
}

fn digit(byte: u8) -> Option<u8> {
    char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok())
}
