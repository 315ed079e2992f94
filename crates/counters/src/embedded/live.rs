//! The counters in memory: limitador's, and when each may be forgotten.
//!
//! limitador's storage has two kinds of counters. Those of limits with variables live in a cache
//! that forgets the least used when it is full, and a forgotten counter would grant its limit again.
//! So each counter here is a limit of its own, without variables: those stay until they are
//! deleted, and [`Live`] deletes them when their time is over. When too many are alive, a new one
//! is refused.

use std::cmp::Reverse;
use std::collections::{BinaryHeap, HashMap, HashSet};
use std::sync::Arc;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use limitador::counter::Counter;
use limitador::limit::{Context, Limit};
use limitador::storage::in_memory::InMemoryStorage;
use limitador::storage::{Authorization, CounterStorage};

use super::store::{Kept, Unusable};
use crate::ask::{Ask, Kind};
use crate::decision::{Decision, Failure, Left, Verdict};

/// How many counters of each kind may be alive. One takes about 600 bytes, and its name three times:
/// with names as ours are this is a quarter of a gigabyte, and with the longest that are accepted a
/// whole one. Windows of a second hold as many as twenty thousand callers a second.
pub const MAX_COUNTERS: usize = 250_000;
/// How many counters whose time is over are deleted before a request is decided, so that no request
/// waits for all of a minute's counters to go. More are deleted than a request can add.
const DELETED_AT_ONCE: usize = 1_024;

/// The counters that are alive.
pub struct Live {
    storage: InMemoryStorage,
    rates: Shelf,
    quotas: Shelf,
}

/// The counters of one kind, and the ends of all, in milliseconds since 1970.
#[derive(Default)]
struct Shelf {
    counters: HashMap<Arc<str>, (Limit, u64)>,
    ends: BinaryHeap<Reverse<(u64, Arc<str>)>>,
}

impl Live {
    /// Goes on from counters that were kept.
    pub fn with(kept: Vec<Kept>, now: SystemTime) -> Result<Self, Unusable> {
        // The cache that forgets is not used: nothing here has variables.
        let mut live = Self {
            storage: InMemoryStorage::new(1),
            rates: Shelf::default(),
            quotas: Shelf::default(),
        };
        for kept in kept {
            // limitador counts from now on, and must not be done with it before its end.
            let end = kept.end.saturating_mul(1_000);
            let left = end.saturating_sub(millis(now)).div_ceil(1_000);
            let limit = limit(&kept.counter, left);
            let counted =
                counter(&limit, u32::MAX).and_then(|counter| live.update(&counter, kept.count));
            counted.map_err(|failure| Unusable::Corrupt(failure.to_string()))?;
            live.quotas.insert(&kept.counter, limit, end);
        }
        Ok(live)
    }

    /// Grants everything that is asked for, or nothing. Also says until when each counter is kept, in
    /// milliseconds since 1970.
    pub fn take(&mut self, asks: &[Ask], now: SystemTime) -> Result<(Decision, Vec<u64>), Failure> {
        let now_millis = millis(now);
        self.forget(asks, now_millis)?;
        let mut counters = Vec::with_capacity(asks.len());
        let mut left = Vec::with_capacity(asks.len());
        let mut new = (0, 0);
        for ask in asks {
            let (shelf, new) = match ask.kind {
                Kind::Rate => (&self.rates, &mut new.0),
                Kind::Quota(_) => (&self.quotas, &mut new.1),
            };
            let (limit, end) = if let Some(known) = shelf.counters.get(ask.counter.as_str()) {
                known.clone()
            } else {
                *new += 1;
                if shelf.counters.len() + *new > MAX_COUNTERS {
                    return Err(Failure::Full);
                }
                let kept = ask.kept(now);
                let end = now_millis.saturating_add(to_millis(kept));
                (limit(&ask.counter, kept.as_secs()), end)
            };
            let mut checked = vec![counter(&limit, ask.limit)?];
            // A look finds out whether there is anything left.
            let authorization = self.storage.check(&mut checked, ask.hits.max(1).into());
            let verdict = match authorization.map_err(storage)? {
                Authorization::Ok => Verdict::Grant,
                Authorization::Limited(_) => Verdict::Refuse,
            };
            let counter = checked.pop().ok_or_else(nothing)?;
            left.push(Left {
                verdict,
                remaining: counter.remaining().unwrap_or_default(),
                reset: ask.reset(now, counter.expires_in().unwrap_or_default()),
            });
            counters.push((counter, limit, end));
        }
        let ends = counters.iter().map(|(_, _, end)| *end).collect();
        if left.iter().any(|left| left.verdict == Verdict::Refuse) {
            return Ok((Decision { verdict: Verdict::Refuse, left }, ends));
        }
        for ((ask, left), (counter, limit, end)) in asks.iter().zip(&mut left).zip(counters) {
            if ask.hits == 0 {
                continue;
            }
            self.update(&counter, ask.hits.into())?;
            left.remaining = left.remaining.saturating_sub(ask.hits.into());
            match ask.kind {
                Kind::Rate => self.rates.insert(&ask.counter, limit, end),
                Kind::Quota(_) => self.quotas.insert(&ask.counter, limit, end),
            }
        }
        Ok((Decision { verdict: Verdict::Grant, left }, ends))
    }

    fn update(&self, counter: &Counter, hits: u64) -> Result<(), Failure> {
        self.storage.update_counter(counter, hits).map_err(storage)
    }

    /// Deletes counters whose time is over: those that are asked for, and of the others some.
    fn forget(&mut self, asks: &[Ask], now: u64) -> Result<(), Failure> {
        let mut over = HashSet::new();
        for ask in asks {
            let shelf = match ask.kind {
                Kind::Rate => &mut self.rates,
                Kind::Quota(_) => &mut self.quotas,
            };
            over.extend(shelf.remove(&ask.counter, |end| end <= now));
        }
        for shelf in [&mut self.rates, &mut self.quotas] {
            shelf.remove_until(now, &mut over);
        }
        if over.is_empty() {
            return Ok(());
        }
        self.storage.delete_counters(&over).map_err(storage)
    }
}

impl Shelf {
    fn insert(&mut self, name: &str, limit: Limit, end: u64) {
        if !self.counters.contains_key(name) {
            let name: Arc<str> = name.into();
            self.ends.push(Reverse((end, Arc::clone(&name))));
            self.counters.insert(name, (limit, end));
        }
    }

    fn remove_until(&mut self, now: u64, over: &mut HashSet<Arc<Limit>>) {
        for _ in 0..DELETED_AT_ONCE {
            match self.ends.peek() {
                Some(Reverse((end, _))) if *end <= now => {}
                _ => return,
            }
            let Some(Reverse((over_at, name))) = self.ends.pop() else { return };
            // Since this end was written down, the counter may have been deleted and begun again.
            over.extend(self.remove(&name, |end| end == over_at));
        }
    }

    /// Removes a counter if its end is such.
    fn remove(&mut self, name: &str, is_over: impl FnOnce(u64) -> bool) -> Option<Arc<Limit>> {
        let (_, end) = self.counters.get(name)?;
        if !is_over(*end) {
            return None;
        }
        self.counters.remove(name).map(|(limit, _)| Arc::new(limit))
    }
}

/// A limit of its own for a counter. How many may pass is said when it is used.
fn limit(name: &str, seconds: u64) -> Limit {
    Limit::new(name, 0, seconds, [], [])
}

fn counter(limit: &Limit, up_to: u32) -> Result<Counter, Failure> {
    let mut limit = limit.clone();
    limit.set_max_value(up_to.into());
    let counter = Counter::new(limit, &Context::default());
    counter.map_err(|error| Failure::State(error.to_string()))?.ok_or_else(nothing)
}

fn nothing() -> Failure {
    Failure::State("no counter was made".to_owned())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape of `map_err`")]
fn storage(error: limitador::storage::StorageErr) -> Failure {
    Failure::State(error.to_string())
}

/// Since 1970. In whole seconds a counter could end up to one too early.
fn millis(moment: SystemTime) -> u64 {
    to_millis(moment.duration_since(UNIX_EPOCH).unwrap_or(Duration::ZERO))
}

fn to_millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests;
