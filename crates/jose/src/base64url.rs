//! Base64url as RFC 7515 section 2 has it: no padding, no white space, one spelling per value.

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The bytes that `text` spells, unless it is not their one canonical spelling.
pub(crate) fn decode(text: impl AsRef<[u8]>) -> Option<Vec<u8>> {
    // INVARIANT: this engine refuses padding, and trailing bits that are not zero.
    URL_SAFE_NO_PAD.decode(text).ok()
}

/// The canonical spelling of `bytes`.
pub(crate) fn encode(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
