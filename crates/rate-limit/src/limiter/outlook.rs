//! What a caller may be told of a limit.

use std::time::Duration;

use super::Limiter;
use crate::limit::Limit;
use crate::limiters::Moment;
use crate::subject::Subject;
use crate::supply::Supply;

/// What a caller may be told of a limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Outlook {
    /// The size of the bucket, or the quota.
    pub limit: u32,
    /// In what time so many come: that to fill the bucket, or the period.
    pub window: Duration,
    /// How many are left, as far as this worker knows.
    pub remaining: u32,
    /// When there are as many as there can be.
    pub reset: Duration,
}

impl Limiter {
    /// What a caller may be told of the limit.
    #[must_use]
    pub fn outlook(&self, subject: &Subject<'_>, moment: &Moment) -> Outlook {
        let mut leases = self.leases.borrow_mut();
        let lease = leases.of(subject.id);
        let remaining = lease.tokens.saturating_add(lease.left);
        match (&self.supply, self.limit) {
            (Some(supply @ Supply::Periods(quota)), None) => {
                let window = supply.window(moment.now);
                let reset = Duration::from_micros(window.end.saturating_sub(moment.time()));
                Outlook { limit: quota.limit, window: quota.period.length(), remaining, reset }
            }
            (_, limit) => {
                let limit = limit.unwrap_or(Limit::NONE);
                let remaining = remaining.min(limit.burst());
                let fill = |tokens: u32| Duration::from_micros(limit.micros_for_tokens(tokens));
                Outlook {
                    limit: limit.burst(),
                    window: fill(limit.burst()),
                    remaining,
                    reset: fill(limit.burst().saturating_sub(remaining)),
                }
            }
        }
    }
}
