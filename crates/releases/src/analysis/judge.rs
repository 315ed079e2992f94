//! Compares a canary with its base.

use std::fmt;

use serde::{Deserialize, Serialize};
use tollgate_canary::Percent;

use super::counts::Window;
use super::latency::{self, p99, p99_at_least, p99_at_most};
use super::plan::{AnalysisPlan, Conditions};
use super::significance::{Significance, is_greater};
use super::special::real;

/// How a canary was judged, and when.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Judged {
    /// In seconds since 1970.
    pub at: u64,
    /// How much of the traffic it had.
    pub percent_traffic: Percent,
    /// How.
    pub verdict: Verdict,
}

/// How a canary compares with its base.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", deny_unknown_fields)]
pub enum Verdict {
    /// There were too few requests, or too few of which it is known how long they took.
    Wait {
        /// How many there were of the variant that had too few.
        have: u64,
        /// How many it takes.
        need: u64,
    },
    /// It is not worse, as far as can be told.
    Healthy {
        /// What was compared.
        numbers: Numbers,
    },
    /// It is worse.
    Failing {
        /// In which respect.
        reason: String,
        /// What was compared.
        numbers: Numbers,
    },
}

/// What was compared.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Numbers {
    /// Of the base.
    pub base: Side,
    /// Of the canary.
    pub canary: Side,
    /// Whether the canary has more server errors.
    pub errors_5xx: Significance,
    /// Whether clients give up more of the canary's requests.
    #[serde(default = "Significance::none")]
    pub abandoned: Significance,
    /// What the canary's 99th percentile is at least, in millionths of a second, with 99 % confidence.
    /// Nothing where there were fewer than 100 requests.
    pub canary_p99_at_least_micros: Option<f64>,
    /// What the base's is at most, with the same confidence. Nothing where there were too few requests.
    #[serde(default)]
    pub base_p99_at_most_micros: Option<f64>,
    /// What the canary's may be at most.
    pub p99_limit_micros: Option<f64>,
}

/// What became of the requests of one of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// How many there were.
    pub requests: u64,
    /// With a status from 400 to 499.
    pub errors_4xx: u64,
    /// With a status from 500 to 599.
    pub errors_5xx: u64,
    /// That the client gave up before there was an answer.
    #[serde(default)]
    pub abandoned: u64,
    /// The 99th percentile of latency in millionths of a second, of at least 100 requests.
    pub p99_micros: Option<f64>,
}

impl Side {
    fn of(window: &Window) -> Self {
        let counts = &window.0;
        Self {
            requests: counts.requests,
            errors_4xx: counts.errors_4xx,
            errors_5xx: counts.errors_5xx,
            abandoned: counts.abandoned,
            p99_micros: p99(&counts.latency),
        }
    }

    /// How many of the requests had server errors, from 0 to 1.
    #[must_use]
    pub fn rate_5xx(&self) -> f64 {
        self.rate(self.errors_5xx)
    }

    fn rate(&self, of: u64) -> f64 {
        if self.requests == 0 { 0.0 } else { real(of) / real(self.requests) }
    }
}

/// What a canary is compared with.
#[derive(Clone, Copy, Debug)]
pub enum Base<'a> {
    /// What became of the base's requests in the same time.
    Present(&'a Window),
    /// The same, for the last time: the canary's next step is to get all the traffic.
    Last(&'a Window),
    /// What became of them before the canary got all the traffic.
    Past(&'a Window),
}

impl Base<'_> {
    pub(super) fn window(&self) -> &Window {
        match self {
            Self::Present(window) | Self::Last(window) | Self::Past(window) => window,
        }
    }
}

/// Compares a canary with its base, after so many earlier looks at the same step.
///
/// Chance has as much room for all further looks together as for the first: as 1/2 + 1/6 + 1/12 ... is 1,
/// the k-th has `1 / (k (k + 1))` of it.
#[must_use]
pub fn judge(base: Base<'_>, canary: &Window, plan: &AnalysisPlan, looks: u64) -> Verdict {
    let (of_base, of_canary) = (Side::of(base.window()), Side::of(canary));
    let have = of_base.requests.min(of_canary.requests);
    if have < plan.min_requests {
        return Verdict::Wait { have, need: plan.min_requests };
    }
    let room = if looks == 0 { 1.0 } else { 1.0 / (real(looks) * (real(looks) + 1.0)) };
    // What is past is right or wrong once and for all, however often it is compared with.
    let room_of_base = if matches!(base, Base::Past(_)) { 1.0 } else { room };
    let doubt = latency::doubt(room_of_base);
    let latencies = (&base.window().0.latency, &canary.0.latency);
    let at_most = p99_at_most(latencies.0, doubt);
    let at_least = p99_at_least(latencies.1, latency::doubt(room));
    let conditions = &plan.conditions;
    let compared = |of: fn(&Side) -> u64| {
        is_greater((of(&of_canary), of_canary.requests), (of(&of_base), of_base.requests))
    };
    let numbers = Numbers {
        errors_5xx: compared(|side| side.errors_5xx),
        abandoned: compared(|side| side.abandoned),
        canary_p99_at_least_micros: at_least,
        base_p99_at_most_micros: at_most,
        p99_limit_micros: conditions.p99_limit(at_least, at_most),
        base: of_base,
        canary: of_canary,
    };
    if let Some(reason) = numbers.reason(conditions, room) {
        return Verdict::Failing { reason, numbers };
    }
    if conditions.p99_ratio.is_some() {
        if at_least.is_none() {
            return Verdict::Wait { have: latencies.1.count, need: latency::MIN_REQUESTS };
        }
        // What is faster than any limit needs no base to be compared with, unless it is the last one.
        let is_needed = numbers.p99_limit_micros.is_none() || matches!(base, Base::Last(_));
        if at_most.is_none() && is_needed {
            return Verdict::Wait { have: latencies.0.count, need: latency::fewest(doubt) };
        }
    }
    Verdict::Healthy { numbers }
}

impl Conditions {
    /// What the canary's 99th percentile may be at most, given what it is at least and what the base's
    /// is at most.
    fn p99_limit(&self, at_least: Option<f64>, base: Option<f64>) -> Option<f64> {
        let ratio = self.p99_ratio?;
        let floor = 1000.0 * real(self.p99_floor_millis);
        match base {
            Some(base) => Some((ratio * base).max(floor)),
            // The limit is no lower, whatever the base's is.
            None => at_least.is_some_and(|at_least| at_least <= floor).then_some(floor),
        }
    }
}

impl Numbers {
    /// In which respects the canary is worse, if in any.
    fn reason(&self, conditions: &Conditions, room: f64) -> Option<String> {
        let reasons = [
            self.more("5xx", |side| side.errors_5xx, self.errors_5xx, conditions, room),
            self.more("given up", |side| side.abandoned, self.abandoned, conditions, room),
            self.slow(),
        ];
        let reasons: Vec<_> = reasons.into_iter().flatten().collect();
        (!reasons.is_empty()).then(|| reasons.join("; "))
    }

    /// Why the canary is worse, if it has more of something: certainly more, and enough to matter.
    fn more(
        &self,
        what: &str,
        of: fn(&Side) -> u64,
        significance: Significance,
        conditions: &Conditions,
        room: f64,
    ) -> Option<String> {
        let (base, canary) = (&self.base, &self.canary);
        let (in_base, in_canary) = (base.rate(of(base)), canary.rate(of(canary)));
        let most = conditions.max_5xx_significance * room;
        let difference = 100.0 * (in_canary - in_base);
        let is_worse = significance.p_value < most
            && difference > 0.0
            && difference >= conditions.min_5xx_difference.0;
        is_worse.then(|| {
            format!(
                "{what}: canary {:.2} % ({} of {}), base {:.2} % ({} of {}), p = {} < {}",
                100.0 * in_canary,
                of(canary),
                canary.requests,
                100.0 * in_base,
                of(base),
                base.requests,
                Short(significance.p_value),
                Short(most),
            )
        })
    }

    fn slow(&self) -> Option<String> {
        let at_least = self.canary_p99_at_least_micros?;
        let limit = self.p99_limit_micros?;
        let millis = |micros: f64| micros / 1000.0;
        (at_least > limit).then(|| {
            format!(
                "p99: canary at least {:.1} ms, base at most {:.1} ms, limit {:.1} ms",
                millis(at_least),
                millis(self.base_p99_at_most_micros.unwrap_or_default()),
                millis(limit),
            )
        })
    }
}

/// A probability in few characters.
struct Short(f64);

impl fmt::Display for Short {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 >= 0.0001 || self.0 == 0.0 {
            let text = format!("{:.4}", self.0);
            out.write_str(text.trim_end_matches('0').trim_end_matches('.'))
        } else {
            write!(out, "{:.1e}", self.0)
        }
    }
}
