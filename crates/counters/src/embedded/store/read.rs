//! What the state is asked for.

use std::collections::BTreeMap;
use std::time::SystemTime;

use redb::{Database, ReadableDatabase, ReadableTable};

use super::{COUNTERS, Kept, SEEN, Store, USAGE, Unusable, seconds, unusable};
use crate::day::Day;
use crate::decision::Failure;
use crate::usage::{MAX_KEYS, Plan, Seen, TOO_MANY_KEYS, Used};

impl Store {
    /// The counters whose time is not over.
    pub fn counters(&self, now: SystemTime) -> Result<Vec<Kept>, Unusable> {
        let read = |database: &Database| {
            let mut all = Vec::new();
            for entry in database.begin_read()?.open_table(COUNTERS)?.iter()? {
                let (name, kept) = entry?;
                let (count, end) = kept.value();
                if end > seconds(now) {
                    let counter = name.value().to_owned();
                    all.push(Kept { counter, count, end });
                }
            }
            Ok(all)
        };
        self.file.with(read).map_err(unusable)
    }

    /// The limits last seen for one key of a plan, or all.
    pub fn seen(&self, plan: &Plan, key: Option<&str>) -> Result<BTreeMap<String, Seen>, Failure> {
        let read = |database: &Database| {
            let table = database.begin_read()?.open_table(SEEN)?;
            let mut all = BTreeMap::new();
            let (domain, id) = (plan.domain.as_str(), plan.id.as_str());
            for entry in table.range((domain, id, key.unwrap_or_default())..)? {
                let (found, seen) = entry?;
                let found = found.value();
                let is_asked = key.is_none_or(|key| key == found.2);
                if (found.0, found.1) != (domain, id) || !is_asked || all.len() > MAX_KEYS {
                    break;
                }
                // Whatever another version wrote here is no reason to hide what was used.
                let seen = Seen::from_json(seen.value().0);
                all.insert(found.2.to_owned(), seen);
            }
            Ok(all)
        };
        let all = self.file.read(read)?;
        if all.len() > MAX_KEYS {
            return Err(Failure::Refused(TOO_MANY_KEYS));
        }
        Ok(all)
    }

    /// What keys of a plan have used on these days.
    pub fn used(&self, plan: &Plan, keys: &[String], days: (Day, Day)) -> Result<Used, Failure> {
        let read = |database: &Database| {
            let table = database.begin_read()?.open_table(USAGE)?;
            let mut used = Used::new();
            for key in keys {
                for day in days.0.through(days.1) {
                    let row = (day.number(), plan.domain.as_str(), plan.id.as_str(), key.as_str());
                    if let Some(count) = table.get(row)? {
                        used.entry(key.clone()).or_default().insert(day, count.value());
                    }
                }
            }
            Ok(used)
        };
        self.file.read(read)
    }
}
