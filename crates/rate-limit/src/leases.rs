//! The tokens one worker has borrowed.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};

use crate::table::Spread;

/// How many subjects one worker has leases of at most, for one limit. Those beyond borrow again at
/// every request, which costs two calls of the proxy and admits no more.
const MAX_LEASES: usize = 16_384;

/// What one worker has borrowed for one subject, and has not settled.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Lease {
    /// Tokens in hand.
    pub(crate) tokens: u32,
    /// Tokens spent since the last settlement.
    pub(crate) spent: u32,
    /// When the last of them was.
    pub(crate) spent_at: u64,
    /// Whether one of the tokens in hand counts as spent already.
    pub(crate) is_prepaid: bool,
    /// How many were borrowed last.
    pub(crate) size: u32,
    /// The generation and the window they are of.
    pub(crate) generation: u32,
    pub(crate) window: u64,
    /// Whether they are owed to the fleet rather than granted by it.
    pub(crate) is_owed: bool,
    /// When they stop being good: in microseconds of uptime, and of the time of day.
    pub(crate) until: u64,
    pub(crate) until_time: u64,
    /// Before when there is no use in asking for more, and when there will be more, in microseconds of
    /// uptime.
    pub(crate) dry_until: u64,
    pub(crate) full_at: u64,
    /// Before when there is no use in looking whether the fleet has granted some.
    pub(crate) short_until: u64,
    /// How many were left in the bucket when they were borrowed.
    pub(crate) left: u32,
    /// Whether it was used since the last round of settlements.
    pub(crate) is_used: bool,
}

impl Lease {
    /// Nothing, until then.
    pub(crate) fn dry(dry_until: u64, full_at: u64) -> Self {
        Self { dry_until, full_at, ..Self::default() }
    }

    /// How long until there is something, in microseconds.
    pub(crate) const fn dry_after(&self, now: u64) -> u64 {
        self.full_at.saturating_sub(now)
    }

    /// Whether there is a token in hand that is still good.
    pub(crate) const fn is_good(&self, now: u64, time: u64) -> bool {
        self.tokens > 0 && now < self.until && time < self.until_time
    }

    /// Whether anything is to be settled.
    pub(crate) const fn is_open(&self) -> bool {
        self.tokens > 0 || self.spent > 0
    }

    pub(crate) const fn take(&mut self, now: u64) {
        if self.tokens == 0 {
            return;
        }
        self.tokens = self.tokens.saturating_sub(1);
        if self.is_prepaid {
            self.is_prepaid = false;
        } else {
            self.spent = self.spent.saturating_add(1);
            self.spent_at = now;
        }
        self.is_used = true;
    }

    /// Takes back a token that was taken before. False if it is settled already.
    pub(crate) const fn put_back(&mut self) -> bool {
        if self.spent == 0 {
            return false;
        }
        self.spent = self.spent.saturating_sub(1);
        self.tokens = self.tokens.saturating_add(1);
        true
    }
}

/// All leases of one worker for one limit. Two generations: what is used moves into the young one, and
/// when that is full, what is left in the old one is forgotten, which counts as spent.
#[derive(Debug)]
pub(crate) enum Leases {
    One(Lease),
    Many { young: Generation, old: Generation },
}

type Generation = HashMap<[u8; 16], Lease, BuildHasherDefault<Digest>>;

impl Leases {
    pub(crate) fn new(spread: Spread) -> Self {
        match spread {
            Spread::Everybody => Self::One(Lease::default()),
            Spread::Each => Self::Many { young: HashMap::default(), old: HashMap::default() },
        }
    }

    /// The lease of a subject, made if there is none.
    pub(crate) fn of(&mut self, subject: [u8; 16]) -> &mut Lease {
        match self {
            Self::One(lease) => lease,
            Self::Many { young, old } => {
                if young.len() >= MAX_LEASES / 2 && !young.contains_key(&subject) {
                    *old = std::mem::take(young);
                }
                young.entry(subject).or_insert_with(|| old.remove(&subject).unwrap_or_default())
            }
        }
    }

    /// Subjects whose leases lie idle with something to settle, and who was used since the last time is
    /// idle from now on.
    pub(crate) fn idle(&mut self, most: usize) -> Vec<[u8; 16]> {
        let mut idle = Vec::new();
        let mut look = |subject: [u8; 16], lease: &mut Lease| {
            let was_used = std::mem::take(&mut lease.is_used);
            if !was_used && lease.is_open() && idle.len() < most {
                idle.push(subject);
            }
        };
        match self {
            Self::One(lease) => look([0; 16], lease),
            Self::Many { young, old } => {
                young.iter_mut().chain(old).for_each(|(subject, lease)| look(*subject, lease));
            }
        }
        idle
    }
}

/// Subjects are digests, so any eight bytes of one are a hash. (The last two choose the slot.)
#[derive(Default)]
pub(crate) struct Digest(u64);

impl Hasher for Digest {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(first) = bytes.first_chunk() {
            self.0 = u64::from_le_bytes(*first);
        }
    }

    fn finish(&self) -> u64 {
        self.0
    }
}
