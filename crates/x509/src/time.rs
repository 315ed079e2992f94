//! Moments, as certificates have them and as people read them.

use crate::Unreadable;
use crate::der::{GENERALIZED_TIME, Reader, UTC_TIME};

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// Reads a moment and writes it as `May 28 12:30:02 2019 GMT`.
pub(crate) fn read(reader: &mut Reader<'_>) -> Result<String, Unreadable> {
    const WRONG: Unreadable = Unreadable("a time that is none");
    let value = reader.value()?;
    let digits = value.content.strip_suffix(b"Z").ok_or(WRONG)?;
    let (pairs, []) = digits.as_chunks::<2>() else { return Err(WRONG) };
    let pairs = pairs.iter().map(number).collect::<Option<Vec<_>>>().ok_or(WRONG)?;
    let (year, rest) = match (value.tag, pairs.as_slice()) {
        // RFC 5280 section 4.1.2.5.1.
        (UTC_TIME, [year @ 50..=99, rest @ ..]) => (1900 + year, rest),
        (UTC_TIME, [year, rest @ ..]) => (2000 + year, rest),
        (GENERALIZED_TIME, [century, year, rest @ ..]) => (century * 100 + year, rest),
        _ => return Err(WRONG),
    };
    let &[month, day @ 1..=31, hour @ 0..=23, minute @ 0..=59, second @ 0..=59] = rest else {
        return Err(WRONG);
    };
    let month =
        usize::from(month).checked_sub(1).and_then(|index| MONTHS.get(index)).ok_or(WRONG)?;
    Ok(format!("{month} {day:2} {hour:02}:{minute:02}:{second:02} {year} GMT"))
}

/// Two digits.
fn number(pair: &[u8; 2]) -> Option<u16> {
    let digit = |byte: u8| byte.is_ascii_digit().then(|| u16::from(byte - b'0'));
    Some(digit(pair[0])? * 10 + digit(pair[1])?)
}
