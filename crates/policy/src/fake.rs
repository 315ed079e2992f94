//! A host for tests: its clock moves only when told to, and its memory is a map.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use crate::{Conflict, Digest, Expect, Host, Kind, Level, Metric, Shared, Timestamp};

/// A host for tests. It cannot verify signatures, as on a proxy without that function.
#[derive(Debug, Default)]
pub struct FakeHost {
    now: Cell<Timestamp>,
    uptime: Cell<Duration>,
    memory: RefCell<HashMap<String, Shared>>,
    log: RefCell<Vec<String>>,
    metrics: RefCell<Vec<(String, u64)>>,
    reads: Cell<usize>,
}

impl FakeHost {
    /// A host whose clock stands at `now`.
    #[must_use]
    pub fn at(now: Timestamp) -> Self {
        Self { now: Cell::new(now), ..Self::default() }
    }

    /// Moves the clock on.
    pub fn pass(&self, time: Duration) {
        self.now.set(self.now.get().after(time));
        self.uptime.set(self.uptime.get().saturating_add(time));
    }

    /// Sets the time of day, as an operator or a time server does: the machine is up no longer.
    pub fn step(&self, now: Timestamp) {
        self.now.set(now);
    }

    /// How long the machine has been up.
    #[must_use]
    pub fn uptime_now(&self) -> Duration {
        self.uptime.get()
    }

    /// How often shared memory was read or written.
    #[must_use]
    pub fn accesses(&self) -> usize {
        self.reads.get()
    }

    /// What a counter has come to, what a gauge shows, or what a histogram saw last.
    #[must_use]
    pub fn metric_value(&self, name: &str) -> Option<u64> {
        let metrics = self.metrics.borrow();
        metrics.iter().find(|(known, _)| known == name).map(|(_, value)| *value)
    }

    /// The names of all metrics.
    #[must_use]
    pub fn metric_names(&self) -> Vec<String> {
        self.metrics.borrow().iter().map(|(name, _)| name.clone()).collect()
    }

    fn touch(&self) {
        self.reads.set(self.reads.get().saturating_add(1));
    }

    /// What the operator was told.
    #[must_use]
    pub fn logged(&self) -> Vec<String> {
        self.log.borrow().clone()
    }
}

impl Host for FakeHost {
    fn now(&self) -> Timestamp {
        self.now.get()
    }

    fn uptime(&self) -> Duration {
        self.uptime.get()
    }

    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        let mut metrics = self.metrics.borrow_mut();
        let known = metrics.iter().position(|(known, _)| known == name);
        let place = known.unwrap_or(metrics.len());
        if known.is_none() {
            metrics.push((name.to_owned(), 0));
        }
        Some(Metric { kind, id: u32::try_from(place).ok()? })
    }

    fn record(&self, metric: Metric, value: u64) {
        let mut metrics = self.metrics.borrow_mut();
        let Some((_, sum)) = metrics.get_mut(metric.id as usize) else { return };
        *sum = match metric.kind {
            Kind::Counter => sum.saturating_add(value),
            Kind::Gauge | Kind::Histogram => value,
        };
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.touch();
        self.memory.borrow().get(key).cloned()
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        self.touch();
        let mut memory = self.memory.borrow_mut();
        let present = memory.get(key).map(|shared| shared.version);
        let matches = match expect {
            Expect::Absent => present.is_none(),
            Expect::Version(version) => present == Some(version),
            Expect::Anything => true,
        };
        if !matches {
            return Err(Conflict);
        }
        let version = present.unwrap_or_default().wrapping_add(1);
        memory.insert(key.to_owned(), Shared { value: value.to_vec(), version });
        Ok(())
    }

    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }

    fn log(&self, _: Level, message: &str) {
        self.log.borrow_mut().push(message.to_owned());
    }
}
