//! Limits the rate of requests, as API Gateway's throttling does.
//!
//! A request is judged by every limit that it falls under, in their order; the first that is exceeded
//! refuses it with `429 Too Many Requests`, and one that is refused takes nothing from any of them.
//! A limit counts everybody together, or each client for itself: by address, by a header field, or, in
//! the gateway, by what an authorizer says of the caller. Clients that do not say what they are counted
//! by are counted together.
//!
//! Unlike API Gateway, whose limits are "targets rather than guaranteed ceilings", these are
//! ceilings: see [`tollgate_rate_limit`], and [`Counters`](tollgate_rate_limit::Counters) for several
//! proxies.

mod config;
mod key;
mod throttle;

pub use config::{Config, Key, Level};
pub use throttle::{Notes, Throttle};

#[cfg(test)]
mod tests;
