//! API keys and usage plans, as REST APIs of API Gateway have them, for any API.
//!
//! A request brings a key; the key belongs to a usage plan; the plan says how fast requests may come,
//! and how many there may be in a day, a week or a month. Each key has its own bucket and its own count.
//! No key, an unknown one, one that is disabled or in no plan is `403 Forbidden`; a request that comes
//! too fast is `429 Too Many Requests`, and one beyond the quota `429 Limit Exceeded`. What is refused
//! for its rate does not count for the quota.
//!
//! Keys are known by their SHA-256 alone, see [`tollgate_api_keys`]. What is counted is exact across
//! the workers of a proxy, and several proxies admit no more than one would, see
//! [`tollgate_rate_limit`]. Unlike API Gateway, which serves requests without
//! limits when it fails to count them, what holds then is for the operator to say.

mod config;
mod keys;
mod plan;
mod recent;
mod usage_plan;

pub use config::{Config, Plan};
pub use keys::{Identified, Keys, Stranger};
pub use plan::{Limits, MAX_PLANS};
pub use usage_plan::{Notes, UsagePlan};

#[cfg(test)]
mod tests;
