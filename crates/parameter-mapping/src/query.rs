//! Changes to a query string.

use tollgate_mapping::{decode, encode};

/// Leaves out every value of a parameter, and of those that stand in one with it for who splits at `;`
/// too.
pub(crate) fn remove(query: &[u8], name: &str) -> Vec<u8> {
    let is_it = |part: &[u8]| {
        let key = part.split(|&byte| byte == b'=').next().unwrap_or_default();
        *decode(key) == *name.as_bytes()
    };
    let parts = query
        .split(|&byte| byte == b'&')
        .filter(|part| !part.split(|&byte| byte == b';').any(is_it));
    parts.collect::<Vec<_>>().join(&b'&')
}

/// Adds a value.
pub(crate) fn append(query: &mut Vec<u8>, name: &str, value: &[u8]) {
    if !query.is_empty() {
        query.push(b'&');
    }
    encode(name.as_bytes(), query);
    query.push(b'=');
    encode(value, query);
}
