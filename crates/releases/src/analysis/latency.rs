//! Percentiles of a histogram, and how sure they are.

use super::counts::Latency;
use super::special::{ln_choose, real};

/// How many requests a 99th percentile takes: with fewer, the slowest of all may lie below it.
pub(super) const MIN_REQUESTS: u64 = 100;

/// The percentile.
const QUANTILE: f64 = 0.99;

/// How likely the bound is above the true percentile.
const DOUBT: f64 = 0.01;

/// The 99th percentile in millionths of a second, if there are enough requests for one.
pub(super) fn p99(latency: &Latency) -> Option<f64> {
    let enough = latency.count >= MIN_REQUESTS;
    enough.then(|| value_at(latency, QUANTILE * real(latency.count)))
}

/// What the 99th percentile is at least, with 99 % confidence: an order statistic, which needs no
/// assumption about how latencies are distributed (Hahn and Meeker, "Statistical Intervals", 5.2).
pub(super) fn p99_at_least(latency: &Latency) -> Option<f64> {
    if latency.count < MIN_REQUESTS {
        return None;
    }
    let rank = latency.count.saturating_sub(slower(latency.count));
    Some(value_at(latency, real(rank)))
}

/// How many requests of `n` must be slower than the bound: the fewest, of which it is unlikely that as
/// many, and one more, are slower than the true percentile.
fn slower(n: u64) -> u64 {
    /// From here on the normal distribution says the same, and at once.
    const MANY: u64 = 100_000;
    /// Above this the standard normal distribution is with a probability of `DOUBT`.
    const DEVIATIONS: f64 = 2.326_347_874;
    let (p, q) = (1.0 - QUANTILE, QUANTILE);
    if n > MANY {
        let most = real(n) * p + DEVIATIONS * (real(n) * p * q).sqrt();
        return whole(most.ceil());
    }
    // The number of requests above the percentile is binomial. Far below its mean nothing is likely.
    let probability = |k: u64| (ln_choose(n, k) + real(k) * p.ln() + real(n - k) * q.ln()).exp();
    let mut up_to = 0.0;
    for k in 0..n {
        up_to += probability(k);
        if 1.0 - up_to <= DOUBT {
            return k;
        }
    }
    n
}

#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    reason = "a part of a count is one; the cast saturates besides"
)]
fn whole(count: f64) -> u64 {
    count as u64
}

/// The latency of the request of a rank, from 0 to the count, if requests are spread evenly within
/// buckets. Of those above the last bound nothing is known but that.
fn value_at(latency: &Latency, rank: f64) -> f64 {
    let (mut lower, mut below) = (0.0, 0.0);
    for bucket in &latency.buckets {
        let up_to = real(bucket.count);
        if rank <= up_to && up_to > below {
            let part = ((rank - below) / (up_to - below)).clamp(0.0, 1.0);
            return lower + part * (bucket.upper_micros - lower);
        }
        (lower, below) = (bucket.upper_micros, up_to);
    }
    lower
}
