//! Query strings, as their parameters are read.

use std::borrow::Cow;

/// Every value of a parameter of a query, decoded, in order.
pub(crate) fn values<'q>(query: &'q [u8], name: &str) -> impl Iterator<Item = Cow<'q, [u8]>> {
    query.split(|&byte| byte == b'&').filter_map(move |part| {
        let end = part.iter().position(|&byte| byte == b'=').unwrap_or(part.len());
        let (key, value) = part.split_at_checked(end)?;
        let is_it = *decode(key) == *name.as_bytes();
        (is_it && !part.is_empty()).then(|| decode(value.get(1..).unwrap_or_default()))
    })
}

/// Takes percent-encoding away, and the `+` that stands for a space. What is not well encoded stays.
#[must_use]
pub fn decode(text: &[u8]) -> Cow<'_, [u8]> {
    decode_with(text, b' ')
}

/// The same of a part of a path, in which a `+` is a `+`.
#[must_use]
pub fn decode_path(text: &[u8]) -> Cow<'_, [u8]> {
    decode_with(text, b'+')
}

fn decode_with(text: &[u8], plus: u8) -> Cow<'_, [u8]> {
    if !text.iter().any(|byte| matches!(byte, b'%' | b'+')) {
        return Cow::Borrowed(text);
    }
    let mut plain = Vec::with_capacity(text.len());
    let mut rest = text;
    while let Some((&first, after)) = rest.split_first() {
        rest = after;
        match first {
            b'+' => plain.push(plus),
            b'%' => {
                match after.split_at_checked(2).and_then(|(hex, after)| Some((byte(hex)?, after))) {
                    Some((byte, after)) => {
                        plain.push(byte);
                        rest = after;
                    }
                    None => plain.push(b'%'),
                }
            }
            _ => plain.push(first),
        }
    }
    Cow::Owned(plain)
}

/// Writes a value so that it is one value in a query: what RFC 3986 does not reserve stays.
pub fn encode(value: &[u8], out: &mut Vec<u8>) {
    const DIGITS: &[u8; 16] = b"0123456789ABCDEF";
    let digit = |of: u8| DIGITS.get(usize::from(of & 0xf)).copied().unwrap_or(b'0');
    for &byte in value {
        if byte.is_ascii_alphanumeric() || b"-._~".contains(&byte) {
            out.push(byte);
        } else {
            out.extend([b'%', digit(byte >> 4), digit(byte)]);
        }
    }
}

fn byte(hex: &[u8]) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16).and_then(|digit| u8::try_from(digit).ok());
    match hex {
        [high, low] => Some(digit(*high)? << 4 | digit(*low)?),
        _ => None,
    }
}
