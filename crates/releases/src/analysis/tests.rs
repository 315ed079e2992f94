mod advance;
mod counts;
mod judge;
mod latency;
mod significance;

use fastrand::Rng;

use super::*;

/// Envoy's default buckets, as far as latencies in millionths of a second reach.
const ENVOY: [f64; 19] = [
    0.5, 1.0, 5.0, 10.0, 25.0, 50.0, 100.0, 250.0, 500.0, 1e3, 2.5e3, 5e3, 1e4, 3e4, 6e4, 3e5, 6e5,
    1.8e6, 3.6e6,
];

/// The buckets that Envoy is given for these latencies: each bound a quarter above the one before.
fn fine() -> Vec<f64> {
    let longer = |micros: &u32| Some(micros + micros / 4).filter(|next| *next < 60_000_000);
    std::iter::successors(Some(250), longer).chain([60_000_000]).map(f64::from).collect()
}

/// How a variant behaves.
#[derive(Clone, Copy)]
struct Behaviour {
    /// How likely a server error is.
    errors: f64,
    /// The mean latency, in milliseconds. Latencies are exponential.
    latency: f64,
}

const GOOD: Behaviour = Behaviour { errors: 0.05, latency: 20.0 };

/// What becomes of requests to a variant.
fn serve(random: &mut Rng, bounds: &[f64], requests: u64, behaviour: Behaviour) -> Counts {
    let mut counts = Counts { requests, ..Counts::default() };
    let mut latencies = Vec::new();
    for _ in 0..requests {
        counts.errors_5xx += u64::from(random.f64() < behaviour.errors);
        latencies.push(-(1.0 - random.f64()).ln() * behaviour.latency * 1000.0);
    }
    counts.latency = histogram(bounds, &latencies);
    counts
}

fn histogram(bounds: &[f64], micros: &[f64]) -> Latency {
    let up_to = |bound: f64| micros.iter().filter(|each| **each <= bound).count() as u64;
    let bucket = |upper_micros: f64| Bucket { upper_micros, count: up_to(upper_micros) };
    Latency { buckets: bounds.iter().copied().map(bucket).collect(), count: micros.len() as u64 }
}

/// Adds what came to what was.
fn add(totals: &mut Counts, more: &Counts) {
    totals.requests += more.requests;
    totals.errors_4xx += more.errors_4xx;
    totals.errors_5xx += more.errors_5xx;
    totals.latency.count += more.latency.count;
    if totals.latency.buckets.is_empty() {
        totals.latency.buckets.clone_from(&more.latency.buckets);
        return;
    }
    for (total, more) in totals.latency.buckets.iter_mut().zip(&more.latency.buckets) {
        total.count += more.count;
    }
}

#[track_caller]
fn close(found: f64, expected: f64, tolerance: f64) {
    let error = (found - expected).abs() / expected.abs();
    assert!(error <= tolerance, "{found} is not {expected}");
}
