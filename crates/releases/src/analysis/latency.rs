//! Percentiles of a histogram, and how sure they are.

use super::counts::Latency;
use super::special::{ln_choose, normal_above, real};

/// How many requests a 99th percentile takes: with fewer, there is no saying which it is.
pub(super) const MIN_REQUESTS: u64 = 100;

/// The percentile.
const QUANTILE: f64 = 0.99;

/// How likely a bound is on the wrong side of the true percentile.
const DOUBT: f64 = 0.01;

/// Below this, sums of probabilities are no longer exact.
const LEAST_DOUBT: f64 = 1e-8;

/// How likely a bound may be wrong where chance has so much of its room, from 0 to 1.
pub(super) fn doubt(room: f64) -> f64 {
    (DOUBT * room).max(LEAST_DOUBT)
}

/// The 99th percentile in millionths of a second, if there are enough requests for one.
pub(super) fn p99(latency: &Latency) -> Option<f64> {
    let enough = latency.count >= MIN_REQUESTS;
    enough.then(|| value_at(latency, QUANTILE * real(latency.count)))
}

/// What the 99th percentile is at least, with so much doubt: an order statistic, which needs no
/// assumption about how latencies are distributed (Hahn and Meeker, "Statistical Intervals", 5.2).
pub(super) fn p99_at_least(latency: &Latency, doubt: f64) -> Option<f64> {
    if latency.count < MIN_REQUESTS {
        return None;
    }
    let rank = latency.count.saturating_sub(most_slower(latency.count, doubt));
    Some(value_at(latency, real(rank)))
}

/// What the 99th percentile is at most, with so much doubt. The slowest of few requests may lie below
/// it, so it takes as many as [`fewest`] says.
pub(super) fn p99_at_most(latency: &Latency, doubt: f64) -> Option<f64> {
    let rank = latency.count.saturating_sub(least_slower(latency.count, doubt)?);
    Some(value_at(latency, real(rank)))
}

/// How many requests it takes to say what the percentile is at most: as many as hardly ever are all
/// faster.
pub(super) fn fewest(doubt: f64) -> u64 {
    whole((doubt.ln() / QUANTILE.ln()).ceil())
}

/// From here on the normal distribution says the same as the binomial one, and at once.
const MANY: u64 = 100_000;

/// How many requests of `n` are slower than the true percentile at most: more are that unlikely.
fn most_slower(n: u64, doubt: f64) -> u64 {
    if n > MANY {
        return whole(far_from_mean(n, deviations(doubt)).ceil());
    }
    let mut up_to = 0.0;
    for k in 0..n {
        up_to += probability(n, k);
        if 1.0 - up_to <= doubt {
            return k;
        }
    }
    n
}

/// How many requests of `n` are slower than the true percentile, or are it, if one more than so many
/// always are: as few are that unlikely. There is no saying where none at all is likelier.
fn least_slower(n: u64, doubt: f64) -> Option<u64> {
    if n > MANY {
        return Some(whole(far_from_mean(n, -deviations(doubt)).floor()).saturating_sub(1));
    }
    let mut up_to = 0.0;
    for k in 0..n {
        up_to += probability(n, k);
        if up_to > doubt {
            return k.checked_sub(1);
        }
    }
    None
}

/// How likely `k` of `n` requests are slower than the true percentile.
fn probability(n: u64, k: u64) -> f64 {
    let (p, q) = (1.0 - QUANTILE, QUANTILE);
    (ln_choose(n, k) + real(k) * p.ln() + real(n.saturating_sub(k)) * q.ln()).exp()
}

fn far_from_mean(n: u64, deviations: f64) -> f64 {
    let (p, q) = (1.0 - QUANTILE, QUANTILE);
    real(n) * p + deviations * (real(n) * p * q).sqrt()
}

/// Above how many deviations the standard normal distribution is with this probability.
fn deviations(probability: f64) -> f64 {
    let (mut low, mut high) = (0.0, 40.0);
    for _ in 0..60 {
        let middle = f64::midpoint(low, high);
        if normal_above(middle) > probability {
            low = middle;
        } else {
            high = middle;
        }
    }
    low
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
