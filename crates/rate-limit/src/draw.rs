//! What happens to a bucket when a worker settles its lease and borrows anew.

use std::time::Duration;

use crate::bucket::{generation, overdue};
use crate::leases::Lease;
use crate::limit::{Limit, Window};
use crate::slot::Entry;
use crate::supply::{MAX_QUOTA_LEASE, Supply};
use crate::table::Edit;

/// How much a worker borrows at most: what comes in this time. Of a quota it is no more than what the
/// fleet is asked for at once: who has more may not notice for long that the fleet can be asked again.
const LEASE_TIME: Duration = Duration::from_millis(50);

/// How many tokens a worker borrows at first, and how many times as many when it comes back.
const GROWTH: u32 = 4;

/// A worker borrows no more than this part of what is there.
const LEASE_PART: u32 = 4;

/// What the proxy may hand out.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Mode {
    /// What the limit has.
    Alone,
    /// What the fleet has granted.
    Granted,
    /// Its share of the limit, as one of so many: the fleet's server is down.
    Share(u32),
    /// The same, and a token that the fleet will probably grant, as one of so many: its server is late.
    Late(u32),
}

/// The terms on which a worker borrows.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Terms<'a> {
    /// The rate, if there is one.
    pub(crate) limit: Option<Limit>,
    pub(crate) mode: Mode,
    /// The fleet's tokens, if it shares the limit, and the window that it is.
    pub(crate) fleet: Option<(&'a Supply, Window)>,
    /// Microseconds of uptime.
    pub(crate) now: u64,
    /// Microseconds of the time of day.
    pub(crate) time: u64,
    /// Until when a question that is asked now is open.
    pub(crate) patience: u64,
}

/// What a look at the bucket has brought.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Drawn {
    /// So many tokens, and how many are left. They may be owed to the fleet rather than granted by it,
    /// and perhaps more are to be asked for.
    Lent { tokens: u32, left: u32, is_owed: bool, ask: Option<u32> },
    /// None; when to look again and when there will be some, in microseconds from now.
    Dry { again: u64, after: u64 },
    /// None yet: the fleet is being asked, or is to be.
    Short { ask: Option<u32> },
}

impl Terms<'_> {
    /// What the proxy holds by itself.
    pub(crate) fn bound(&self) -> Limit {
        let limit = self.limit.unwrap_or(Limit::NONE);
        match self.mode {
            Mode::Alone | Mode::Granted | Mode::Late(_) => limit,
            Mode::Share(fleet) => limit.share(fleet),
        }
    }

    /// Settles a lease: what was spent of it is spent, and what was not is back.
    pub(crate) fn settle(&self, entry: &mut Entry, lease: &Lease) {
        if let Some((_, window)) = &self.fleet {
            let allotment = &mut entry.allotment;
            allotment.turn_to(window);
            // A lease of another window is worth nothing any more.
            if lease.window == window.number {
                if lease.is_owed {
                    allotment.owed = allotment.owed.saturating_sub(lease.tokens);
                } else {
                    allotment.granted = allotment.granted.saturating_add(lease.tokens);
                }
            }
        }
        if self.limit.is_some() {
            let bucket = &mut entry.bucket;
            let mut unspent = lease.tokens;
            if lease.spent > 0 {
                bucket.refresh(self.bound(), lease.spent_at);
            }
            if lease.is_prepaid {
                bucket.restore();
                unspent = unspent.saturating_sub(1);
            }
            bucket.settle(lease.generation, lease.spent, unspent);
            bucket.refresh(self.bound(), self.now);
        }
    }

    /// Settles a lease and borrows anew.
    pub(crate) fn draw(&self, entry: &mut Entry, lease: &Lease) -> (Edit, Drawn) {
        self.settle(entry, lease);
        let settled = if lease.is_open() { Edit::Write } else { Edit::Keep };
        let bound = self.bound();
        let mut available = u32::MAX;
        if self.limit.is_some() {
            available = entry.bucket.available(bound);
            if available == 0 {
                let wait = entry.bucket.wait(bound).max(1);
                return (settled, Drawn::Dry { again: wait, after: wait });
            }
        }
        let mut is_owed = false;
        let mut ask = None;
        if let Some((supply, window)) = &self.fleet {
            let allotment = &mut entry.allotment;
            let left = window.end.saturating_sub(self.time);
            match self.mode {
                Mode::Granted | Mode::Late(_) if allotment.granted > 0 => {
                    available = available.min(allotment.granted);
                }
                Mode::Granted | Mode::Late(_) => {
                    if allotment.is_dry(self.now) {
                        let recheck = allotment.asked_until.saturating_sub(self.now);
                        return (settled, Drawn::Dry { again: left.min(recheck), after: left });
                    }
                    ask = allotment.ask(supply, window, self.now, self.patience);
                    let in_advance = match self.mode {
                        Mode::Late(fleet) => allotment.advance(fleet),
                        Mode::Alone | Mode::Granted | Mode::Share(_) => 0,
                    };
                    if in_advance == 0 {
                        let edit = if ask.is_some() { Edit::Write } else { settled };
                        return (edit, Drawn::Short { ask });
                    }
                    available = available.min(in_advance);
                    is_owed = true;
                }
                Mode::Share(fleet) if self.limit.is_none() => {
                    available = allotment.share(window, fleet);
                    is_owed = true;
                    if available == 0 {
                        return (settled, Drawn::Dry { again: 0, after: left });
                    }
                }
                Mode::Alone | Mode::Share(_) => {}
            }
        }
        let most = self.limit.map_or(MAX_QUOTA_LEASE, |limit| limit.tokens_in(LEASE_TIME));
        let wanted = lease.size.saturating_mul(GROWTH).clamp(GROWTH.min(most), most);
        let tokens = wanted.min(available / LEASE_PART).max(1);
        if self.limit.is_some() {
            entry.bucket.lend(tokens);
        }
        if let Some((supply, window)) = &self.fleet {
            let allotment = &mut entry.allotment;
            if is_owed {
                allotment.owed = allotment.owed.saturating_add(tokens);
            } else if matches!(self.mode, Mode::Granted | Mode::Late(_)) {
                allotment.granted = allotment.granted.saturating_sub(tokens);
                // A quota is not asked for ahead of time: what is leased counts as used.
                if matches!(supply, Supply::Windows(..)) && allotment.granted < allotment.asked / 2
                {
                    ask = allotment.ask(supply, window, self.now, self.patience);
                }
            }
        }
        let left = available.saturating_sub(tokens);
        (Edit::Write, Drawn::Lent { tokens, left, is_owed, ask })
    }

    /// The lease that was drawn.
    pub(crate) fn lease(&self, tokens: u32, left: u32, is_owed: bool) -> Lease {
        let window = self.fleet.as_ref().map(|(_, window)| window);
        let has_window = self.mode != Mode::Alone
            && !matches!(self.mode, Mode::Share(_) if self.limit.is_some());
        let generation = generation(self.now);
        Lease {
            tokens,
            is_prepaid: true,
            size: tokens,
            generation,
            // A share of a rate is of no window.
            window: window.filter(|_| has_window).map_or(u64::MAX, |window| window.number),
            is_owed,
            until: self.limit.map_or(u64::MAX, |_| overdue(generation)),
            until_time: window.filter(|_| has_window).map_or(u64::MAX, |window| window.end),
            left,
            is_used: true,
            ..Lease::default()
        }
    }
}
