//! The part of shared memory that is about the keys of one place.
//!
//! Four kinds of entries: who may load (the *lease*), which segments the pages are of (*loaded*), that
//! something has changed (the *stamp*), and the pages. Entries can never be deleted; there are at most
//! 65,539.
//!
//! A segment's pages are not replaced at once, so before the first is touched the segment is marked,
//! and whoever finds the mark loads it again. A worker that has lost its lease while it was writing
//! leaves the mark, because another may have written at the same time.

use std::time::Duration;

use tollgate_policy::{Conflict, Expect, Host};

use crate::bytes::Reader;
use crate::key::{digest, hex};
use crate::manifest::{EMPTY, Hash};
use crate::segment::Segment;

/// How long a worker may take for one fetch and what comes of it before another takes over.
const LEASE: Duration = Duration::from_secs(5);

/// How long to wait after the first failure, and at most. In between it doubles.
const RETRY: Duration = Duration::from_millis(250);
const MAX_RETRY: Duration = Duration::from_secs(10);

/// What the hash of a segment is while its pages are written. No segment has it.
const MARK: Hash = [0xff; 16];

/// How often a write is tried again that another worker came before.
const ATTEMPTS: usize = 8;

#[derive(Debug)]
pub(super) struct Board {
    lease: String,
    loaded: String,
    stamp: String,
    pages: String,
}

/// That something has changed.
#[derive(Debug)]
pub(super) struct Stamp {
    /// Differs after every change.
    pub(super) version: u32,
    /// What was loaded whole last; `None` if nothing was.
    pub(super) revision: Option<Hash>,
}

/// Until when nobody else may load, and how often it has failed since it last worked. The time is
/// that of the host's uptime.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease {
    until: Duration,
    failures: u32,
}

/// The hashes of the 256 segments that the pages are of.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Loaded(Vec<Hash>);

impl Board {
    pub(super) fn new(place: &str) -> Self {
        // Short: a part of it is in the name of every page.
        let place = hex(digest(place.as_bytes()).get(..4).unwrap_or_default());
        let key = |what: &str| format!("tollgate.keys.{what}|{place}");
        Self {
            lease: key("lease"),
            loaded: key("loaded"),
            stamp: key("stamp"),
            pages: format!("tollgate.keys|{place}|"),
        }
    }

    /// Takes the lease if nobody has it. Only one worker can.
    pub(super) fn take_lease(&self, host: &dyn Host) -> Option<Lease> {
        let now = host.uptime();
        let (lease, expect) = match host.shared(&self.lease) {
            None => (Lease::default(), Expect::Absent),
            Some(shared) => {
                (Lease::read(&shared.value).unwrap_or_default(), Expect::Version(shared.version))
            }
        };
        if lease.until > now {
            return None;
        }
        let lease = Lease { until: now.saturating_add(LEASE), ..lease };
        host.share(&self.lease, &lease.write(), expect).ok()?;
        Some(lease)
    }

    /// Makes a lease last longer. False if somebody else has it by now.
    pub(super) fn renew(&self, lease: &mut Lease, host: &dyn Host) -> bool {
        let renewed = Lease { until: host.uptime().saturating_add(LEASE), ..*lease };
        let is_held = self.pass_on(lease, renewed, host);
        *lease = renewed;
        is_held
    }

    /// Gives the lease back: nobody loads again before it is time.
    pub(super) fn finish(&self, lease: &Lease, refresh: Duration, host: &dyn Host) {
        let until = host.uptime().saturating_add(refresh);
        self.pass_on(lease, Lease { until, failures: 0 }, host);
    }

    /// Gives the lease back after a failure: nobody tries again for a while.
    pub(super) fn fail(&self, lease: &Lease, host: &dyn Host) {
        let doubled = 1_u32.checked_shl(lease.failures).unwrap_or(u32::MAX);
        let wait = RETRY.saturating_mul(doubled).min(MAX_RETRY);
        let until = host.uptime().saturating_add(wait);
        self.pass_on(lease, Lease { until, failures: lease.failures.saturating_add(1) }, host);
    }

    /// INVARIANT: two leases of different workers never end at the same time, because one is only
    /// taken when the other has ended.
    fn pass_on(&self, from: &Lease, to: Lease, host: &dyn Host) -> bool {
        host.shared(&self.lease).is_some_and(|shared| {
            Lease::read(&shared.value) == Some(*from)
                && host.share(&self.lease, &to.write(), Expect::Version(shared.version)).is_ok()
        })
    }

    pub(super) fn stamp(&self, host: &dyn Host) -> Option<Stamp> {
        let shared = host.shared(&self.stamp)?;
        Some(Stamp { version: shared.version, revision: shared.value.try_into().ok() })
    }

    /// Says that everything of a revision is loaded.
    pub(super) fn publish(&self, revision: Hash, host: &dyn Host) {
        let _ = host.share(&self.stamp, &revision, Expect::Anything);
    }

    /// Says that something has changed, by writing what is there once more.
    fn touch(&self, host: &dyn Host) {
        let value = host.shared(&self.stamp).map(|shared| shared.value).unwrap_or_default();
        let _ = host.share(&self.stamp, &value, Expect::Anything);
    }

    pub(super) fn loaded(&self, host: &dyn Host) -> Loaded {
        host.shared(&self.loaded).and_then(|shared| Loaded::read(&shared.value)).unwrap_or_default()
    }

    /// Says that the pages of a segment are being written, or that they are those of a hash.
    fn mark(&self, first: u8, hash: Hash, host: &dyn Host) -> Result<(), Conflict> {
        for _ in 0..ATTEMPTS {
            let (mut loaded, expect) = match host.shared(&self.loaded) {
                None => (Loaded::default(), Expect::Absent),
                Some(shared) => {
                    let loaded = Loaded::read(&shared.value).unwrap_or_default();
                    (loaded, Expect::Version(shared.version))
                }
            };
            loaded.set(first, hash);
            if host.share(&self.loaded, &loaded.write(), expect).is_ok() {
                return Ok(());
            }
        }
        Err(Conflict)
    }

    /// Replaces the pages of a segment. False if the lease was lost meanwhile.
    pub(super) fn replace(
        &self,
        segment: &Segment<'_>,
        hash: Hash,
        lease: &mut Lease,
        host: &dyn Host,
    ) -> bool {
        let first = segment.first();
        self.replace_pages(first, hash, segment.pages(), lease, host)
    }

    /// Empties the pages of a segment that has no keys any more.
    pub(super) fn clear(&self, first: u8, lease: &mut Lease, host: &dyn Host) -> bool {
        let pages = (0..=u8::MAX).map(|second| (second, &b""[..]));
        self.replace_pages(first, EMPTY, pages, lease, host)
    }

    fn replace_pages<'a>(
        &self,
        first: u8,
        hash: Hash,
        pages: impl Iterator<Item = (u8, &'a [u8])>,
        lease: &mut Lease,
        host: &dyn Host,
    ) -> bool {
        if !self.renew(lease, host) || self.mark(first, MARK, host).is_err() {
            return false;
        }
        for (second, page) in pages {
            let key = self.page_key([first, second]);
            // A page that never had a key need not be there.
            let is_there = || host.shared(&key).is_some_and(|shared| !shared.value.is_empty());
            if !page.is_empty() || is_there() {
                let _ = host.share(&key, page, Expect::Anything);
            }
        }
        let held = self.renew(lease, host);
        let marked = self.mark(first, if held { hash } else { MARK }, host).is_ok();
        self.touch(host);
        held && marked
    }

    /// The keys whose digests begin with these bytes.
    pub(super) fn page(&self, prefix: [u8; 2], host: &dyn Host) -> Option<Vec<u8>> {
        host.shared(&self.page_key(prefix)).map(|shared| shared.value)
    }

    fn page_key(&self, prefix: [u8; 2]) -> String {
        format!("{}{}", self.pages, hex(&prefix))
    }
}

impl Lease {
    fn read(bytes: &[u8]) -> Option<Self> {
        let mut reader = Reader::new(bytes);
        let until = Duration::from_nanos(u64::from_le_bytes(*reader.array()?));
        Some(Self { until, failures: reader.u32()? })
    }

    fn write(self) -> Vec<u8> {
        let nanos = u64::try_from(self.until.as_nanos()).unwrap_or(u64::MAX);
        [&nanos.to_le_bytes()[..], &self.failures.to_le_bytes()].concat()
    }
}

impl Default for Loaded {
    fn default() -> Self {
        Self(vec![EMPTY; 256])
    }
}

impl Loaded {
    fn read(bytes: &[u8]) -> Option<Self> {
        let (hashes, rest) = bytes.as_chunks();
        (hashes.len() == 256 && rest.is_empty()).then(|| Self(hashes.to_vec()))
    }

    fn write(&self) -> Vec<u8> {
        self.0.concat()
    }

    fn set(&mut self, first: u8, hash: Hash) {
        if let Some(one) = self.0.get_mut(usize::from(first)) {
            *one = hash;
        }
    }

    /// Whether the pages of a segment are those of a hash.
    pub(super) fn is(&self, first: u8, hash: &Hash) -> bool {
        self.0.get(usize::from(first)) == Some(hash)
    }
}
