//! Changes to a query string.

use tollgate_mapping::{decode, encode};

/// Leaves out every value of a parameter.
pub(crate) fn remove(query: &[u8], name: &str) -> Vec<u8> {
    let parts = query.split(|&byte| byte == b'&').filter(|part| {
        let key = part.split(|&byte| byte == b'=').next().unwrap_or_default();
        *decode(key) != *name.as_bytes()
    });
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
