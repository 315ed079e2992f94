//! Counting in Redis, which several of these servers may share.
//!
//! limitador's check followed by its update are two steps in Redis, between which another server
//! can grant the same. Its `reserve` is one script, so it decides here: what is asked for is held,
//! then counted, then the hold is let go. In between it counts twice and never not at all, so a
//! limit is never exceeded; a request in that moment may be refused although it would just have
//! fitted. What is held by a server that dies is free again after [`HOLD`].
//!
//! Needs Redis 7. What survives a restart of Redis is what its own persistence keeps.

mod counters;
mod link;

use std::collections::BTreeMap;
use std::future::Future;
use std::time::{Duration, SystemTime};

use limitador::counter::Counter;
use limitador::reservation::ReservationId;
use limitador::storage::{AsyncCounterStorage, Authorization, StorageErr};
use redis::RedisError;
use tokio::time::timeout;

use crate::ask::{Ask, Kind, Quota};
use crate::day::Day;
use crate::decision::{Decision, Failure, Left, TIME_LIMIT, Verdict};
use crate::usage::{KEPT_DAYS, MAX_KEYS, Plan, Seen, TOO_MANY_KEYS, Used};
use counters::Counters;
use link::Link;
pub use link::{Address, NoAddress, Redis};

/// How long something is held at most. The servers' clocks must not differ by more, as each tells
/// by its own whether a hold of another is over.
const HOLD: Duration = Duration::from_secs(30);
/// How many counters are read at once.
const READ_AT_ONCE: usize = 1_000;

impl Redis {
    /// Grants everything that is asked for, or nothing.
    pub async fn take(&self, asks: &[Ask], now: SystemTime) -> Result<Decision, Failure> {
        let link = self.link()?;
        in_time(link.take(asks, now)).await
    }

    /// The limits last seen until a day for one key of a plan, or all.
    pub async fn seen(
        &self,
        plan: &Plan,
        key: Option<&str>,
        today: Day,
    ) -> Result<BTreeMap<String, Seen>, Failure> {
        let link = self.link()?;
        in_time(link.seen(plan, key, today)).await
    }

    /// What keys of a plan have used on these days.
    pub async fn used(
        &self,
        plan: &Plan,
        keys: &[String],
        days: (Day, Day),
    ) -> Result<Used, Failure> {
        let link = self.link()?;
        let cells: Vec<_> =
            keys.iter().flat_map(|key| days.0.through(days.1).map(move |day| (key, day))).collect();
        let mut used = Used::new();
        for cells in cells.chunks(READ_AT_ONCE) {
            let Plan { domain, id } = plan;
            let counter = |(key, day): &(&String, Day)| link.counters.usage(domain, id, key, *day);
            let counters = cells.iter().map(counter);
            let mut counters = counters.collect::<Result<Vec<_>, _>>()?;
            in_time(async {
                // Nothing is asked for, so there is nothing to decide: what remains is filled in.
                let _ = link.storage.check(&mut counters, 0).await.map_err(storage)?;
                Ok(())
            })
            .await?;
            for ((key, day), counter) in cells.iter().zip(counters) {
                let count = Counters::used(&counter);
                if count > 0 {
                    used.entry((*key).clone()).or_default().insert(*day, count);
                }
            }
        }
        Ok(used)
    }

    /// Whether Redis answers.
    pub async fn health(&self) -> Result<(), Failure> {
        let link = self.link()?;
        in_time(link.ping()).await
    }
}

impl Link {
    async fn take(&self, asks: &[Ask], now: SystemTime) -> Result<Decision, Failure> {
        let mut held = Vec::with_capacity(asks.len());
        let taken = self.hold(asks, now, &mut held).await;
        let taken = match taken {
            Ok(decision) if decision.verdict == Verdict::Grant => {
                self.count(asks, &held, now).await.map(|()| decision)
            }
            other => other,
        };
        for (counter, id) in &held {
            // A hold that cannot be let go ends by itself.
            let _ = self.storage.release_reservation(std::slice::from_ref(counter), id).await;
        }
        taken
    }

    /// Holds everything, or says what there is too little of.
    async fn hold(
        &self,
        asks: &[Ask],
        now: SystemTime,
        held: &mut Vec<(Counter, ReservationId)>,
    ) -> Result<Decision, Failure> {
        let mut verdict = Verdict::Grant;
        let mut left = Vec::with_capacity(asks.len());
        for ask in asks {
            let mut counters = vec![self.counters.of(ask, now)?];
            let hits = u64::from(ask.hits);
            let holds = hits > 0 && verdict == Verdict::Grant;
            let authorization = if holds {
                let id = ReservationId::new();
                let reserve = self.storage.reserve(&mut counters, &id, hits, hits, HOLD);
                let authorization = reserve.await.map_err(storage)?;
                if let (Authorization::Ok, Some(counter)) = (&authorization, counters.first()) {
                    held.push((counter.clone(), id));
                }
                authorization
            } else {
                // A look, or an ask that comes too late: is there anything left?
                self.storage.check(&mut counters, hits.max(1)).await.map_err(storage)?
            };
            let own = match authorization {
                Authorization::Ok => Verdict::Grant,
                Authorization::Limited(_) => Verdict::Refuse,
            };
            if own == Verdict::Refuse {
                verdict = Verdict::Refuse;
            }
            let counter = counters.first();
            let remaining = counter.and_then(Counter::remaining).unwrap_or_default();
            let ends = counter.and_then(Counter::expires_in).unwrap_or_default();
            left.push(Left { verdict: own, remaining, reset: ask.reset(now, ends) });
        }
        if verdict == Verdict::Refuse {
            // What was held before the refusal is let go, and remains.
            let takes = asks.iter().zip(&mut left).filter(|(ask, _)| ask.hits > 0);
            for (ask, left) in takes.take(held.len()) {
                left.remaining = left.remaining.saturating_add(ask.hits.into());
            }
        }
        Ok(Decision { verdict, left })
    }

    /// Counts what is held.
    async fn count(
        &self,
        asks: &[Ask],
        held: &[(Counter, ReservationId)],
        now: SystemTime,
    ) -> Result<(), Failure> {
        for (ask, (counter, _)) in asks.iter().filter(|ask| ask.hits > 0).zip(held) {
            let hits = u64::from(ask.hits);
            let update =
                async { self.storage.update_counter(counter, hits).await.map_err(storage) };
            match &ask.kind {
                Kind::Rate => update.await?,
                Kind::Quota(quota) => {
                    let day = Day::of(now);
                    let Quota { domain, plan, key, .. } = quota;
                    let counter = self.counters.usage(domain, plan, key, day)?;
                    let used = async {
                        self.storage.update_counter(&counter, hits).await.map_err(storage)
                    };
                    let seen = Seen::of(ask, quota);
                    tokio::try_join!(update, used, self.remember(quota, &seen, day))?;
                }
            }
        }
        Ok(())
    }

    async fn remember(&self, quota: &Quota, seen: &Seen, day: Day) -> Result<(), Failure> {
        let name = Counters::seen(&quota.domain, &quota.plan, day);
        let mut connection = self.connection.clone();
        let mut both = redis::pipe();
        both.hset(&name, &quota.key, seen.to_json()).ignore();
        both.expire(&name, i64::from(KEPT_DAYS) * 86_400).ignore();
        both.query_async(&mut connection).await.map_err(unreachable)
    }

    async fn seen(
        &self,
        plan: &Plan,
        key: Option<&str>,
        today: Day,
    ) -> Result<BTreeMap<String, Seen>, Failure> {
        let names = Counters::all_seen(&plan.domain, &plan.id, today);
        let mut connection = self.connection.clone();
        let mut pipe = redis::pipe();
        if let Some(key) = key {
            names.iter().fold(&mut pipe, |pipe, name| pipe.hget(name, key));
            let found = pipe.query_async(&mut connection).await;
            let found: Vec<Option<String>> = found.map_err(unreachable)?;
            let last = found.into_iter().flatten().next_back();
            let last = last.map(|seen| (key.to_owned(), Seen::from_json(&seen)));
            return Ok(last.into_iter().collect());
        }
        names.iter().fold(&mut pipe, |pipe, name| pipe.hlen(name));
        let counts = pipe.query_async(&mut connection).await;
        let counts: Vec<usize> = counts.map_err(unreachable)?;
        if counts.iter().any(|count| *count > MAX_KEYS) {
            return Err(Failure::Refused(TOO_MANY_KEYS));
        }
        let mut pipe = redis::pipe();
        names.iter().fold(&mut pipe, |pipe, name| pipe.hgetall(name));
        let found = pipe.query_async(&mut connection).await;
        let found: Vec<BTreeMap<String, String>> = found.map_err(unreachable)?;
        // What was seen later takes the place of what was seen before.
        let all: BTreeMap<_, _> = found.into_iter().flatten().collect();
        if all.len() > MAX_KEYS {
            return Err(Failure::Refused(TOO_MANY_KEYS));
        }
        Ok(all.into_iter().map(|(key, seen)| (key, Seen::from_json(&seen))).collect())
    }
}

/// Waits no longer than anybody waits for the answer.
async fn in_time<T>(what: impl Future<Output = Result<T, Failure>>) -> Result<T, Failure> {
    let late = || Failure::Redis("there was no answer in time".to_owned());
    timeout(TIME_LIMIT, what).await.unwrap_or_else(|_| Err(late()))
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape of `map_err`")]
fn storage(error: StorageErr) -> Failure {
    Failure::Redis(error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "it is the shape of `map_err`")]
fn unreachable(error: RedisError) -> Failure {
    Failure::Redis(error.to_string())
}
