//! Who counts: one machine for itself, or Redis for many.

use std::collections::BTreeMap;
use std::time::SystemTime;

use crate::ask::Ask;
use crate::day::Day;
use crate::decision::{Decision, Failure};
use crate::embedded::Embedded;
use crate::redis::Redis;
use crate::usage::{Plan, Seen, Used};

/// What counts. Both kinds hold limitador's storage, which decides.
pub enum Engine {
    /// One machine for itself.
    Embedded(Box<Embedded>),
    /// Redis.
    Redis(Redis),
}

impl Engine {
    /// Grants everything that is asked for, or nothing.
    pub async fn take(&self, asks: &[Ask], now: SystemTime) -> Result<Decision, Failure> {
        match self {
            Self::Embedded(embedded) => embedded.take(asks, now).await,
            Self::Redis(redis) => redis.take(asks, now).await,
        }
    }

    /// The limits last seen until a day for one key of a plan, or all.
    pub async fn seen(
        &self,
        plan: &Plan,
        key: Option<&str>,
        today: Day,
    ) -> Result<BTreeMap<String, Seen>, Failure> {
        match self {
            Self::Embedded(embedded) => embedded.seen(plan, key).await,
            Self::Redis(redis) => redis.seen(plan, key, today).await,
        }
    }

    /// What keys of a plan have used on these days.
    pub async fn used(
        &self,
        plan: &Plan,
        keys: &[String],
        days: (Day, Day),
    ) -> Result<Used, Failure> {
        match self {
            Self::Embedded(embedded) => embedded.used(plan, keys, days).await,
            Self::Redis(redis) => redis.used(plan, keys, days).await,
        }
    }

    /// Whether something could be granted now.
    pub async fn health(&self, now: SystemTime) -> Result<(), Failure> {
        match self {
            Self::Embedded(embedded) => embedded.health(now).await,
            Self::Redis(redis) => redis.health().await,
        }
    }

    /// Finishes what is under way and lets go of what it holds.
    pub async fn stop(&self) {
        match self {
            Self::Embedded(embedded) => embedded.stop().await,
            Self::Redis(redis) => redis.stop(),
        }
    }
}
