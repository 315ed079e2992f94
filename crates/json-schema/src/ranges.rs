//! Sets of characters, as ranges of code points.

use std::collections::BTreeSet;
use std::fmt::Write as _;

/// Inclusive ranges of code points.
pub(crate) type Ranges = Vec<(u32, u32)>;

const LAST: u32 = char::MAX as u32;
/// Code points that are no characters.
const SURROGATES: (u32, u32) = (0xd800, 0xdfff);

/// `\d`
pub(crate) const DIGITS: &[(u32, u32)] = &[(0x30, 0x39)];
/// `\w`
pub(crate) const WORD: &[(u32, u32)] = &[(0x30, 0x39), (0x41, 0x5a), (0x5f, 0x5f), (0x61, 0x7a)];
/// `\s`: ECMA-262's `WhiteSpace` and `LineTerminator`.
pub(crate) const SPACE: &[(u32, u32)] = &[
    (0x09, 0x0d),
    (0x20, 0x20),
    (0xa0, 0xa0),
    (0x1680, 0x1680),
    (0x2000, 0x200a),
    (0x2028, 0x2029),
    (0x202f, 0x202f),
    (0x205f, 0x205f),
    (0x3000, 0x3000),
    (0xfeff, 0xfeff),
];
/// What `.` does not match.
pub(crate) const LINE_ENDS: &[(u32, u32)] = &[(0x0a, 0x0a), (0x0d, 0x0d), (0x2028, 0x2029)];

/// Every code point that is in none of the ranges.
pub(crate) fn others(ranges: &[(u32, u32)]) -> Ranges {
    let sorted: BTreeSet<_> = ranges.iter().copied().collect();
    let mut others = Vec::new();
    let mut next = 0;
    for (first, last) in sorted {
        if first > next {
            others.push((next, first - 1));
        }
        next = next.max(last.saturating_add(1));
    }
    if next <= LAST {
        others.push((next, LAST));
    }
    others
}

/// Writes a class in the words of `regex_lite`.
pub(crate) fn write(out: &mut String, ranges: &[(u32, u32)]) {
    let (low, high) = SURROGATES;
    let characters = ranges
        .iter()
        .flat_map(|&(first, last)| [(first, last.min(low - 1)), (first.max(high + 1), last)]);
    let mut class = String::new();
    for (first, last) in characters.filter(|(first, last)| first <= last) {
        // Writing to a string never fails.
        let _ = write!(class, "\\x{{{first:x}}}-\\x{{{last:x}}}");
    }
    if class.is_empty() {
        // A class cannot be empty there; what is in no class is.
        class = format!("^\\x{{0}}-\\x{{{LAST:x}}}");
    }
    out.extend(["[", &class, "]"]);
}
