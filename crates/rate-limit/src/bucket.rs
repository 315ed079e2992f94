//! A token bucket that lends.

use crate::limit::{Limit, TOKEN};

/// How long a lease is good at least, in microseconds; at most it is good for twice as long. What a
/// worker that has crashed had borrowed is gone for that long.
const GENERATION: u64 = 1_000_000;

/// A token bucket, as what has been spent of it: one that was never used is full.
///
/// INVARIANT: what is spent and what is lent are together no more than the burst, so a lent token is
/// not made again while it is out. Whatever was lent and not settled in time counts as spent.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Bucket {
    /// What is missing from a full bucket, in units.
    pub(crate) spent: u64,
    /// When that was so, in microseconds of uptime.
    pub(crate) at: u64,
    /// Tokens lent in the generation before `generation`, and in it.
    pub(crate) lent: [u32; 2],
    pub(crate) generation: u32,
}

/// The generation of leases that a moment belongs to.
pub(crate) fn generation(now: u64) -> u32 {
    u32::try_from(now / GENERATION).unwrap_or(u32::MAX)
}

/// When what was lent in a generation is overdue.
pub(crate) fn overdue(generation: u32) -> u64 {
    u64::from(generation).saturating_add(2).saturating_mul(GENERATION)
}

impl Bucket {
    /// Brings the bucket up to a moment.
    pub(crate) fn refresh(&mut self, limit: Limit, now: u64) {
        let current = generation(now);
        while self.generation < current {
            let [before, latest] = self.lent;
            if before == 0 && latest == 0 {
                self.generation = current;
                break;
            }
            // What was lent in the generation before is overdue when this one ends.
            self.refill(limit, overdue(self.generation).saturating_sub(GENERATION));
            self.spend(before);
            self.lent = [latest, 0];
            self.generation = self.generation.saturating_add(1);
        }
        self.refill(limit, now);
        // A limit may have become smaller.
        self.spent = self.spent.min(limit.capacity());
    }

    fn refill(&mut self, limit: Limit, now: u64) {
        let refill = limit.refill(now.saturating_sub(self.at));
        self.spent = self.spent.saturating_sub(refill);
        self.at = self.at.max(now);
    }

    /// How many tokens are there.
    pub(crate) fn available(&self, limit: Limit) -> u32 {
        let [before, latest] = self.lent;
        let lent = u64::from(before).saturating_add(latest.into()).saturating_mul(TOKEN);
        let left = limit.capacity().saturating_sub(self.spent).saturating_sub(lent);
        u32::try_from(left / TOKEN).unwrap_or(u32::MAX)
    }

    /// How long until there is a token, in microseconds, if none comes back before.
    pub(crate) fn wait(&self, limit: Limit) -> u64 {
        let [before, latest] = self.lent;
        let lent = u64::from(before).saturating_add(latest.into()).saturating_mul(TOKEN);
        let used = self.spent.saturating_add(lent).saturating_add(TOKEN);
        limit.micros_for(used.saturating_sub(limit.capacity()))
    }

    /// Lends tokens that are there, for this generation and the next. The first is for a request that
    /// takes it at once, and counts as spent.
    pub(crate) fn lend(&mut self, tokens: u32) {
        let [_, latest] = &mut self.lent;
        *latest = latest.saturating_add(tokens.saturating_sub(1));
        self.spend(1);
    }

    /// Takes back a token that counts as spent: its request was refused by another limit.
    pub(crate) fn restore(&mut self) {
        self.spent = self.spent.saturating_sub(TOKEN);
    }

    /// Takes back a lease of a generation: so many of it were spent, and so many were not. One that
    /// is overdue counts as spent already. What has come since it was spent is lost unless the bucket
    /// stands at that time, see [`refresh`](Self::refresh).
    pub(crate) fn settle(&mut self, generation: u32, spent: u32, unspent: u32) {
        let [before, latest] = &mut self.lent;
        let lent = match self.generation.checked_sub(generation) {
            Some(0) => latest,
            Some(1) => before,
            Some(_) | None => return,
        };
        let spent = spent.min(*lent);
        *lent = lent.saturating_sub(spent).saturating_sub(unspent);
        self.spend(spent);
    }

    fn spend(&mut self, tokens: u32) {
        self.spent = self.spent.saturating_add(u64::from(tokens).saturating_mul(TOKEN));
    }

    /// How full it is compared with another: what is missing from it at a moment, in units.
    pub(crate) fn missing(&self, limit: Limit, now: u64) -> u64 {
        let mut bucket = *self;
        bucket.refresh(limit, now);
        let [before, latest] = bucket.lent;
        let lent = u64::from(before).saturating_add(latest.into()).saturating_mul(TOKEN);
        bucket.spent.saturating_add(lent)
    }
}
