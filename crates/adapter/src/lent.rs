//! The host a policy sees, for the length of one callback.

use std::cell::Cell;
use std::time::Duration;

use tollgate_policy::{Conflict, Digest, Expect, Host, Kind, Level, Metric, Shared, Timestamp};

use crate::proxy::Proxy;

/// A proxy, lent to a policy with the clock stopped.
pub(crate) struct Lent<'a> {
    now: Timestamp,
    /// Asked for once: it too stands still for the length of a callback.
    uptime: Cell<Option<Duration>>,
    proxy: &'a dyn Proxy,
}

impl<'a> Lent<'a> {
    pub(crate) fn new(proxy: &'a dyn Proxy) -> Self {
        Self { now: proxy.now(), uptime: Cell::new(None), proxy }
    }
}

impl Host for Lent<'_> {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.proxy.shared(key)
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        self.proxy.share(key, value, expect)
    }

    fn verify_signature(
        &self,
        digest: Digest,
        key: &[u8],
        sig: &[u8],
        text: &[u8],
    ) -> Option<bool> {
        self.proxy.verify_signature(digest, key, sig, text)
    }

    fn uptime(&self) -> Duration {
        let uptime = self.uptime.get().unwrap_or_else(|| self.proxy.uptime());
        self.uptime.set(Some(uptime));
        uptime
    }

    fn metric(&self, kind: Kind, name: &str) -> Option<Metric> {
        self.proxy.metric(kind, name)
    }

    fn record(&self, metric: Metric, value: u64) {
        self.proxy.record(metric, value);
    }

    fn log(&self, level: Level, message: &str) {
        self.proxy.log(level, message);
    }
}
