//! A segment: the keys whose digests begin with the same byte.
//!
//! ```text
//! segment = "TGKS", the version, the first byte of the digests
//!           the number of keys, in four bytes, the lowest first
//!           256 times the number of bytes of a page
//!           the pages
//! ```

use crate::bytes::{Reader, put_number};
use crate::key::{DIGEST_BYTES, Key};
use crate::page;

/// The largest segment: what 10 million keys take, four times over.
pub const MAX_SEGMENT_BYTES: usize = 8 << 20;

const MAGIC: &[u8; 5] = b"TGKS\x01";

/// The pages of a segment, all of them checked.
#[derive(Debug)]
pub struct Segment<'a> {
    first: u8,
    pages: Vec<&'a [u8]>,
    count: u32,
}

/// Writes the segment of keys that were checked and are in order.
pub(crate) fn write(first: u8, keys: &[(&[u8; DIGEST_BYTES], &Key)]) -> Vec<u8> {
    let mut lengths = Vec::new();
    let mut pages = Vec::new();
    let mut rest = keys;
    for second in 0..=u8::MAX {
        let start = pages.len();
        let end = rest.partition_point(|(digest, _)| digest.get(1) <= Some(&second));
        let (here, after) = rest.split_at_checked(end).unwrap_or_default();
        page::write(&mut pages, here);
        let length = pages.len().saturating_sub(start);
        put_number(&mut lengths, u32::try_from(length).unwrap_or(u32::MAX));
        rest = after;
    }
    let mut out = MAGIC.to_vec();
    out.push(first);
    out.extend_from_slice(&u32::try_from(keys.len()).unwrap_or(u32::MAX).to_le_bytes());
    out.append(&mut lengths);
    out.append(&mut pages);
    out
}

impl<'a> Segment<'a> {
    /// Reads a segment and checks everything in it. `None` if it is none.
    #[must_use]
    pub fn read(bytes: &'a [u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        if bytes.len() > MAX_SEGMENT_BYTES || reader.array()? != MAGIC {
            return None;
        }
        let (first, count) = (reader.byte()?, reader.u32()?);
        let mut lengths = [0_usize; 256];
        for length in &mut lengths {
            *length = usize::try_from(reader.number()?).ok()?;
        }
        let mut pages = Vec::with_capacity(lengths.len());
        let mut found = 0_usize;
        for length in lengths {
            let page = reader.take(length)?;
            found = found.checked_add(page::check(page).ok()?)?;
            pages.push(page);
        }
        let whole = reader.is_empty() && u32::try_from(found) == Ok(count);
        whole.then_some(Self { first, pages, count })
    }

    /// The first byte of all its digests.
    #[must_use]
    pub const fn first(&self) -> u8 {
        self.first
    }

    /// How many keys it has.
    #[must_use]
    pub const fn count(&self) -> u32 {
        self.count
    }

    /// Its 256 pages, by the second byte of their digests.
    pub(crate) fn pages(&self) -> impl Iterator<Item = (u8, &'a [u8])> {
        (0..=u8::MAX).zip(self.pages.iter().copied())
    }

    /// All its keys, by digest, in order.
    #[must_use]
    pub fn keys(&self) -> Vec<([u8; DIGEST_BYTES], Key)> {
        let mut keys = Vec::new();
        for (second, page) in self.pages() {
            // INVARIANT: `read` has checked every page.
            let _ = page::read(page, [self.first, second], |digest, key| keys.push((digest, key)));
        }
        keys
    }
}
