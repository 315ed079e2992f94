//! A metric that is made when it is first needed.

use std::cell::Cell;

use crate::{Host, Kind, Metric};

/// A metric of the proxy by its name, which is made when the first value is recorded.
#[derive(Debug)]
pub struct NamedMetric {
    kind: Kind,
    name: String,
    made: Cell<Option<Metric>>,
}

impl NamedMetric {
    /// The metric of this name, with the labels that stand in it: `requests.stage=prod;.api=a;`.
    #[must_use]
    pub fn new(kind: Kind, name: impl Into<String>) -> Self {
        Self { kind, name: name.into(), made: Cell::new(None) }
    }

    /// Adds to a counter, sets a gauge, or notes one value in a histogram.
    pub fn record(&self, value: u64, host: &dyn Host) {
        let metric = self.made.get().or_else(|| host.metric(self.kind, &self.name));
        self.made.set(metric);
        if let Some(metric) = metric {
            host.record(metric, value);
        }
    }
}
