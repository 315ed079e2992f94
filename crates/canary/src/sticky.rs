//! Where a caller stays.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde_json::{Map, Value};
use sha2::{Digest as _, Sha256};
use tollgate_policy::{Exchange, Invalid, is_token};

use crate::config::Sticky;

/// The header field that API keys come in.
const KEY_HEADER: &str = "x-api-key";

/// What header fields begin with that gateways and proxies are steered by. What clients send under such
/// names never arrives.
const CONTROL: [&str; 2] = ["x-tollgate-", "x-envoy-"];

/// A token that says more is not looked into: it would not fit into the header fields that a proxy
/// takes from a client.
const MAX_TOKEN_BYTES: usize = 16 << 10;

impl Sticky {
    /// # Errors
    /// [`Invalid`] for what cannot be the name of a header field, a cookie or a claim.
    pub(crate) fn check(&self) -> Result<(), Invalid> {
        match self {
            Self::SourceIp | Self::ApiKey => Ok(()),
            Self::Header(name) => check_header(name).map_err(|invalid| invalid.within("header")),
            Self::Cookie(name) => check_token(name).map_err(|invalid| invalid.within("cookie")),
            Self::Claim(name) if name.is_empty() => Err(Invalid::new("claim", "must have a name")),
            Self::Claim(_) => Ok(()),
        }
    }

    /// What tells the caller from others, if the request says it.
    pub(crate) fn value<'e>(&self, exchange: &'e Exchange) -> Option<Cow<'e, [u8]>> {
        let headers = &exchange.request.headers;
        let value: Cow<'e, [u8]> = match self {
            Self::SourceIp => exchange.source_address?.to_string().into_bytes().into(),
            Self::Header(name) => headers.get(name)?.into(),
            Self::ApiKey => headers.get(KEY_HEADER)?.into(),
            Self::Cookie(name) => {
                headers.get_all("cookie").find_map(|all| cookie(all, name))?.into()
            }
            Self::Claim(name) => claim(headers.get("authorization")?, name)?.into_bytes().into(),
        };
        Some(value).filter(|value| !value.is_empty())
    }
}

/// A place on a line of 2^64, the same for the same value.
pub(crate) fn point(salt: &[u8], value: &[u8]) -> u64 {
    let digest = Sha256::new().chain_update(salt).chain_update([0]).chain_update(value).finalize();
    digest.iter().take(8).fold(0, |point, &byte| point << 8 | u64::from(byte))
}

/// RFC 9110, 5.6.2: what header fields and cookies are named with.
pub(crate) fn check_token(name: &str) -> Result<(), Invalid> {
    if !is_token(name.as_bytes()) {
        let reason = format!("`{}` is not a name of RFC 9110", name.escape_default());
        return Err(Invalid::new("", reason));
    }
    Ok(())
}

/// What tells callers apart, or is their choice, must come from the client, and these fields never do.
pub(crate) fn check_header(name: &str) -> Result<(), Invalid> {
    check_token(name)?;
    let lower = name.to_ascii_lowercase();
    match CONTROL.iter().find(|start| lower.starts_with(*start)) {
        Some(start) => {
            let reason = format!("`{name}` is removed from what clients send, as all of `{start}`");
            Err(Invalid::new("", reason))
        }
        None => Ok(()),
    }
}

/// RFC 6265, 4.2: `a=1; b=2`.
fn cookie<'h>(header: &'h [u8], name: &str) -> Option<&'h [u8]> {
    header.split(|&byte| byte == b';').find_map(|pair| {
        let pair = pair.trim_ascii();
        pair.strip_prefix(name.as_bytes())?.strip_prefix(b"=")
    })
}

/// What a token says, without asking whether it is true.
fn claim(authorization: &[u8], name: &str) -> Option<String> {
    let text = std::str::from_utf8(authorization).ok()?;
    let token = match text.split_once(' ') {
        Some((scheme, token)) if scheme.eq_ignore_ascii_case("bearer") => token.trim(),
        Some(_) => return None,
        None => text,
    };
    if token.len() > MAX_TOKEN_BYTES {
        return None;
    }
    let payload = URL_SAFE_NO_PAD.decode(token.split('.').nth(1)?).ok()?;
    let claims: Map<String, Value> = serde_json::from_slice(&payload).ok()?;
    Some(match claims.get(name)? {
        Value::String(text) => text.clone(),
        other => other.to_string(),
    })
}
