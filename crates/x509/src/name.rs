//! Distinguished names as text.

use std::fmt::Write as _;

use crate::Unreadable;
use crate::der::{OBJECT_IDENTIFIER, Reader, SEQUENCE, SET, Value};

/// How many parts a name may have. Names that people give have about ten.
const MAX_PARTS: usize = 100;

/// The kinds of parts that have a name of their own, by their object identifiers: those of RFC 4514, and
/// what OpenSSL calls others that are common.
const KINDS: [(&[u8], &str); 18] = [
    (b"\x55\x04\x03", "CN"),
    (b"\x55\x04\x04", "SN"),
    (b"\x55\x04\x05", "serialNumber"),
    (b"\x55\x04\x06", "C"),
    (b"\x55\x04\x07", "L"),
    (b"\x55\x04\x08", "ST"),
    (b"\x55\x04\x09", "STREET"),
    (b"\x55\x04\x0a", "O"),
    (b"\x55\x04\x0b", "OU"),
    (b"\x55\x04\x0c", "title"),
    (b"\x55\x04\x11", "postalCode"),
    (b"\x55\x04\x2a", "GN"),
    (b"\x55\x04\x2b", "initials"),
    (b"\x55\x04\x2e", "dnQualifier"),
    (b"\x55\x04\x61", "organizationIdentifier"),
    (b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x01", "UID"),
    (b"\x09\x92\x26\x89\x93\xf2\x2c\x64\x01\x19", "DC"),
    (b"\x2a\x86\x48\x86\xf7\x0d\x01\x09\x01", "emailAddress"),
];

/// Writes a name down, `C=US,O=Example,CN=client`.
///
/// Unlike in RFC 4514 the parts are in the order of the certificate, as API Gateway has them.
pub(crate) fn read(mut parts: Reader<'_>) -> Result<String, Unreadable> {
    let mut out = String::new();
    let mut count = 0_usize;
    while !parts.is_empty() {
        let mut part = parts.enter(SET)?;
        let mut separator = ',';
        while !part.is_empty() {
            count = count.saturating_add(1);
            if count > MAX_PARTS {
                return Err(Unreadable("a name of more parts than are read"));
            }
            if !out.is_empty() {
                out.push(separator);
            }
            let mut pair = part.enter(SEQUENCE)?;
            let kind = pair.take(OBJECT_IDENTIFIER)?;
            let value = pair.value()?;
            pair.end()?;
            let known = KINDS.iter().find(|(known, _)| *known == kind).map(|(_, name)| *name);
            match known {
                Some(name) => out.push_str(name),
                None => dotted(kind, &mut out)?,
            }
            out.push('=');
            match text(&value).filter(|_| known.is_some()) {
                Some(text) => escape(&text, &mut out),
                None => hexadecimal(value.whole, &mut out),
            }
            separator = '+';
        }
    }
    Ok(out)
}

/// An object identifier in figures.
fn dotted(bytes: &[u8], out: &mut String) -> Result<(), Unreadable> {
    const WRONG: Unreadable = Unreadable("a part of a name that is of no kind");
    let mut number = 0_u32;
    let mut is_first = true;
    for byte in bytes {
        number = number.checked_mul(0x80).ok_or(WRONG)? | u32::from(byte & 0x7f);
        if byte & 0x80 != 0 {
            continue;
        }
        // Writing to a string does not fail.
        let _ = if is_first {
            let root = (number / 40).min(2);
            write!(out, "{root}.{}", number.saturating_sub(root.saturating_mul(40)))
        } else {
            write!(out, ".{number}")
        };
        (number, is_first) = (0, false);
    }
    if is_first || bytes.last().is_some_and(|last| last & 0x80 != 0) { Err(WRONG) } else { Ok(()) }
}

/// The value of a part, if it is text in the characters it says it is in.
fn text(value: &Value<'_>) -> Option<String> {
    const UTF8: u8 = 0x0c;
    const NUMERIC: u8 = 0x12;
    const PRINTABLE: u8 = 0x13;
    const LATIN: u8 = 0x14;
    const IA5: u8 = 0x16;
    const VISIBLE: u8 = 0x1a;
    const UNIVERSAL: u8 = 0x1c;
    const BMP: u8 = 0x1e;
    let bytes = value.content;
    match value.tag {
        UTF8 => std::str::from_utf8(bytes).ok().map(str::to_owned),
        NUMERIC | PRINTABLE | IA5 | VISIBLE if bytes.is_ascii() => {
            std::str::from_utf8(bytes).ok().map(str::to_owned)
        }
        // What everybody writes in it, whatever the standard says.
        LATIN => Some(bytes.iter().copied().map(char::from).collect()),
        BMP => {
            let (units, []) = bytes.as_chunks::<2>() else { return None };
            let units = units.iter().map(|unit| u32::from(u16::from_be_bytes(*unit)));
            units.map(char::from_u32).collect()
        }
        UNIVERSAL => {
            let (units, []) = bytes.as_chunks::<4>() else { return None };
            units.iter().map(|unit| char::from_u32(u32::from_be_bytes(*unit))).collect()
        }
        _ => None,
    }
}

/// Text that cannot be taken for more than the value of one part: RFC 4514 section 2.4. Control
/// characters are written in figures too, so that nobody breaks a line of a log.
fn escape(text: &str, out: &mut String) {
    let last = text.chars().count().saturating_sub(1);
    for (index, character) in text.chars().enumerate() {
        match character {
            '"' | '+' | ',' | ';' | '<' | '>' | '\\' => out.extend(['\\', character]),
            '#' if index == 0 => out.push_str("\\#"),
            ' ' if index == 0 || index == last => out.push_str("\\ "),
            control if control.is_control() => {
                let mut bytes = [0; 4];
                for byte in control.encode_utf8(&mut bytes).bytes() {
                    // Writing to a string does not fail.
                    let _ = write!(out, "\\{byte:02X}");
                }
            }
            plain => out.push(plain),
        }
    }
}

/// A value that is no text: all of its bytes.
fn hexadecimal(bytes: &[u8], out: &mut String) {
    out.push('#');
    for byte in bytes {
        // Writing to a string does not fail.
        let _ = write!(out, "{byte:02X}");
    }
}
