//! What became of the requests of the base and of the canary.

use std::time::Duration;

use tollgate_policy::{Host, Kind, NamedMetric};

use crate::{Release, Variant};

/// Counts the requests of the base and of the canary apart, as metrics of the proxy:
///
/// * `tollgate_canary_requests` counts requests that are over,
/// * `tollgate_canary_4xx` and `tollgate_canary_5xx` those that were answered so,
/// * `tollgate_canary_abandoned` those that the client gave up before there was an answer, and
/// * `tollgate_canary_latency_micros` is how long they took, from the request to the head of the answer
///   or to the end without one,
///
/// each with the labels `stage` and `variant`, and with `release` where canaries follow each other.
#[derive(Debug)]
pub struct Meters {
    base: Meter,
    canary: Meter,
}

impl Meters {
    /// The metrics of a stage. Its name is part of those of the metrics, which are never removed.
    #[must_use]
    pub fn of(stage: &str, release: Option<Release>) -> Self {
        let labels = match release {
            Some(release) => format!(".stage={stage};.release={release};"),
            None => format!(".stage={stage};"),
        };
        let meter = |variant| Meter::of(&format!("{labels}.variant={variant};"));
        Self { base: meter(Variant::Base), canary: meter(Variant::Canary) }
    }

    /// Counts an answer that came after this time.
    pub fn count(&self, variant: Variant, status: u16, latency: Duration, host: &dyn Host) {
        self.meter(variant).count(status, latency, host);
    }

    /// Counts a request that the client gave up after this time, without an answer. Whoever does not
    /// tell of these does not see a canary that hangs.
    pub fn abandon(&self, variant: Variant, elapsed: Duration, host: &dyn Host) {
        self.meter(variant).abandon(elapsed, host);
    }

    fn meter(&self, variant: Variant) -> &Meter {
        match variant {
            Variant::Base => &self.base,
            Variant::Canary => &self.canary,
        }
    }
}

/// Counts the requests of one of them.
#[derive(Debug)]
pub struct Meter {
    requests: NamedMetric,
    of_4xx: NamedMetric,
    of_5xx: NamedMetric,
    abandoned: NamedMetric,
    latency: NamedMetric,
}

impl Meter {
    fn of(labels: &str) -> Self {
        let metric =
            |kind, what: &str| NamedMetric::new(kind, format!("tollgate_canary_{what}{labels}"));
        Self {
            requests: metric(Kind::Counter, "requests"),
            of_4xx: metric(Kind::Counter, "4xx"),
            of_5xx: metric(Kind::Counter, "5xx"),
            abandoned: metric(Kind::Counter, "abandoned"),
            latency: metric(Kind::Histogram, "latency_micros"),
        }
    }

    fn count(&self, status: u16, latency: Duration, host: &dyn Host) {
        self.requests.record(1, host);
        match status {
            400..500 => self.of_4xx.record(1, host),
            500..600 => self.of_5xx.record(1, host),
            _ => {}
        }
        self.took(latency, host);
    }

    fn abandon(&self, elapsed: Duration, host: &dyn Host) {
        self.requests.record(1, host);
        self.abandoned.record(1, host);
        self.took(elapsed, host);
    }

    fn took(&self, time: Duration, host: &dyn Host) {
        self.latency.record(u64::try_from(time.as_micros()).unwrap_or(u64::MAX), host);
    }
}
