//! What counters are called in Redis.
//!
//! All of them are of two of limitador's limits, told apart by one variable. A limit with an id is
//! known by nothing but that, so a counter goes on whatever becomes of its limit. limitador also
//! keeps a set of all counters of each limit, from which nothing is ever removed; nothing here
//! reads it, and it is deleted now and then.

use std::collections::HashMap;
use std::time::SystemTime;

use limitador::counter::Counter;
use limitador::limit::{Context, Expression, Limit, ParseError};
use serde_json::json;

use crate::ask::Ask;
use crate::day::Day;
use crate::decision::Failure;
use crate::usage::KEPT_DAYS;

/// What all names begin with. What follows changes with the meaning of a counter.
const ASKED: &str = "tollgate/1/counter";
const USED: &str = "tollgate/1/used";
const SEEN: &str = "tollgate/1/seen";
/// The limits seen on how many days are kept together.
const TOGETHER: u32 = 100;
/// The variable that tells counters apart.
const NAME: &str = "name";
/// More than is ever used. Lua counts exactly up to here.
const NO_LIMIT: u64 = 1 << 53;

/// Makes limitador's counters.
pub struct Counters {
    name: Expression,
}

impl Counters {
    /// Fails only where limitador has another idea of a name.
    pub fn new() -> Result<Self, ParseError> {
        Ok(Self { name: NAME.try_into()? })
    }

    /// The counter of something that is asked for.
    pub fn of(&self, ask: &Ask, now: SystemTime) -> Result<Counter, Failure> {
        self.counter(ASKED, ask.limit.into(), ask.kept(now).as_secs(), ask.counter.clone())
    }

    /// The counter of what a key has used on a day.
    pub fn usage(&self, domain: &str, plan: &str, key: &str, day: Day) -> Result<Counter, Failure> {
        let name = json!([domain, plan, key, day.to_string()]).to_string();
        self.counter(USED, NO_LIMIT, u64::from(KEPT_DAYS) * 86_400, name)
    }

    /// What such a counter counts to.
    pub fn used(counter: &Counter) -> u64 {
        counter.remaining().map_or(0, |remaining| NO_LIMIT.saturating_sub(remaining))
    }

    /// Where the limits are that were seen for a plan's keys on a day, and some days before and
    /// after it. As nothing is written there later it goes as a whole, with the keys that went.
    pub fn seen(domain: &str, plan: &str, day: Day) -> String {
        format!("{SEEN}:{}:{}", day.number() / TOGETHER, json!([domain, plan]))
    }

    /// Where the limits are that were last seen for a plan's keys, the latest last.
    pub fn all_seen(domain: &str, plan: &str, today: Day) -> Vec<String> {
        let back = (0..=KEPT_DAYS.div_ceil(TOGETHER)).rev();
        back.map(|back| Self::seen(domain, plan, today.minus(back * TOGETHER))).collect()
    }

    /// limitador's sets of counters: its version of the format, then the id and its length.
    pub fn sets() -> impl Iterator<Item = Vec<u8>> {
        [ASKED, USED].into_iter().map(|id| {
            let length = u8::try_from(id.len()).unwrap_or_default();
            [&[2, length], id.as_bytes()].concat()
        })
    }

    fn counter(
        &self,
        id: &str,
        up_to: u64,
        seconds: u64,
        name: String,
    ) -> Result<Counter, Failure> {
        let limit = Limit::with_id(id, "tollgate", up_to, seconds, [], [self.name.clone()]);
        let context = Context::from(HashMap::from([(NAME.to_owned(), name)]));
        let counter = Counter::new(limit, &context);
        let counter = counter.map_err(|error| Failure::Redis(error.to_string()))?;
        counter.ok_or_else(|| Failure::Redis("no counter was made".to_owned()))
    }
}
