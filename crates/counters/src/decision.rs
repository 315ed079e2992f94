//! What becomes of what is asked for.

use std::time::Duration;

/// The longest that an engine may take to answer. A proxy waits less for a yes before it refuses.
pub const TIME_LIMIT: Duration = Duration::from_secs(1);

/// What was decided.
#[derive(Debug, PartialEq, Eq)]
#[must_use]
pub struct Decision {
    /// Whether everything is granted; otherwise nothing is.
    pub verdict: Verdict,
    /// What is left of each limit, in the order that was asked in.
    pub left: Vec<Left>,
}

/// Whether something is granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// It is, and has been counted.
    Grant,
    /// It is not, and nothing has been counted.
    Refuse,
}

/// What is left of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Left {
    /// Whether there was enough of this one.
    pub verdict: Verdict,
    /// How many are left now.
    pub remaining: u64,
    /// How long until there are all again.
    pub reset: Duration,
}

/// Why nothing was decided. Whoever asked must not take it for a yes.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Failure {
    /// There are as many counters as may be, and all are in use.
    #[error("there are too many counters: none is forgotten before its time")]
    Full,
    /// Redis does not answer, or not in time.
    #[error("redis cannot be reached: {0}")]
    Redis(String),
    /// The state cannot be written.
    #[error("the state cannot be written: {0}")]
    State(String),
    /// Something was asked for that would take too long to find.
    #[error("{0}")]
    Refused(&'static str),
}
