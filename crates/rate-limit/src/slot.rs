//! The limits of several subjects in one value of shared memory.

use crate::bucket::Bucket;
use crate::limit::Limit;
use crate::supply::Allotment;

/// How many subjects have a place of their own in one slot.
const PLACES: usize = 16;

/// The first byte of a value. Shared memory outlives the filter, and a later version may write another.
const VERSION: u8 = 1;

const HEAD_BYTES: usize = 17;
const ENTRY_BYTES: usize = 78;

/// Stands for "not known" where a number is written.
const UNKNOWN: u32 = u32::MAX;

/// What is known of one subject.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) subject: [u8; 16],
    pub(crate) bucket: Bucket,
    pub(crate) allotment: Allotment,
}

/// Several subjects that share a value.
///
/// INVARIANT: who has no place here never gets a fuller bucket than theirs was. A place is taken from
/// whoever misses least, and the floor remembers the most that anybody who lost a place was missing:
/// that much everyone misses who comes, or comes back. Nor has who comes anything of the fleet's tokens
/// without asking until the next window.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Slot {
    floor: Bucket,
    entries: Vec<Entry>,
}

impl Slot {
    /// The place of a subject, made if there is none.
    pub(crate) fn entry(&mut self, subject: [u8; 16], limit: Limit, now: u64) -> &mut Entry {
        let place = match self.entries.iter().position(|entry| entry.subject == subject) {
            Some(place) => place,
            None => self.make_place(subject, limit, now),
        };
        // INVARIANT: the place was found or made, and there is always a last one.
        if place >= self.entries.len() {
            self.entries.push(Entry::default());
        }
        let last = self.entries.len().saturating_sub(1);
        #[expect(clippy::indexing_slicing, reason = "there is at least one entry")]
        &mut self.entries[place.min(last)]
    }

    fn make_place(&mut self, subject: [u8; 16], limit: Limit, now: u64) -> usize {
        let mut allotment = Allotment::default();
        if self.entries.len() >= PLACES {
            allotment = Allotment::of_newcomer();
            let newest = self.entries.iter().map(|entry| entry.allotment.since()).max();
            let loss = |entry: &Entry| {
                let Entry { bucket, allotment, .. } = entry;
                let is_over = Some(allotment.since()) < newest;
                let (owed, granted) =
                    if is_over { (0, 0) } else { (allotment.owed, allotment.granted) };
                (owed, bucket.missing(limit, now), granted)
            };
            let least = (0..).zip(&self.entries).min_by_key(|(_, entry)| loss(entry));
            if let Some((place, _)) = least {
                let gone: Entry = self.entries.swap_remove(place);
                let missing = gone.bucket.missing(limit, now);
                if missing > self.floor.missing(limit, now) {
                    self.floor = Bucket { spent: missing, at: now, ..Bucket::default() };
                }
            }
        }
        let spent = self.floor.missing(limit, now);
        let bucket = Bucket { spent, at: now, ..Bucket::default() };
        self.entries.push(Entry { subject, bucket, allotment });
        self.entries.len().saturating_sub(1)
    }

    /// Reads a value. One that is no slot is as good as none.
    pub(crate) fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader(bytes);
        if reader.byte()? != VERSION {
            return None;
        }
        let floor = Bucket { spent: reader.long()?, at: reader.long()?, ..Bucket::default() };
        let mut entries = Vec::with_capacity(PLACES);
        while !reader.0.is_empty() && entries.len() < PLACES {
            entries.push(reader.entry()?);
        }
        Some(Self { floor, entries })
    }

    pub(crate) fn write(&self) -> Vec<u8> {
        let size = self.entries.len().saturating_mul(ENTRY_BYTES).saturating_add(HEAD_BYTES);
        let mut bytes = Vec::with_capacity(size);
        bytes.push(VERSION);
        for number in [self.floor.spent, self.floor.at] {
            bytes.extend_from_slice(&number.to_le_bytes());
        }
        for Entry { subject, bucket, allotment } in &self.entries {
            bytes.extend_from_slice(subject);
            for number in [bucket.spent, bucket.at, allotment.window, allotment.asked_until] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            let [before, latest] = bucket.lent;
            let remaining = allotment.remaining.unwrap_or(UNKNOWN);
            for number in [
                before,
                latest,
                bucket.generation,
                allotment.granted,
                remaining,
                allotment.owed,
                allotment.asked,
            ] {
                bytes.extend_from_slice(&number.to_le_bytes());
            }
            let flags = [allotment.is_exhausted, allotment.was_exhausted];
            bytes.extend(flags.map(u8::from));
        }
        bytes
    }
}

struct Reader<'a>(&'a [u8]);

impl Reader<'_> {
    fn take<const N: usize>(&mut self) -> Option<[u8; N]> {
        let (taken, rest) = self.0.split_first_chunk()?;
        self.0 = rest;
        Some(*taken)
    }

    fn byte(&mut self) -> Option<u8> {
        self.take().map(u8::from_le_bytes)
    }

    fn int(&mut self) -> Option<u32> {
        self.take().map(u32::from_le_bytes)
    }

    fn long(&mut self) -> Option<u64> {
        self.take().map(u64::from_le_bytes)
    }

    fn entry(&mut self) -> Option<Entry> {
        let subject = self.take()?;
        let (spent, at) = (self.long()?, self.long()?);
        let (window, asked_until) = (self.long()?, self.long()?);
        let lent = [self.int()?, self.int()?];
        let bucket = Bucket { spent, at, lent, generation: self.int()? };
        let granted = self.int()?;
        let remaining = Some(self.int()?).filter(|remaining| *remaining != UNKNOWN);
        let (owed, asked) = (self.int()?, self.int()?);
        let (is_exhausted, was_exhausted) = (self.byte()? != 0, self.byte()? != 0);
        let allotment = Allotment {
            window,
            granted,
            remaining,
            owed,
            asked,
            asked_until,
            is_exhausted,
            was_exhausted,
        };
        Some(Entry { subject, bucket, allotment })
    }
}
