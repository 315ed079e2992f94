//! Whether a canary is worse than the base, by what became of the requests of both.
//!
//! [`judge`] compares two [`Window`]s of the same time; [`advance`] does so after every interval and
//! says what follows. Both are functions of their arguments.

mod advance;
mod counts;
mod judge;
mod latency;
mod plan;
mod significance;
mod special;

pub use advance::{Action, FLUSH, Key, Moment, Observation, advance};
pub use counts::{Bucket, Counts, Latency, Look, Window};
pub use judge::{Base, Judged, Numbers, Side, Verdict, judge};
pub use plan::{AnalysisPlan, Conditions};
pub use significance::{Method, Significance, is_greater};

#[cfg(test)]
mod tests;
