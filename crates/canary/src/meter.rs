//! What became of the requests of the base and of the canary.

use std::cell::Cell;
use std::time::Duration;

use tollgate_policy::{Host, Kind, Metric};

use crate::Variant;

/// Counts the requests of the base and of the canary apart, as metrics of the proxy:
///
/// * `tollgate_canary_requests`, `tollgate_canary_4xx` and `tollgate_canary_5xx` count answers, and
/// * `tollgate_canary_latency_micros` is how long they took, from the request to the head of the answer,
///
/// each with the labels `stage` and `variant`. A request that nobody answered, because the client went
/// away, is not counted.
#[derive(Debug)]
pub struct Meters {
    base: Meter,
    canary: Meter,
}

impl Meters {
    /// The metrics of a stage. A name is part of those of the metrics, which are never removed.
    #[must_use]
    pub fn of(stage: &str) -> Self {
        let meter = |variant| Meter::of(stage, variant);
        Self { base: meter(Variant::Base), canary: meter(Variant::Canary) }
    }

    /// Counts an answer.
    pub fn count(&self, variant: Variant, status: u16, latency: Duration, host: &dyn Host) {
        let meter = match variant {
            Variant::Base => &self.base,
            Variant::Canary => &self.canary,
        };
        meter.count(status, latency, host);
    }
}

/// Counts the requests of one of them.
#[derive(Debug)]
pub struct Meter {
    requests: Lazy,
    of_4xx: Lazy,
    of_5xx: Lazy,
    latency: Lazy,
}

impl Meter {
    fn of(stage: &str, variant: Variant) -> Self {
        let metric = |kind, what: &str| Lazy {
            kind,
            name: format!("tollgate_canary_{what}.stage={stage};.variant={variant};"),
            made: Cell::new(None),
        };
        Self {
            requests: metric(Kind::Counter, "requests"),
            of_4xx: metric(Kind::Counter, "4xx"),
            of_5xx: metric(Kind::Counter, "5xx"),
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
        self.latency.record(u64::try_from(latency.as_micros()).unwrap_or(u64::MAX), host);
    }
}

/// A metric that is made when it is first needed.
#[derive(Debug)]
struct Lazy {
    kind: Kind,
    name: String,
    made: Cell<Option<Metric>>,
}

impl Lazy {
    fn record(&self, value: u64, host: &dyn Host) {
        let metric = self.made.get().or_else(|| host.metric(self.kind, &self.name));
        self.made.set(metric);
        if let Some(metric) = metric {
            host.record(metric, value);
        }
    }
}
