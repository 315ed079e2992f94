//! What may leave the gateway in a header field.

use std::borrow::Cow;

/// The most bytes a value that a filter emits may have. Envoy itself does not bound what a filter
/// adds, and most servers refuse header blocks of more than 64 KiB.
const MAX_VALUE_BYTES: usize = 60 * 1024;

/// A value without CR, LF and NUL, which Envoy does not keep out of responses: with them, whoever
/// chooses part of a value could add fields, or a whole second response. Other control characters
/// go too: with one of them Envoy resets the exchange.
pub(crate) fn value(bytes: &[u8]) -> Cow<'_, [u8]> {
    let is_clean = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
    if bytes.len() <= MAX_VALUE_BYTES && bytes.iter().all(is_clean) {
        return Cow::Borrowed(bytes);
    }
    bytes.iter().copied().filter(is_clean).take(MAX_VALUE_BYTES).collect()
}

/// Whether a name is a token of RFC 9110 section 5.6.2, or a pseudo-field's.
pub(crate) fn is_name(bytes: &[u8]) -> bool {
    tollgate_policy::is_token(bytes.strip_prefix(b":").unwrap_or(bytes))
}

/// A status a client can make sense of. Envoy sends any number out as it is.
pub(crate) fn status(status: u16) -> u16 {
    if (200..=599).contains(&status) { status } else { 500 }
}
