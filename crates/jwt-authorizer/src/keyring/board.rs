//! What the workers of one proxy tell one another about a key set.
//!
//! One of them fetches, all of them use what it brought: under three keys of shared memory lie who
//! may fetch, when was last fetched, and what.

use std::time::Duration;

use tollgate_policy::{Expect, Host, Timestamp};

/// How long a worker may take to fetch before another may try: discovery and keys, with room.
const LEASE: Duration = Duration::from_secs(5);

/// How long to wait after the first failure, and at most. In between it doubles.
const RETRY: Duration = Duration::from_millis(250);
const MAX_RETRY: Duration = Duration::from_secs(60);

/// The part of shared memory that is about one key set.
#[derive(Debug)]
pub(super) struct Board {
    lease: String,
    stamp: String,
    keys: String,
}

/// When a key set was fetched, and for how long it is good.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Stamp {
    pub(super) fetched: Timestamp,
    pub(super) lifetime: Duration,
}

/// Until when nobody else may fetch, and how often it has failed since it last worked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) struct Lease {
    pub(super) until: Timestamp,
    pub(super) failures: u32,
}

impl Board {
    pub(super) fn new(place: &str) -> Self {
        let key = |what: &str| format!("tollgate.jwks.{what}|{place}");
        Self { lease: key("lease"), stamp: key("stamp"), keys: key("keys") }
    }

    /// The state of the lease.
    pub(super) fn lease(&self, host: &dyn Host) -> Lease {
        host.shared(&self.lease).and_then(|shared| Lease::read(&shared.value)).unwrap_or_default()
    }

    /// Takes the lease if nobody has it. Only one worker can.
    pub(super) fn take_lease(&self, host: &dyn Host) -> bool {
        let now = host.now();
        let (lease, expect) = match host.shared(&self.lease) {
            None => (Lease::default(), Expect::Absent),
            Some(shared) => {
                let lease = Lease::read(&shared.value).unwrap_or_default();
                (lease, Expect::Version(shared.version))
            }
        };
        // A clock that stepped back must not keep the lease taken for ever.
        let taken = lease.until > now && lease.until <= now.after(MAX_RETRY.max(LEASE));
        !taken && {
            let lease = Lease { until: now.after(LEASE), ..lease };
            host.share(&self.lease, &lease.write(), expect).is_ok()
        }
    }

    /// Gives the lease back after a failure: nobody tries again for a while.
    pub(super) fn fail(&self, host: &dyn Host) {
        let failures = self.lease(host).failures;
        let wait = RETRY.saturating_mul(1_u32.checked_shl(failures).unwrap_or(u32::MAX));
        let until = host.now().after(wait.min(MAX_RETRY));
        let lease = Lease { until, failures: failures.saturating_add(1) };
        // Whoever holds the lease writes it, so there is nobody to be in conflict with.
        let _ = host.share(&self.lease, &lease.write(), Expect::Anything);
    }

    /// Publishes a key set and gives the lease back.
    pub(super) fn publish(&self, stamp: Stamp, keys: &[u8], host: &dyn Host) {
        let mut value = stamp.write().to_vec();
        value.extend_from_slice(keys);
        let _ = host.share(&self.keys, &value, Expect::Anything);
        let _ = host.share(&self.stamp, &stamp.write(), Expect::Anything);
        let _ = host.share(&self.lease, &Lease::default().write(), Expect::Anything);
    }

    /// The key set that was published last, if it is not the one of this stamp.
    pub(super) fn newer(&self, than: Stamp, host: &dyn Host) -> Option<(Stamp, Vec<u8>)> {
        let stamp = Stamp::read(&host.shared(&self.stamp)?.value)?;
        if stamp == than {
            return None;
        }
        let mut value = host.shared(&self.keys)?.value;
        // The two keys are not written at once, so the set may be older or newer than its stamp.
        let stamp = Stamp::read(&value).filter(|stamp| *stamp != than)?;
        value.drain(..Stamp::BYTES);
        Some((stamp, value))
    }
}

fn number(bytes: &[u8], at: usize) -> Option<u64> {
    let eight = bytes.get(at..at.checked_add(8)?)?;
    Some(u64::from_le_bytes(eight.try_into().ok()?))
}

fn two(one: u64, other: u64) -> [u8; 16] {
    let mut bytes = [0; 16];
    let halves = one.to_le_bytes().into_iter().chain(other.to_le_bytes());
    for (to, from) in bytes.iter_mut().zip(halves) {
        *to = from;
    }
    bytes
}

fn nanoseconds(time: Duration) -> u64 {
    u64::try_from(time.as_nanos()).unwrap_or(u64::MAX)
}

impl Stamp {
    const BYTES: usize = 16;

    fn read(bytes: &[u8]) -> Option<Self> {
        let fetched = Timestamp(Duration::from_nanos(number(bytes, 0)?));
        Some(Self { fetched, lifetime: Duration::from_nanos(number(bytes, 8)?) })
    }

    fn write(self) -> [u8; Self::BYTES] {
        two(nanoseconds(self.fetched.0), nanoseconds(self.lifetime))
    }
}

impl Lease {
    fn read(bytes: &[u8]) -> Option<Self> {
        let until = Timestamp(Duration::from_nanos(number(bytes, 0)?));
        Some(Self { until, failures: u32::try_from(number(bytes, 8)?).ok()? })
    }

    fn write(self) -> [u8; 16] {
        two(nanoseconds(self.until.0), u64::from(self.failures))
    }
}
