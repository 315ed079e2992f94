//! The query, as events have it.

use std::borrow::Cow;

use tollgate_mapping::decode;

use super::multi::Multi;

/// The parameters of a query, decoded. Each ends at one of these bytes.
pub(crate) fn parameters<'a>(query: &'a [u8], ends: &[u8]) -> Multi<'a> {
    let parts = query.split(|byte| ends.contains(byte)).filter(|part| !part.is_empty());
    parts
        .map(|part| {
            let end = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
            let (name, value) = part.split_at_checked(end).unwrap_or((part, b""));
            (text(name), text(value.get(1..).unwrap_or_default()))
        })
        .collect()
}

fn text(encoded: &[u8]) -> Cow<'_, str> {
    lossy(decode(encoded))
}

/// Text as it is, or with U+FFFD for what is none.
pub(crate) fn lossy(bytes: Cow<'_, [u8]>) -> Cow<'_, str> {
    match bytes {
        Cow::Borrowed(bytes) => readable(bytes),
        Cow::Owned(bytes) => match String::from_utf8(bytes) {
            Ok(text) => text.into(),
            Err(error) => String::from_utf8_lossy(error.as_bytes()).into_owned().into(),
        },
    }
}

/// The same. Nearly all is text, which is seen faster than it is searched for what is none.
pub(crate) fn readable(bytes: &[u8]) -> Cow<'_, str> {
    match std::str::from_utf8(bytes) {
        Ok(text) => text.into(),
        Err(_) => String::from_utf8_lossy(bytes),
    }
}
