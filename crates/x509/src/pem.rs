//! Certificates as text: RFC 7468.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use crate::Unreadable;
use crate::certificate::MAX_CERTIFICATE_BYTES;

const BEGIN: &[u8] = b"-----BEGIN CERTIFICATE-----";
const END: &[u8] = b"-----END CERTIFICATE-----";

/// The bytes of the one certificate that a text has, with nothing before it and nothing after.
pub(crate) fn decode(text: &[u8]) -> Result<Vec<u8>, Unreadable> {
    const WRONG: Unreadable = Unreadable("no beginning and end of PEM");
    if text.len() > MAX_CERTIFICATE_BYTES.saturating_mul(2) {
        return Err(Unreadable("more bytes than are read"));
    }
    let inner = text.trim_ascii().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
    let mut digits = inner.ok_or(WRONG)?.to_vec();
    digits.retain(|byte| !byte.is_ascii_whitespace());
    STANDARD.decode(&digits).map_err(|_| Unreadable("what is not Base64"))
}
