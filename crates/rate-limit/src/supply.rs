//! Tokens that the fleet shares: which there are, and which of them this proxy has.

use tollgate_policy::Timestamp;
use tollgate_rls::{Answer, Unit, Verdict};

use crate::calendar::Span;
use crate::config::{Period, Quota};
use crate::limit::{Limit, Window};

/// The most tokens that are asked for at once, as a part of what there is in a window: a proxy that
/// takes them and does not use them takes no more than this from the others.
const LEASE_PART: u32 = 8;

/// How much more to ask for when what was asked for before is gone.
const GROWTH: u32 = 4;

/// The same for a quota, and the most tokens all the same: what an Envoy has when it is stopped counts
/// as used.
const QUOTA_PART: u32 = 100;
pub(crate) const MAX_QUOTA_LEASE: u32 = 100;

/// Where the fleet's tokens come from.
#[derive(Clone, Debug)]
pub(crate) enum Supply {
    /// As fast as a limit makes them, for so many proxies.
    Windows(Limit, u32),
    /// So many in each period.
    Periods(Quota),
}

impl Supply {
    /// The window that a moment lies in.
    pub(crate) fn window(&self, now: Timestamp) -> Window {
        match self {
            Self::Windows(limit, fleet) => limit.window(micros(now), *fleet),
            Self::Periods(quota) => {
                let span = Span::of(quota, now);
                Window { number: span.first, tokens: quota.limit, own: 0, end: span.end_micros() }
            }
        }
    }

    /// What a window is called, and for how long the server has to remember it.
    pub(crate) fn name(&self, now: Timestamp, window: &Window) -> (String, Unit) {
        match self {
            Self::Windows(..) => {
                let left = window.end.saturating_sub(micros(now)) / 1_000_000;
                let long_enough = |unit: &Unit| unit.secs() > left.saturating_add(1);
                let unit = Unit::ALL.into_iter().find(long_enough).unwrap_or(Unit::Year);
                (window.number.to_string(), unit)
            }
            Self::Periods(quota) => {
                let unit = match quota.period {
                    Period::Day => Unit::Day,
                    Period::Week => Unit::Week,
                    Period::Month => Unit::Month,
                };
                (Span::of(quota, now).name(), unit)
            }
        }
    }

    /// How many tokens to ask for at once, after so many were asked for. Those of a window are soon
    /// worth nothing, so few at first; of a quota's last ones no proxy takes many.
    fn lease(&self, window: &Window, asked: u32, remaining: Option<u32>) -> u32 {
        let remaining = remaining.unwrap_or(window.tokens);
        let wanted = match self {
            Self::Windows(..) => {
                let most = (window.tokens / LEASE_PART).max(1);
                asked.saturating_mul(GROWTH).clamp(1, most).min(remaining)
            }
            Self::Periods(_) => {
                let most = (window.tokens / QUOTA_PART).min(MAX_QUOTA_LEASE);
                most.min(remaining / LEASE_PART)
            }
        };
        wanted.max(1)
    }
}

/// A time of day in microseconds.
pub(crate) fn micros(now: Timestamp) -> u64 {
    u64::try_from(now.0.as_micros()).unwrap_or(u64::MAX)
}

/// What this proxy has of the fleet's tokens.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Allotment {
    /// The window they are of.
    pub(crate) window: u64,
    /// Tokens that were granted, and that no worker has borrowed.
    pub(crate) granted: u32,
    /// How many tokens the fleet has left at most, as far as is known.
    pub(crate) remaining: Option<u32>,
    /// Tokens that were handed out before they were granted: of a quota while the server could not be
    /// asked, or in advance of a late answer.
    pub(crate) owed: u32,
    /// How many tokens were asked for last.
    pub(crate) asked: u32,
    /// Until when nobody else asks, in microseconds of uptime.
    pub(crate) asked_until: u64,
    /// Whether there were none left when they were last asked for, in this window.
    pub(crate) is_exhausted: bool,
    /// Whether it was so in the window before.
    pub(crate) was_exhausted: bool,
}

/// How long to take it that there are no more, in microseconds: the limit may have been raised.
const RECHECK: u64 = 10_000_000;

/// Stands for a window that is none.
const NO_WINDOW: u64 = u64::MAX;

impl Allotment {
    /// Of somebody who may have been here before in this window, and may have had what is theirs.
    pub(crate) fn of_newcomer() -> Self {
        Self { window: NO_WINDOW, ..Self::default() }
    }

    /// The window it is of, or one that is long over.
    pub(crate) const fn since(&self) -> u64 {
        if self.window == NO_WINDOW { 0 } else { self.window }
    }

    /// How many tokens this proxy may hand out before the answer is there: what it has asked for, unless
    /// they are so scarce that the answer may be no.
    pub(crate) fn advance(&self, fleet: u32) -> u32 {
        let is_scarce = self.is_exhausted
            || self.was_exhausted
            || self
                .remaining
                .is_some_and(|left| left / fleet.max(1) < self.asked.saturating_mul(2));
        if is_scarce { 0 } else { self.asked.saturating_sub(self.owed).min(1) }
    }

    /// Brings it to a window. What was granted for another is not spent any more.
    pub(crate) fn turn_to(&mut self, window: &Window) {
        if self.window != window.number {
            let follows = self.window.checked_add(1) == Some(window.number);
            *self = Self {
                window: window.number,
                granted: if self.window == NO_WINDOW { 0 } else { window.own },
                asked: self.asked / 2,
                was_exhausted: follows && self.is_exhausted,
                ..Self::default()
            };
        }
    }

    /// Whether there is no use in asking for more.
    pub(crate) const fn is_dry(&self, now: u64) -> bool {
        self.is_exhausted && now < self.asked_until
    }

    /// How many tokens this proxy may hand out while the server cannot be asked.
    pub(crate) fn share(&self, window: &Window, fleet: u32) -> u32 {
        let left = self.remaining.unwrap_or(window.tokens).min(window.tokens);
        left.div_ceil(fleet.max(1)).saturating_sub(self.owed)
    }

    /// How many tokens to ask for now, if any: more than the last time, because those are gone.
    pub(crate) fn ask(
        &mut self,
        supply: &Supply,
        window: &Window,
        now: u64,
        until: u64,
    ) -> Option<u32> {
        if self.asked_until > now {
            return None;
        }
        self.is_exhausted = false;
        self.asked = supply.lease(window, self.asked, self.remaining);
        self.asked_until = until;
        // What is owed is paid as far as there is anything to pay it with.
        let spare = self.remaining.map_or(self.asked, |left| left.saturating_sub(self.asked));
        Some(self.asked.saturating_add(self.owed.min(spare)))
    }

    /// Takes the server's answer to a request for so many tokens of a window.
    pub(crate) fn receive(&mut self, window: u64, hits: u32, answer: Option<Answer>, now: u64) {
        if self.window != window {
            return;
        }
        self.asked_until = 0;
        let Some(answer) = answer else { return };
        match answer.verdict {
            Verdict::Grant => {
                let left = self.remaining.map(|left| left.saturating_sub(hits));
                self.remaining = answer.remaining.or(left);
                let paid = self.owed.min(hits);
                self.owed = self.owed.saturating_sub(paid);
                self.granted = self.granted.saturating_add(hits.saturating_sub(paid));
            }
            // So many there are not. Perhaps there are fewer.
            Verdict::OverLimit => {
                let fewer = hits.saturating_sub(1);
                self.remaining = answer.remaining.or(Some(fewer));
                match answer.remaining {
                    Some(1..) if hits > 1 => self.asked = 0,
                    None if hits > 1 => self.asked = hits / (4 * GROWTH),
                    Some(_) | None => {
                        self.is_exhausted = true;
                        self.asked = 0;
                        self.asked_until = now.saturating_add(RECHECK);
                    }
                }
            }
        }
    }
}
