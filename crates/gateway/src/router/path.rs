//! The path of a request, split at its slashes.

use super::MAX_SEGMENTS;

/// The path of a request, split at its slashes. `/` has no segments, `/a/` has two.
#[derive(Debug)]
pub(super) struct Path<'p> {
    bytes: &'p [u8],
    segments: Vec<&'p [u8]>,
    /// How many segments there are up to the last that is not empty.
    filled: usize,
}

impl<'p> Path<'p> {
    /// Splits a path in which every slash counts.
    pub(super) fn exact(path: &'p [u8]) -> Option<Self> {
        Self::split(after_slash(path)?)
    }

    /// Splits a path in which slashes at either end do not count.
    pub(super) fn trimmed(path: &'p [u8]) -> Option<Self> {
        let mut bytes = after_slash(path)?;
        while let [b'/', rest @ ..] | [rest @ .., b'/'] = bytes {
            bytes = rest;
        }
        Self::split(bytes)
    }

    fn split(bytes: &'p [u8]) -> Option<Self> {
        let mut segments = Vec::new();
        if !bytes.is_empty() {
            segments.extend(bytes.split(|byte| *byte == b'/').take(MAX_SEGMENTS + 1));
        }
        if segments.len() > MAX_SEGMENTS {
            return None;
        }
        let filled = segments.iter().rposition(|segment| !segment.is_empty());
        Some(Self { bytes, segments, filled: filled.map_or(0, |last| last + 1) })
    }

    pub(super) fn segment(&self, index: usize) -> Option<&'p [u8]> {
        self.segments.get(index).copied()
    }

    /// Whether a segment that is not empty stands at this index or after it.
    pub(super) const fn is_filled_from(&self, index: usize) -> bool {
        index < self.filled
    }

    /// Everything from this segment on, slashes included.
    pub(super) fn tail(&self, index: usize) -> &'p [u8] {
        let skipped = self.segments.iter().take(index).map(|segment| segment.len() + 1).sum();
        self.bytes.get(skipped..).unwrap_or_default()
    }
}

/// What follows the slash that begins a path. An empty path is one slash.
const fn after_slash(path: &[u8]) -> Option<&[u8]> {
    match path {
        [] | [b'/'] => Some(&[]),
        [b'/', rest @ ..] => Some(rest),
        [_, ..] => None,
    }
}

/// The bytes that a percent-encoded segment stands for. A `%` without two hexadecimal digits stands
/// for itself.
pub(super) fn decoded(segment: &[u8]) -> impl Iterator<Item = u8> {
    let mut rest = segment;
    std::iter::from_fn(move || {
        let (byte, after) = match rest {
            [b'%', high, low, after @ ..] if let Some(byte) = hexadecimal(*high, *low) => {
                (byte, after)
            }
            [byte, after @ ..] => (*byte, after),
            [] => return None,
        };
        rest = after;
        Some(byte)
    })
}

fn hexadecimal(high: u8, low: u8) -> Option<u8> {
    let digit = |byte: u8| char::from(byte).to_digit(16);
    u8::try_from(digit(high)? * 16 + digit(low)?).ok()
}
