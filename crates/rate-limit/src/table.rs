//! Every subject of a limit, in the memory that the workers of a proxy share.

use std::fmt::Write as _;

use tollgate_policy::{Expect, Host};

use crate::limit::Limit;
use crate::slot::{Entry, Slot};

/// How many slots the subjects of one limit are spread over. With sixteen places each, a quarter of a
/// million subjects can be short of tokens at the same time and still be told apart. Slots are made as
/// they are needed, and take some 20 MiB when all of them are full; shared memory is never freed.
const SLOTS: u16 = 16_384;

/// How often to try again when another worker wrote first. Two workers that do nothing else meet in one
/// of forty tries.
const MAX_TRIES: u32 = 64;

/// The part of shared memory that is about one limit.
#[derive(Debug)]
pub(crate) struct Table {
    name: String,
    spread: Spread,
}

/// Whether everybody has the same tokens or each their own.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Spread {
    /// One bucket.
    Everybody,
    /// A bucket for each.
    Each,
}

/// Whether an entry has to be written back.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Edit {
    /// It has been changed.
    Write,
    /// It is as it was.
    Keep,
}

impl Table {
    pub(crate) fn new(name: &str, spread: Spread) -> Self {
        Self { name: format!("tollgate.limit|{name}"), spread }
    }

    /// Changes what is known of a subject. `change` may be called several times, each time with what
    /// another worker has left there. `None` where others were always first.
    pub(crate) fn update<T>(
        &self,
        subject: [u8; 16],
        limit: Limit,
        now: u64,
        host: &dyn Host,
        change: impl Fn(&mut Entry) -> (Edit, T),
    ) -> Option<T> {
        let key = self.key(subject);
        for _ in 0..MAX_TRIES {
            let (mut slot, expect) = match host.shared(&key) {
                None => (Slot::default(), Expect::Absent),
                Some(shared) => {
                    let slot = Slot::read(&shared.value).unwrap_or_default();
                    (slot, Expect::Version(shared.version))
                }
            };
            let (edit, result) = change(slot.entry(subject, limit, now));
            if edit == Edit::Keep || host.share(&key, &slot.write(), expect).is_ok() {
                return Some(result);
            }
        }
        None
    }

    fn key(&self, subject: [u8; 16]) -> String {
        let mut key = String::with_capacity(self.name.len().saturating_add(5));
        key.push_str(&self.name);
        if self.spread == Spread::Each {
            let [.., low, high] = subject;
            // Writing to a string does not fail.
            let _ = write!(key, "|{:04x}", u16::from_le_bytes([low, high]) % SLOTS);
        }
        key
    }
}
