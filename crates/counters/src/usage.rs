//! What keys have used of their plans, as API Gateway's `GetUsage` tells it.
//!
//! Usage is recorded for each UTC day by this server's clock, whatever the plan's period is. What
//! remains is told of the limit last seen for the plan and the key, as if it had always been the
//! limit: of a day for a daily quota, and for a longer period, of what was used from the day it
//! began on. When that day is not known, neither is what remains.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::ask::{Ask, MAX_TEXT, Quota};
use crate::day::Day;
use crate::decision::Failure;
use crate::engine::Engine;
use crate::unit::{Unit, from_wire, wire};

/// For how many days usage is kept: a year, and a month to look back at it.
pub const KEPT_DAYS: u32 = 400;
/// How many keys of a plan are told of at once: twice a page of API Gateway's.
pub const MAX_KEYS: usize = 1_000;
/// Why no more are.
pub const TOO_MANY_KEYS: &str = "the plan has more than 1000 keys: name one";
/// How many days of keys are looked up for one answer. They are found in less than a second.
const MAX_CELLS: u64 = 100_000;

/// What keys have used on which day. Days without use are left out.
pub type Used = BTreeMap<String, BTreeMap<Day, u64>>;

/// A usage plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// Whose it is: the domain, which a gateway asks in.
    pub domain: String,
    /// What it is called there.
    pub id: String,
}

/// The limit that was last seen for a plan and a key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Seen {
    limit: u32,
    /// The unit's number in the protocol, or one that is none.
    unit: i32,
    period: Option<String>,
}

impl Seen {
    /// The limit of something that is asked for.
    pub fn of(ask: &Ask, quota: &Quota) -> Self {
        Self { limit: ask.limit, unit: wire(ask.unit), period: Some(quota.period.clone()) }
    }

    /// As it is stored.
    pub fn to_json(&self) -> String {
        serde_json::json!(self).to_string()
    }

    /// From what was stored. What is not understood is a limit of which nothing is known.
    pub fn from_json(text: &str) -> Self {
        serde_json::from_str(text).unwrap_or(Self { limit: 0, unit: 0, period: None })
    }

    /// How many remained at the end of a day.
    fn remaining(&self, day: Day, used: &BTreeMap<Day, u64>) -> Option<u64> {
        let period = self.period.as_deref().and_then(|period| period.parse().ok());
        let start = match from_wire(self.unit)? {
            Unit::Day => day,
            unit => day.period_start(unit, period?)?,
        };
        let used: u64 = used.range(start..=day).map(|(_, used)| used).sum();
        Some(u64::from(self.limit).saturating_sub(used))
    }

    /// How many days before a day its period may have begun.
    fn days_back(&self) -> u32 {
        match from_wire(self.unit) {
            Some(Unit::Week) => 6,
            Some(Unit::Month) => 62,
            Some(Unit::Year) => 366,
            _ => 0,
        }
    }
}

/// What is asked of the usage.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Question {
    /// The domain of the plan; that of gateways which are told none where absent.
    #[serde(default = "Question::default_domain")]
    pub domain: String,
    /// The plan.
    pub plan: String,
    /// The key; all of the plan where absent.
    pub key: Option<String>,
    /// The first day.
    pub from: String,
    /// The last day.
    pub to: String,
}

/// What is answered: `GetUsage`'s shape.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Usage {
    /// The plan.
    pub usage_plan_id: String,
    /// The first day.
    pub start_date: String,
    /// The last day.
    pub end_date: String,
    /// For each key and each day: how many were used, and how many remained.
    pub items: BTreeMap<String, Vec<(u64, Option<u64>)>>,
}

/// Why there is no answer.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub enum NoUsage {
    /// The question makes no sense.
    #[error("{0}")]
    Question(String),
    /// The engine does not know.
    #[error(transparent)]
    Failure(#[from] Failure),
}

impl Question {
    fn default_domain() -> String {
        "tollgate".to_owned()
    }

    /// Answers it on a day.
    pub async fn answer(self, engine: &Engine, today: Day) -> Result<Usage, NoUsage> {
        let day = |text: &str| text.parse::<Day>().map_err(|no| NoUsage::Question(no.to_string()));
        let (from, to) = (day(&self.from)?, day(&self.to)?);
        let refuse = |reason: &str| Err(NoUsage::Question(reason.to_owned()));
        if from > to {
            return refuse("the first day is after the last");
        }
        if from.days_through(to) > KEPT_DAYS {
            return refuse("usage is kept for 400 days, so no more can be asked for");
        }
        let texts = [Some(&self.domain), Some(&self.plan), self.key.as_ref()];
        if texts.into_iter().flatten().any(|text| text.len() > MAX_TEXT) {
            return refuse("the domain, the plan or the key is longer than 256 bytes");
        }
        let plan = Plan { domain: self.domain, id: self.plan };
        let seen = engine.seen(&plan, self.key.as_deref(), today).await?;
        let keys: Vec<_> = match &self.key {
            Some(key) => vec![key.clone()],
            None => seen.keys().cloned().collect(),
        };
        let back = seen.values().map(Seen::days_back).max().unwrap_or_default();
        let first = from.minus(back);
        let cells = u64::from(first.days_through(to)).saturating_mul(keys.len() as u64);
        if cells > MAX_CELLS {
            return refuse("too many keys and days: name a key, or fewer days");
        }
        let used = engine.used(&plan, &keys, (first, to)).await?;
        let none = BTreeMap::new();
        let days = |key: &String| {
            let used = used.get(key).unwrap_or(&none);
            from.through(to)
                .map(|day| {
                    let count = used.get(&day).copied().unwrap_or_default();
                    (count, seen.get(key).and_then(|seen| seen.remaining(day, used)))
                })
                .collect::<Vec<_>>()
        };
        // As API Gateway has it, a key that was not named and not used is left out.
        let is_told = |days: &Vec<(u64, Option<u64>)>| {
            self.key.is_some() || days.iter().any(|(used, _)| *used > 0)
        };
        let items = keys.iter().map(|key| (key.clone(), days(key)));
        Ok(Usage {
            items: items.filter(|(_, days)| is_told(days)).collect(),
            usage_plan_id: plan.id,
            start_date: from.to_string(),
            end_date: to.to_string(),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_remains_is_of_the_period_that_the_day_is_in() {
        let day = |text: &str| text.parse::<Day>().unwrap();
        let used: BTreeMap<_, _> =
            [("2026-11-14", 1), ("2026-11-15", 2), ("2026-11-16", 3), ("2026-11-22", 4)]
                .map(|(text, used)| (day(text), used))
                .into();
        let remaining = |unit: Option<Unit>, period: &str, on: &str| {
            let (unit, period) = (unit.map_or(0, wire), Some(period.to_owned()));
            Seen { limit: 10, unit, period }.remaining(day(on), &used)
        };
        assert_eq!(remaining(Some(Unit::Day), "2026-11-24", "2026-11-16"), Some(7));
        assert_eq!(remaining(Some(Unit::Week), "2026-11-22", "2026-11-16"), Some(5));
        assert_eq!(remaining(Some(Unit::Week), "2026-11-22", "2026-11-22"), Some(6));
        assert_eq!(remaining(Some(Unit::Month), "2026-11-01", "2026-11-22"), Some(0));
        assert_eq!(remaining(Some(Unit::Month), "some month", "2026-11-22"), None);
        assert_eq!(remaining(None, "2026-11-01", "2026-11-22"), None);
    }

    #[test]
    fn what_was_seen_is_read_as_it_was_stored() {
        let seen = Seen { limit: 10, unit: wire(Unit::Week), period: Some("2026-11-22".into()) };
        assert_eq!(Seen::from_json(&seen.to_json()), seen);
        assert_eq!(Seen::from_json("{}").unit, 0);
        assert_eq!(Seen::from_json("?").unit, 0);
    }
}
