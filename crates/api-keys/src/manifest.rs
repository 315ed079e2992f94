//! The manifest: which segments there are.
//!
//! ```text
//! manifest = "TGKM", the version
//!            the number of keys, in four bytes, the lowest first
//!            256 times the number of bytes of a segment, in four bytes, and its hash
//!            the hash of all that
//! ```
//!
//! A hash is the first 16 bytes of a SHA-256; that of a segment without keys, which has no file, is
//! all zeros.

use crate::bytes::Reader;
use crate::compile::MAX_KEYS;
use crate::key::{hash, hex};
use crate::segment::MAX_SEGMENT_BYTES;

/// The largest manifest that is looked at. Ours have 5,145 bytes.
pub const MAX_MANIFEST_BYTES: usize = 1 << 20;

/// The most bytes all segments may have: they are kept in memory. 64 for each of the most keys.
const MAX_TOTAL_BYTES: usize = 64 * MAX_KEYS;

const MAGIC: &[u8; 5] = b"TGKM\x01";

/// The hash of a segment that has no keys.
pub(crate) const EMPTY: Hash = [0; 16];

/// The first half of a SHA-256.
pub(crate) type Hash = [u8; 16];

/// Which segments there are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Manifest {
    pub(crate) count: u32,
    pub(crate) revision: Hash,
    /// 256 of them.
    parts: Vec<Part>,
}

/// One segment.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Part {
    pub(crate) bytes: u32,
    pub(crate) hash: Hash,
}

impl Part {
    pub(crate) fn of(segment: &[u8]) -> Self {
        Self { bytes: u32::try_from(segment.len()).unwrap_or(u32::MAX), hash: hash(segment) }
    }
}

/// Writes the manifest of 256 segments.
pub(crate) fn write(count: u32, parts: &[Part]) -> Vec<u8> {
    let mut out = MAGIC.to_vec();
    out.extend_from_slice(&count.to_le_bytes());
    for part in parts {
        out.extend_from_slice(&part.bytes.to_le_bytes());
        out.extend_from_slice(&part.hash);
    }
    let revision = hash(&out);
    out.extend_from_slice(&revision);
    out
}

impl Manifest {
    /// Reads a manifest and checks everything in it. `None` if it is none.
    #[must_use]
    pub fn read(bytes: &[u8]) -> Option<Self> {
        let (body, revision) = bytes.split_last_chunk()?;
        let mut reader = Reader::new(body);
        if reader.array()? != MAGIC || hash(body) != *revision {
            return None;
        }
        let count = reader.u32()?;
        let mut parts = Vec::with_capacity(256);
        for _ in 0..=u8::MAX {
            parts.push(Part { bytes: reader.u32()?, hash: *reader.array()? });
        }
        let sizes = || parts.iter().map(|part| part.bytes as usize);
        let total: usize = sizes().fold(0, usize::saturating_add);
        let sound = reader.is_empty()
            && count as usize <= MAX_KEYS
            && sizes().all(|bytes| bytes <= MAX_SEGMENT_BYTES)
            && total <= MAX_TOTAL_BYTES
            && parts.iter().all(|part| (part.bytes == 0) == (part.hash == EMPTY));
        sound.then_some(Self { count, revision: *revision, parts })
    }

    /// How many keys there are.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// The names of the files with keys.
    pub fn files(&self) -> impl Iterator<Item = String> {
        let parts = self.parts().filter(|(_, part)| part.bytes > 0);
        parts.map(|(first, part)| file(first, &part.hash))
    }

    pub(crate) fn part(&self, first: u8) -> Part {
        self.parts.get(usize::from(first)).copied().unwrap_or_default()
    }

    pub(crate) fn parts(&self) -> impl Iterator<Item = (u8, Part)> {
        (0..=u8::MAX).zip(self.parts.iter().copied())
    }
}

/// The name of a segment's file. It carries the hash, so a file of that name is never replaced.
pub(crate) fn file(first: u8, hash: &Hash) -> String {
    format!("{first:02x}-{}", hex(hash))
}
