//! What a limit tells the proxy's operator.

use std::cell::Cell;

use tollgate_policy::{Host, Kind, Metric};

/// The metrics of one limit. They are kept here and told now and then, because a call of the proxy for
/// every request costs more than the request itself.
#[derive(Debug)]
pub(crate) struct Metrics {
    limit: String,
    admitted: Count,
    refused: Count,
    lease: Count,
}

/// A number, and whether the proxy has been told.
#[derive(Debug, Default)]
struct Count {
    value: Cell<u64>,
    metric: Cell<Option<Metric>>,
}

impl Metrics {
    /// Of the limit of this name. What stands in a metric's name may be letters, digits and a few
    /// signs.
    pub(crate) fn new(limit: &str) -> Self {
        let plain = |char: char| char.is_ascii_alphanumeric() || "-_/${}+*".contains(char);
        let limit = limit.chars().map(|char| if plain(char) { char } else { '_' }).collect();
        Self {
            limit,
            admitted: Count::default(),
            refused: Count::default(),
            lease: Count::default(),
        }
    }

    pub(crate) fn limit(&self) -> &str {
        &self.limit
    }

    pub(crate) fn admitted(&self) {
        self.admitted.add(1);
    }

    /// One that was admitted was refused after all, by something else.
    pub(crate) fn retracted(&self) {
        let admitted = &self.admitted.value;
        admitted.set(admitted.get().saturating_sub(1));
    }

    pub(crate) fn refused(&self) {
        self.refused.add(1);
    }

    pub(crate) fn borrowed(&self, tokens: u32) {
        self.lease.value.set(tokens.into());
    }

    pub(crate) fn flush(&self, host: &dyn Host) {
        self.admitted.flush("admitted", Kind::Counter, &self.limit, host);
        self.refused.flush("refused", Kind::Counter, &self.limit, host);
        self.lease.flush("lease", Kind::Histogram, &self.limit, host);
    }
}

impl Count {
    fn add(&self, more: u64) {
        self.value.set(self.value.get().saturating_add(more));
    }

    /// A limit that nothing has happened to has no metric.
    fn flush(&self, what: &str, kind: Kind, limit: &str, host: &dyn Host) {
        let value = self.value.take();
        if value == 0 {
            return;
        }
        let metric = self
            .metric
            .get()
            .or_else(|| host.metric(kind, &format!("tollgate_limit_{what}.limit={limit};")));
        self.metric.set(metric);
        if let Some(metric) = metric {
            host.record(metric, value);
        }
    }
}
