//! Compares a canary with its base.

use std::fmt;

use serde::{Deserialize, Serialize};
use tollgate_canary::Percent;

use super::counts::Window;
use super::latency::{p99, p99_at_least};
use super::plan::AnalysisPlan;
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
    /// There were too few requests.
    Wait {
        /// How many there were of the variant that had fewer.
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
    /// What the canary's 99th percentile is at least, in millionths of a second, with 99 % confidence.
    /// Nothing where there were fewer than 100 requests.
    pub canary_p99_at_least_micros: Option<f64>,
    /// What it may be at most.
    pub p99_limit_micros: Option<f64>,
}

/// What became of the requests of one of the two.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Side {
    /// How many were answered.
    pub requests: u64,
    /// With a status from 400 to 499.
    pub errors_4xx: u64,
    /// With a status from 500 to 599.
    pub errors_5xx: u64,
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
            p99_micros: p99(&counts.latency),
        }
    }

    /// How many of the requests had server errors, from 0 to 1.
    #[must_use]
    pub fn rate_5xx(&self) -> f64 {
        if self.requests == 0 { 0.0 } else { real(self.errors_5xx) / real(self.requests) }
    }

    fn errors(&self) -> (u64, u64) {
        (self.errors_5xx, self.requests)
    }
}

/// Compares what became of the requests of both in the same time.
#[must_use]
pub fn judge(base: &Window, canary: &Window, plan: &AnalysisPlan) -> Verdict {
    let have = base.0.requests.min(canary.0.requests);
    if have < plan.min_requests {
        return Verdict::Wait { have, need: plan.min_requests };
    }
    let conditions = &plan.conditions;
    let (of_base, of_canary) = (Side::of(base), Side::of(canary));
    let errors_5xx = is_greater(of_canary.errors(), of_base.errors());
    // Latencies are compared where both have enough of them: histograms come later than counters.
    let limit = conditions
        .p99_ratio
        .zip(of_base.p99_micros)
        .map(|(ratio, base)| (ratio * base).max(1000.0 * real(conditions.p99_floor_millis)));
    let numbers = Numbers {
        errors_5xx,
        canary_p99_at_least_micros: p99_at_least(&canary.0.latency),
        p99_limit_micros: limit,
        base: of_base,
        canary: of_canary,
    };
    let reasons = [numbers.errors(plan), numbers.slow()];
    let reasons: Vec<_> = reasons.into_iter().flatten().collect();
    if reasons.is_empty() {
        return Verdict::Healthy { numbers };
    }
    Verdict::Failing { reason: reasons.join("; "), numbers }
}

impl Numbers {
    fn errors(&self, plan: &AnalysisPlan) -> Option<String> {
        let conditions = &plan.conditions;
        let (base, canary) = (&self.base, &self.canary);
        let difference = 100.0 * (canary.rate_5xx() - base.rate_5xx());
        let is_worse = self.errors_5xx.p_value < conditions.max_5xx_significance
            && difference > 0.0
            && difference >= conditions.min_5xx_difference.0;
        is_worse.then(|| {
            format!(
                "5xx: canary {:.2} % ({} of {}), base {:.2} % ({} of {}), p = {} < {}",
                100.0 * canary.rate_5xx(),
                canary.errors_5xx,
                canary.requests,
                100.0 * base.rate_5xx(),
                base.errors_5xx,
                base.requests,
                Short(self.errors_5xx.p_value),
                conditions.max_5xx_significance,
            )
        })
    }

    fn slow(&self) -> Option<String> {
        let at_least = self.canary_p99_at_least_micros?;
        let limit = self.p99_limit_micros?;
        let millis = |micros: f64| micros / 1000.0;
        (at_least > limit).then(|| {
            format!(
                "p99: canary at least {:.1} ms, base {:.1} ms, limit {:.1} ms",
                millis(at_least),
                millis(self.base.p99_micros.unwrap_or_default()),
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
            write!(out, "{:.4}", self.0)
        } else {
            write!(out, "{:.1e}", self.0)
        }
    }
}
