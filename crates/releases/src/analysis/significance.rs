//! Whether one proportion is greater than another, or only looks so.

use serde::{Deserialize, Serialize};

use super::special::{ln_choose, normal_above, real};

/// Where any of the four expected counts is below this, the normal distribution says too little
/// (W. G. Cochran, "Some methods for strengthening the common chi-squared tests", Biometrics 10, 1954).
const MIN_EXPECTED: f64 = 5.0;

/// How likely a difference is to come about by chance.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Significance {
    /// How likely two equal variants differ as much as these or more, in this direction.
    pub p_value: f64,
    /// How that was found.
    pub method: Method,
}

impl Significance {
    /// That of what was not looked at.
    pub(super) fn none() -> Self {
        Self { p_value: 1.0, method: Method::FisherExact }
    }
}

/// How a p-value was found.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Method {
    /// The test of two proportions with pooled variance.
    ZTest,
    /// Fisher's exact test.
    FisherExact,
}

/// Some of many.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Share {
    /// The some.
    pub of: u64,
    /// The many.
    pub all: u64,
}

/// Tests whether the canary's share is greater than the base's, one-sided.
#[must_use]
pub fn is_greater(canary: (u64, u64), base: (u64, u64)) -> Significance {
    let share = |(of, all): (u64, u64)| Share { of: of.min(all), all };
    let (canary, base) = (share(canary), share(base));
    let all = real(canary.all) + real(base.all);
    let errors = real(canary.of) + real(base.of);
    let least_all = real(canary.all.min(base.all));
    let least_expected = least_all * errors.min(all - errors) / all.max(1.0);
    if least_expected < MIN_EXPECTED {
        return Significance { p_value: fisher(canary, base), method: Method::FisherExact };
    }
    Significance { p_value: z_test(canary, base), method: Method::ZTest }
}

/// `z = (p1 - p2) / sqrt(p (1 - p) (1 / n1 + 1 / n2))` with the pooled `p` (NIST/SEMATECH e-Handbook of
/// Statistical Methods, 7.3.3).
pub(super) fn z_test(canary: Share, base: Share) -> f64 {
    let (n1, n2) = (real(canary.all), real(base.all));
    let pooled = (real(canary.of) + real(base.of)) / (n1 + n2);
    let deviation = (pooled * (1.0 - pooled) * (1.0 / n1 + 1.0 / n2)).sqrt();
    if deviation > 0.0 {
        normal_above((real(canary.of) / n1 - real(base.of) / n2) / deviation)
    } else {
        // All requests of both failed, or none.
        1.0
    }
}

/// How likely at least as many of the errors fall to the canary, if each request was as likely to have
/// one: the upper tail of the hypergeometric distribution (R. A. Fisher, "Statistical Methods for
/// Research Workers", 21.02).
pub(super) fn fisher(canary: Share, base: Share) -> f64 {
    let errors = canary.of.saturating_add(base.of);
    let all = canary.all.saturating_add(base.all);
    let fewest = errors.saturating_sub(base.all);
    let most = errors.min(canary.all);
    let probability = |k: u64| {
        let ways = ln_choose(canary.all, k) + ln_choose(base.all, errors.saturating_sub(k));
        (ways - ln_choose(all, errors)).exp()
    };
    // How much more likely `k + 1` is than `k`.
    let growth = |k: u64| {
        let (k, n, e) = (real(k), real(canary.all), real(errors));
        (e - k) * (n - k) / ((k + 1.0) * (real(base.all) - e + k + 1.0))
    };
    let expected = real(errors) * real(canary.all) / real(all).max(1.0);
    // Both tails are summed from the middle outwards, where every term is smaller than the last: it is
    // over as soon as they no longer count.
    if real(canary.of) > expected {
        sum(probability(canary.of), canary.of..most, growth)
    } else if canary.of == fewest {
        1.0
    } else {
        let last = canary.of.saturating_sub(1);
        1.0 - sum(probability(last), (fewest..last).rev(), |k| 1.0 / growth(k))
    }
    .clamp(0.0, 1.0)
}

fn sum(first: f64, steps: impl Iterator<Item = u64>, growth: impl Fn(u64) -> f64) -> f64 {
    /// What is smaller than this part of the sum does not change it.
    const NEGLIGIBLE: f64 = 1e-17;
    let (mut term, mut sum) = (first, first);
    for k in steps {
        term *= growth(k);
        sum += term;
        if term <= sum * NEGLIGIBLE {
            break;
        }
    }
    sum
}
