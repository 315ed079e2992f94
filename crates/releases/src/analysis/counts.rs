//! What became of requests: totals, and their differences.

use serde::{Deserialize, Serialize};

/// How many buckets a histogram may have. Envoy's has 19 by default.
const MAX_BUCKETS: usize = 128;

/// What became of the requests of one variant since its proxy started.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Counts {
    /// Requests that are over.
    pub requests: u64,
    /// With a status from 400 to 499.
    pub errors_4xx: u64,
    /// With a status from 500 to 599.
    pub errors_5xx: u64,
    /// That the client gave up before there was an answer.
    #[serde(default)]
    pub abandoned: u64,
    /// How long they took.
    pub latency: Latency,
}

/// How long requests took, as a cumulative histogram.
///
/// It counts by itself: proxies add to histograms later than to counters.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// The buckets, each with all requests up to its bound, in rising order. Up to 128.
    pub buckets: Vec<Bucket>,
    /// All requests, those above the last bound too.
    pub count: u64,
}

/// How many requests took at most some time.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bucket {
    /// The time, in millionths of a second.
    pub upper_micros: f64,
    /// How many.
    pub count: u64,
}

/// The totals of both variants at one moment.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Look {
    /// Of the base.
    pub base: Counts,
    /// Of the canary.
    pub canary: Counts,
}

/// What became of the requests of one variant between two moments.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Window(pub Counts);

impl Look {
    /// Whether the histograms have all that the counters have, since another look.
    pub(super) fn is_complete_since(&self, first: &Self) -> bool {
        let is_complete = |first: &Counts, counts: &Counts| {
            let requests = counts.requests.saturating_sub(first.requests);
            counts.latency.count.saturating_sub(first.latency.count) >= requests
        };
        is_complete(&first.base, &self.base) && is_complete(&first.canary, &self.canary)
    }

    /// These counters, with the histograms of a later look.
    pub(super) fn with_latencies_of(self, later: &Self) -> Self {
        let with =
            |counts: Counts, later: &Counts| Counts { latency: later.latency.clone(), ..counts };
        Self { base: with(self.base, &later.base), canary: with(self.canary, &later.canary) }
    }
}

impl Window {
    /// What came between two totals. There is no saying where one of them went down, for then the proxy
    /// has started anew, nor where they do not fit together.
    #[must_use]
    pub fn between(before: &Counts, after: &Counts) -> Option<Self> {
        let window = Counts {
            requests: after.requests.checked_sub(before.requests)?,
            errors_4xx: after.errors_4xx.checked_sub(before.errors_4xx)?,
            errors_5xx: after.errors_5xx.checked_sub(before.errors_5xx)?,
            abandoned: after.abandoned.checked_sub(before.abandoned)?,
            latency: Latency::between(&before.latency, &after.latency)?,
        };
        // A proxy counts a request before what became of it, and is asked between the two now and then.
        let unhappy = window.errors_4xx.saturating_add(window.errors_5xx);
        let requests = window.requests.max(unhappy.saturating_add(window.abandoned));
        Some(Self(Counts { requests, ..window }))
    }
}

impl Latency {
    fn between(before: &Self, after: &Self) -> Option<Self> {
        let count = after.count.checked_sub(before.count)?;
        if after.buckets.len() > MAX_BUCKETS {
            return None;
        }
        let mut last = 0;
        let mut bound = f64::NEG_INFINITY;
        let mut buckets = Vec::with_capacity(after.buckets.len());
        for (index, bucket) in after.buckets.iter().enumerate() {
            // A histogram is made with the first request: before, it has no buckets.
            let earlier = match before.buckets.get(index) {
                None if before.buckets.is_empty() => 0,
                Some(earlier) if same(earlier.upper_micros, bucket.upper_micros) => earlier.count,
                _ => return None,
            };
            let within = bucket.count.checked_sub(earlier)?;
            let rises = bucket.upper_micros > bound && bucket.upper_micros.is_finite();
            if !rises || within < last || within > count {
                return None;
            }
            (last, bound) = (within, bucket.upper_micros);
            buckets.push(Bucket { upper_micros: bucket.upper_micros, count: within });
        }
        (after.buckets.len() >= before.buckets.len()).then_some(Self { buckets, count })
    }
}

/// Bounds are written the same way each time.
fn same(one: f64, other: f64) -> bool {
    one.total_cmp(&other).is_eq()
}
