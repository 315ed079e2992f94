//! Percent-encoding and hexadecimal digits.

const UPPER: [u8; 16] = *b"0123456789ABCDEF";
const LOWER: [u8; 16] = *b"0123456789abcdef";

/// What is never encoded: RFC 3986 section 2.3.
const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

fn push(out: &mut Vec<u8>, byte: u8, digits: &[u8; 16]) {
    let [high, low] = [byte >> 4, byte & 15].map(|half| digits.get(usize::from(half)));
    out.extend(high.into_iter().chain(low));
}

/// Appends text with every byte encoded but the unreserved ones and those that `keeps` names.
pub(crate) fn percent(out: &mut Vec<u8>, text: &[u8], keeps: &[u8]) {
    for &byte in text {
        if is_unreserved(byte) || keeps.contains(&byte) {
            out.push(byte);
        } else {
            out.push(b'%');
            push(out, byte, &UPPER);
        }
    }
}

/// What text of a query stands for: `%XX` is a byte, and `+` is a space. A `%` that no two digits
/// follow stands for itself.
pub fn decode(text: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(text.len());
    let mut rest = text;
    loop {
        rest = match rest {
            [] => return out,
            [b'%', high, low, after @ ..]
                if let (Some(high), Some(low)) = (value(*high), value(*low)) =>
            {
                out.push(high << 4 | low);
                after
            }
            [b'+', after @ ..] => {
                out.push(b' ');
                after
            }
            [byte, after @ ..] => {
                out.push(*byte);
                after
            }
        };
    }
}

fn value(digit: u8) -> Option<u8> {
    u8::try_from((digit as char).to_digit(16)?).ok()
}

/// Bytes as digits in lower case.
pub(crate) fn hex(bytes: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(bytes.len().saturating_mul(2));
    for &byte in bytes {
        push(&mut out, byte, &LOWER);
    }
    out
}

/// Thirty-two bytes from 64 digits in lower case, which is how signatures and digests are written.
pub(crate) fn from_hex(text: &[u8]) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || text.iter().any(u8::is_ascii_uppercase) {
        return None;
    }
    for (byte, pair) in bytes.iter_mut().zip(text.chunks_exact(2)) {
        let &[high, low] = pair else { return None };
        *byte = value(high)? << 4 | value(low)?;
    }
    Some(bytes)
}
