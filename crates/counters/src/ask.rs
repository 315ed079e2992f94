//! What is asked for: a request of the protocol, once it is known to make sense.

use std::collections::BTreeSet;
use std::time::{Duration, SystemTime};

use crate::day::Day;
use crate::messages::{Descriptor, Entry, Request};
use crate::unit::{Unit, from_wire, length};

/// How many descriptors a request may have. A gateway sends one; the standard filter sends one for
/// each action of a route, which are a handful.
pub const MAX_DESCRIPTORS: usize = 16;
/// How many entries a descriptor may have. Ours have three.
pub const MAX_ENTRIES: usize = 16;
/// How long a key, a value and the domain may be, in bytes. The longest are keys' ids and names of
/// plans, which API Gateway keeps shorter.
pub const MAX_TEXT: usize = 256;
/// How long a counter's name may be, in bytes: it is made of the domain and all entries, and kept. Ours
/// are of three of the longest texts at most, and mostly a tenth of that.
pub const MAX_COUNTER: usize = 1_024;
/// How long a counter that names its own time is kept after that time. A proxy whose clock is a
/// little behind, and a lease that was asked for in the last moment, find it and not a new one.
pub const KEPT_AFTER: Duration = Duration::from_secs(10);
/// For how many units a counter that names its own time is kept at most, whatever time that is.
const LONGEST: u32 = 2;

/// One descriptor of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Ask {
    /// What the counter is known by: the domain and every entry, in order. The limit is no part.
    pub counter: String,
    /// What is counted.
    pub kind: Kind,
    /// Up to how many.
    pub limit: u32,
    /// In what time.
    pub unit: Unit,
    /// How many are taken. None is a look at what is left.
    pub hits: u32,
    /// Whether the entries name the time, so that the next time has another counter.
    pub is_dated: bool,
    /// When that time is over, where that can be read. A rate's window is told by a number of which
    /// only the proxies know what time it is.
    pub until: Option<SystemTime>,
}

/// What is counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Requests in a short time. To lose count costs one such time.
    Rate,
    /// What a customer may use and has used. Its count survives a power cut.
    Quota(Quota),
}

/// What a customer may use.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Quota {
    /// Whose plan it is: the domain.
    pub domain: String,
    /// The usage plan.
    pub plan: String,
    /// The key.
    pub key: String,
    /// The period, by its first day where it is one.
    pub period: String,
}

/// A request that makes no sense.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum Malformed {
    /// There is nothing to count.
    #[error("the request has no descriptor")]
    Empty,
    /// More than [`MAX_DESCRIPTORS`].
    #[error("the request has {0} descriptors and may have {MAX_DESCRIPTORS}")]
    Many(usize),
    /// The domain is missing or longer than [`MAX_TEXT`].
    #[error("the domain is not of 1 to {MAX_TEXT} bytes")]
    Domain,
    /// Something about one descriptor.
    #[error("descriptor {index} ({name}): {reason}")]
    Descriptor {
        /// Which, from 0.
        index: usize,
        /// The keys and values that it has.
        name: String,
        /// What is wrong with it.
        reason: &'static str,
    },
}

impl Ask {
    /// Reads a request.
    pub fn all(request: &Request) -> Result<Vec<Self>, Malformed> {
        if request.domain.is_empty() || request.domain.len() > MAX_TEXT {
            return Err(Malformed::Domain);
        }
        match request.descriptors.len() {
            0 => return Err(Malformed::Empty),
            many if many > MAX_DESCRIPTORS => return Err(Malformed::Many(many)),
            _ => {}
        }
        let mut asks = Vec::with_capacity(request.descriptors.len());
        let mut counters = BTreeSet::new();
        for (index, descriptor) in request.descriptors.iter().enumerate() {
            let refuse =
                |reason| Malformed::Descriptor { index, name: name(&descriptor.entries), reason };
            let ask = Self::one(request, descriptor).map_err(refuse)?;
            if !counters.insert(ask.counter.clone()) {
                return Err(refuse("is there twice"));
            }
            asks.push(ask);
        }
        Ok(asks)
    }

    fn one(request: &Request, descriptor: &Descriptor) -> Result<Self, &'static str> {
        let entries = &descriptor.entries;
        if entries.is_empty() || entries.len() > MAX_ENTRIES {
            return Err("must have 1 to 16 entries");
        }
        if entries.iter().any(|entry| entry.key.is_empty() || entry.key.len() > MAX_TEXT) {
            return Err("a key is not of 1 to 256 bytes");
        }
        if entries.iter().any(|entry| entry.value.len() > MAX_TEXT) {
            return Err("a value is longer than 256 bytes");
        }
        if descriptor.is_negative_hits {
            return Err("hits cannot be given back");
        }
        let limit = descriptor.limit.as_ref().ok_or("has no limit, and this server has none")?;
        let unit = from_wire(limit.unit).ok_or("the limit has an unknown unit")?;
        let hits = match descriptor.hits_addend {
            Some(hits) => u32::try_from(hits).map_err(|_| "asks for more than any limit")?,
            None => request.hits_addend.max(1),
        };
        let counter = counter(&request.domain, entries);
        if counter.len() > MAX_COUNTER {
            return Err("the domain and the entries make a name longer than 1024 bytes");
        }
        let (kind, is_dated, start) = kind(&request.domain, entries);
        Ok(Self {
            counter,
            kind,
            limit: limit.requests_per_unit,
            unit,
            hits,
            is_dated,
            until: start.map(|start| start + length(unit)),
        })
    }

    /// How long its counter is kept where this is its first use, in whole seconds: for the unit, and
    /// where the entries name the time, until a little after that. A proxy whose clock is ahead is
    /// the first to ask for that time, and those whose clocks are right go on until it is over.
    pub fn kept(&self, now: SystemTime) -> Duration {
        let unit = length(self.unit);
        if !self.is_dated {
            return unit;
        }
        let until = self.until.and_then(|until| until.duration_since(now).ok());
        let until = until.map_or(0, |until| until.as_secs().saturating_add(1));
        Duration::from_secs(until).clamp(unit, unit * LONGEST) + KEPT_AFTER
    }

    /// How long until there is all of it again, where the counter itself goes after `left`.
    pub fn reset(&self, now: SystemTime, left: Duration) -> Duration {
        let until = self.until.and_then(|until| until.duration_since(now).ok());
        let until = until.filter(|until| *until <= length(self.unit));
        until.unwrap_or(left).min(length(self.unit))
    }
}

/// What is counted, whether the entries name the time, and when that time began.
fn kind(domain: &str, entries: &[Entry]) -> (Kind, bool, Option<SystemTime>) {
    let keys = entries.iter().map(|entry| entry.key.as_str());
    let value = |index: usize| entries.get(index).map(|entry| entry.value.as_str());
    if keys.clone().eq(["usage_plan", "key", "period"]) {
        let text = |index| value(index).unwrap_or_default().to_owned();
        let domain = domain.to_owned();
        let quota = Quota { domain, plan: text(0), key: text(1), period: text(2) };
        let start = quota.period.parse().ok().map(Day::start);
        return (Kind::Quota(quota), true, start);
    }
    if keys.eq(["limit", "subject", "window"]) {
        return (Kind::Rate, true, None);
    }
    (Kind::Rate, false, None)
}

/// A counter's name. As JSON, no two lists of entries have the same.
fn counter(domain: &str, entries: &[Entry]) -> String {
    let pairs: Vec<_> = entries.iter().map(|entry| (&entry.key, &entry.value)).collect();
    serde_json::json!([domain, pairs]).to_string()
}

/// A descriptor as an operator can recognize it, and no longer than a line.
fn name(entries: &[Entry]) -> String {
    let pairs: Vec<_> = (entries.iter().take(MAX_ENTRIES))
        .map(|entry| format!("{}={}", entry.key.escape_debug(), entry.value.escape_debug()))
        .collect();
    pairs.join(",").chars().take(MAX_TEXT).collect()
}

#[cfg(test)]
mod tests;
