//! A rate and a burst, in numbers that do not drift.

use std::time::Duration;

use tollgate_policy::Invalid;

/// A rate is kept in millionths of a token per second, and time in microseconds, so a refill is a
/// whole number of trillionths of a token and nothing is ever rounded.
pub(crate) const TOKEN: u64 = 1_000_000_000_000;

const MICROS: u64 = 1_000_000;

/// Which part of a window's tokens the proxies have for themselves: with those, a caller who is far
/// from the limit never has to be asked for.
const FREE_PART: u32 = 5;

/// The largest rate and burst. A full bucket of this size is 10^19 units, just below 2^64.
const MAX_TOKENS: u32 = 10_000_000;

/// How fast requests may come.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Limit {
    /// Millionths of a token per second; as many units come in a microsecond.
    rate: u64,
    /// Tokens.
    burst: u32,
}

impl Limit {
    pub(crate) fn new(rate: f64, burst: u32) -> Result<Self, Invalid> {
        if !rate.is_finite() || rate < 0.0 || rate > f64::from(MAX_TOKENS) {
            let reason = format!("`{rate}` is not from 0 to {MAX_TOKENS}");
            return Err(Invalid::new("rate_limit", reason));
        }
        if burst > MAX_TOKENS {
            let reason = format!("`{burst}` is not from 0 to {MAX_TOKENS}");
            return Err(Invalid::new("burst_limit", reason));
        }
        // INVARIANT: at most 10^13, so the cast is exact.
        let micro = (rate * 1e6).round() as u64;
        if micro == 0 && rate > 0.0 {
            return Err(Invalid::new("rate_limit", format!("`{rate}` is less than a millionth")));
        }
        // With either at nothing, nothing is admitted.
        Ok(if micro == 0 || burst == 0 {
            Self { rate: 0, burst: 0 }
        } else {
            Self { rate: micro, burst }
        })
    }

    /// Nothing.
    pub(crate) const NONE: Self = Self { rate: 0, burst: 0 };

    /// One proxy's part of a limit that several share. A part is at least one token.
    pub(crate) fn share(self, of: u32) -> Self {
        if self.burst == 0 || of <= 1 {
            return self;
        }
        let rate = self.rate.checked_div(u64::from(of)).unwrap_or(self.rate).max(1);
        Self { rate, burst: self.burst.div_ceil(of) }
    }

    pub(crate) const fn burst(self) -> u32 {
        self.burst
    }

    /// A full bucket, in units.
    pub(crate) fn capacity(self) -> u64 {
        u64::from(self.burst).saturating_mul(TOKEN)
    }

    /// What comes in this many microseconds, in units.
    pub(crate) const fn refill(self, micros: u64) -> u64 {
        self.rate.saturating_mul(micros)
    }

    /// How many microseconds it takes until this many units have come. For ever, where none come.
    pub(crate) fn micros_for(self, units: u64) -> u64 {
        if self.rate == 0 { u64::MAX } else { units.div_ceil(self.rate) }
    }

    /// How many microseconds it takes until this many tokens have come.
    pub(crate) fn micros_for_tokens(self, tokens: u32) -> u64 {
        self.micros_for(u64::from(tokens).saturating_mul(TOKEN))
    }

    /// The tokens that come in this time, one at least.
    pub(crate) fn tokens_in(self, time: Duration) -> u32 {
        let micros = u64::try_from(time.as_micros()).unwrap_or(u64::MAX);
        let tokens = self.refill(micros).checked_div(TOKEN).unwrap_or(0);
        u32::try_from(tokens).unwrap_or(u32::MAX).max(1)
    }

    /// The window of a fleet of so many that a time of day lies in: see [`Counters`](crate::Counters).
    pub(crate) fn window(self, micros: u64, fleet: u32) -> Window {
        // A tenth of a second's worth, rounded up.
        let least = self.rate.div_ceil(10 * MICROS);
        let tokens = u64::from(self.burst / 2).max(least).max(1);
        let size = u128::from(tokens) * u128::from(TOKEN);
        let made = u128::from(micros) * u128::from(self.rate);
        let number = made.checked_div(size).unwrap_or(0);
        let end = (number.saturating_add(1)).saturating_mul(size);
        let end = end.div_ceil(u128::from(self.rate.max(1)));
        let tokens = u32::try_from(tokens).unwrap_or(u32::MAX);
        let own = tokens / FREE_PART / fleet.max(1);
        Window {
            number: u64::try_from(number).unwrap_or(u64::MAX),
            tokens: tokens.saturating_sub(own.saturating_mul(fleet)),
            own,
            end: u64::try_from(end).unwrap_or(u64::MAX),
        }
    }
}

/// A stretch of time in which the fleet has a number of tokens.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Window {
    /// Which one it is.
    pub(crate) number: u64,
    /// How many tokens the fleet's server has for it.
    pub(crate) tokens: u32,
    /// How many each proxy has for itself, besides.
    pub(crate) own: u32,
    /// When it ends, in microseconds of the time of day.
    pub(crate) end: u64,
}
