//! A page: the keys whose digests begin with the same two bytes.
//!
//! ```text
//! page  = number of plans, their names, entries to the end; or nothing at all
//! entry = the last 30 bytes of the digest
//!         0x80 if enabled + the number of plans
//!         each plan as its place among the names
//!         the id
//! ```
//!
//! Names and ids have their length in a byte before them. Entries are in the order of their digests.

use crate::bytes::{Reader, put_number, put_text};
use crate::key::{DIGEST_BYTES, Key, MAX_USAGE_PLANS, check_id, check_plan};

/// What is left of a digest when it is known which page it is on.
const TAIL_BYTES: usize = DIGEST_BYTES - 2;

/// The bit that says that a key is enabled.
const ENABLED: u8 = 0x80;

/// A page that was written by nobody who knows how.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Broken;

/// Writes the page of keys that were checked and are in order.
pub(crate) fn write(out: &mut Vec<u8>, keys: &[(&[u8; DIGEST_BYTES], &Key)]) {
    if keys.is_empty() {
        return;
    }
    let mut plans: Vec<&str> =
        keys.iter().flat_map(|(_, key)| key.usage_plans.iter().map(String::as_str)).collect();
    plans.sort_unstable();
    plans.dedup();
    put_number(out, small(plans.len()));
    for plan in &plans {
        put_text(out, plan);
    }
    for (digest, key) in keys {
        out.extend(digest.iter().skip(DIGEST_BYTES - TAIL_BYTES));
        let count = u8::try_from(key.usage_plans.len()).unwrap_or(u8::MAX);
        out.push(if key.enabled { ENABLED | count } else { count });
        for plan in &key.usage_plans {
            let place = plans.binary_search(&plan.as_str()).unwrap_or_default();
            put_number(out, small(place));
        }
        put_text(out, &key.id);
    }
}

fn small(number: usize) -> u32 {
    u32::try_from(number).unwrap_or(u32::MAX)
}

/// Looks a key up.
pub(crate) fn find(page: &[u8], digest: &[u8; DIGEST_BYTES]) -> Result<Option<Key>, Broken> {
    let Some((_, tail)) = digest.split_last_chunk::<TAIL_BYTES>() else { return Err(Broken) };
    let Some(mut entries) = Entries::new(page).ok_or(Broken)? else { return Ok(None) };
    while let Some(entry) = entries.next()? {
        if entry.tail == tail {
            return entries.key(&entry).map(Some).ok_or(Broken);
        }
    }
    Ok(None)
}

/// All keys of a page, which must be as [`write`] writes it.
pub(crate) fn read(
    page: &[u8],
    prefix: [u8; 2],
    mut each: impl FnMut([u8; DIGEST_BYTES], Key),
) -> Result<(), Broken> {
    let Some(mut entries) = Entries::new(page).ok_or(Broken)? else { return Ok(()) };
    while let Some(entry) = entries.next()? {
        let mut digest = [0; DIGEST_BYTES];
        let bytes = prefix.iter().chain(entry.tail);
        digest.iter_mut().zip(bytes).for_each(|(to, from)| *to = *from);
        each(digest, entries.key(&entry).ok_or(Broken)?);
    }
    Ok(())
}

/// How many keys a page has, if everything in it is as it should be.
pub(crate) fn check(page: &[u8]) -> Result<usize, Broken> {
    let Some(mut entries) = Entries::new(page).ok_or(Broken)? else { return Ok(0) };
    let in_order = entries.plans.is_sorted_by(|one, other| one < other);
    if !in_order || entries.plans.iter().any(|plan| check_plan(plan).is_err()) {
        return Err(Broken);
    }
    let (mut count, mut last) = (0_usize, None);
    while let Some(entry) = entries.next()? {
        let mut plans = entry.plans;
        while !plans.is_empty() {
            let place = plans.number().ok_or(Broken)?;
            if place as usize >= entries.plans.len() {
                return Err(Broken);
            }
        }
        if last >= Some(entry.tail) || check_id(entry.id).is_err() {
            return Err(Broken);
        }
        last = Some(entry.tail);
        count = count.saturating_add(1);
    }
    if count == 0 { Err(Broken) } else { Ok(count) }
}

/// The entries of a page, one after the other.
struct Entries<'a> {
    plans: Vec<&'a str>,
    reader: Reader<'a>,
}

struct Entry<'a> {
    tail: &'a [u8; TAIL_BYTES],
    enabled: bool,
    /// The places of its plans.
    plans: Reader<'a>,
    id: &'a str,
}

impl<'a> Entries<'a> {
    /// The inner `None` is an empty page.
    #[expect(
        clippy::option_option,
        reason = "the outer one is about form, the inner about content"
    )]
    fn new(page: &'a [u8]) -> Option<Option<Self>> {
        let mut reader = Reader::new(page);
        if reader.is_empty() {
            return Some(None);
        }
        let count = reader.number()?;
        // Not reserved ahead: nobody has checked the number.
        let mut plans = Vec::new();
        for _ in 0..count {
            plans.push(reader.text()?);
        }
        Some(Some(Self { plans, reader }))
    }

    fn next(&mut self) -> Result<Option<Entry<'a>>, Broken> {
        if self.reader.is_empty() { Ok(None) } else { self.entry().map(Some).ok_or(Broken) }
    }

    fn entry(&mut self) -> Option<Entry<'a>> {
        let reader = &mut self.reader;
        let tail = reader.array()?;
        let head = reader.byte()?;
        let count = usize::from(head & !ENABLED);
        if count > MAX_USAGE_PLANS {
            return None;
        }
        let mut plans = *reader;
        for _ in 0..count {
            reader.number()?;
        }
        let plans = Reader::new(plans.take(plans.len().checked_sub(reader.len())?)?);
        Some(Entry { tail, enabled: head & ENABLED != 0, plans, id: reader.text()? })
    }

    fn key(&self, entry: &Entry<'_>) -> Option<Key> {
        let mut places = entry.plans;
        let mut usage_plans = Vec::new();
        while !places.is_empty() {
            let plan = self.plans.get(places.number()? as usize)?;
            usage_plans.push((*plan).to_owned());
        }
        Some(Key { id: entry.id.to_owned(), enabled: entry.enabled, usage_plans })
    }
}
