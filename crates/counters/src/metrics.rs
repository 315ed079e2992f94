//! What the server has done, for Prometheus.

use std::fmt::Write;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use crate::ask::{Ask, Kind};
use crate::decision::{Decision, Failure, Verdict};

/// The histogram's bounds in microseconds: from what memory takes to what nobody waits for.
const BOUNDS: [u64; 10] = [100, 250, 500, 1_000, 2_500, 5_000, 10_000, 50_000, 250_000, 1_000_000];

/// Counts since the start. The names of plans, keys and limits are no labels: there is no bound on
/// how many there are.
#[derive(Debug, Default)]
pub struct Metrics {
    rates: Outcomes,
    quotas: Outcomes,
    malformed: AtomicU64,
    buckets: [AtomicU64; BOUNDS.len()],
    decisions: AtomicU64,
    microseconds: AtomicU64,
}

/// What became of descriptors of one kind.
#[derive(Debug, Default)]
struct Outcomes {
    grants: AtomicU64,
    refusals: AtomicU64,
    failures: AtomicU64,
}

impl Metrics {
    /// Counts what became of a request.
    pub fn decided(&self, asks: &[Ask], decision: &Result<Decision, Failure>, took: Duration) {
        for ask in asks {
            let outcomes = match ask.kind {
                Kind::Rate => &self.rates,
                Kind::Quota(_) => &self.quotas,
            };
            let outcome = match decision {
                Ok(Decision { verdict: Verdict::Grant, .. }) => &outcomes.grants,
                Ok(Decision { verdict: Verdict::Refuse, .. }) => &outcomes.refusals,
                Err(_) => &outcomes.failures,
            };
            add(outcome, 1);
        }
        let took = u64::try_from(took.as_micros()).unwrap_or(u64::MAX);
        for (bucket, _) in self.buckets.iter().zip(BOUNDS).filter(|(_, bound)| took <= *bound) {
            add(bucket, 1);
        }
        add(&self.decisions, 1);
        add(&self.microseconds, took);
    }

    /// Counts a request that made no sense.
    pub fn malformed(&self) {
        add(&self.malformed, 1);
    }

    /// All of them, in Prometheus's text format.
    pub fn text(&self) -> String {
        let mut text = String::new();
        let kinds = [("rate", &self.rates), ("quota", &self.quotas)];
        let mut each = |name: &str, help: &str, of: fn(&Outcomes) -> &AtomicU64| {
            let name = format!("tollgate_counters_{name}_total");
            head(&mut text, &name, help, "counter");
            for (kind, outcomes) in kinds {
                line(&mut text, &format!("{name}{{kind=\"{kind}\"}}"), read(of(outcomes)));
            }
        };
        each("grants", "Descriptors of requests that were granted.", |of| &of.grants);
        each("refusals", "Descriptors of requests over a limit.", |of| &of.refusals);
        each("failures", "Descriptors of requests that could not be decided.", |of| &of.failures);
        let malformed = "tollgate_counters_malformed_total";
        head(&mut text, malformed, "Requests that made no sense.", "counter");
        line(&mut text, malformed, read(&self.malformed));
        let latency = "tollgate_counters_engine_seconds";
        head(&mut text, latency, "How long the engine took to decide.", "histogram");
        for (bucket, bound) in self.buckets.iter().zip(BOUNDS) {
            let bound = seconds(bound);
            line(&mut text, &format!("{latency}_bucket{{le=\"{bound}\"}}"), read(bucket));
        }
        let decisions = read(&self.decisions);
        line(&mut text, &format!("{latency}_bucket{{le=\"+Inf\"}}"), decisions);
        line(&mut text, &format!("{latency}_sum"), seconds(read(&self.microseconds)));
        line(&mut text, &format!("{latency}_count"), decisions);
        text
    }
}

fn add(to: &AtomicU64, what: u64) {
    to.fetch_add(what, Ordering::Relaxed);
}

fn read(from: &AtomicU64) -> u64 {
    from.load(Ordering::Relaxed)
}

/// Microseconds as a decimal fraction of seconds.
fn seconds(microseconds: u64) -> String {
    format!("{}.{:06}", microseconds / 1_000_000, microseconds % 1_000_000)
}

fn head(text: &mut String, name: &str, help: &str, kind: &str) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "# HELP {name} {help}\n# TYPE {name} {kind}");
}

fn line(text: &mut String, name: &str, value: impl std::fmt::Display) {
    // Writing to a string cannot fail.
    let _ = writeln!(text, "{name} {value}");
}
