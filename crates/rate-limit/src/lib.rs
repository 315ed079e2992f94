//! Token buckets and quotas that hold across the workers of a proxy and across proxies.
//!
//! A [`Limiter`] is one limit: of everything, or of each [`Subject`] for itself. [`Limiters`] are the
//! limits of one policy. A request is judged in two steps, so that one that is refused takes no token
//! from any limit: first [`Limiters::check`] sees to it that every limit has a token in hand, then
//! [`Limiters::take`] takes one of each.
//!
//! # Three places a token can be
//!
//! * **In the bucket**, in the memory that the workers of a proxy share. It is changed only by
//!   compare-and-swap, so no token is there twice.
//! * **Lent to a worker**, in its own memory, where taking one costs no call of the proxy. A worker
//!   borrows few at first and more when it comes back soon, never more than a quarter of what is there,
//!   so that an emptying bucket lends one at a time; it gives back what it has not used. What is lent
//!   counts as if it were still in the bucket: the bucket refills to its burst *less* what is lent. So
//!   in any T seconds at most burst + rate x T requests are admitted, however many workers there are.
//! * **With the fleet**, where several proxies share a limit: in a counter of an RLS server, which
//!   grants them in batches. See [`Counters`] for what holds there, and what while it is down.
//!
//! Time is the proxy's uptime, which does not step; only windows and quotas that the fleet shares go
//! by the time of day.

mod bucket;
mod calendar;
mod config;
mod draw;
mod engine;
mod headers;
mod leases;
mod limit;
mod limiter;
mod limiters;
mod metrics;
mod pattern;
mod slot;
mod subject;
mod supply;
mod table;

pub use config::{Counters, OnUnavailable, Period, Quota, Throttle};
pub use headers::ResponseHeaders;
pub use limiter::{Limiter, Outlook, Per};
pub use limiters::{Check, Limiters, Moment, Patience};
pub use pattern::Pattern;
pub use subject::Subject;

#[cfg(test)]
mod tests;
