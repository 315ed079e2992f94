//! What a policy may ask of the place it runs in.

use std::time::Duration;

/// What a policy may ask of the place it runs in. Every answer comes at once.
pub trait Host {
    /// The time. It stands still for the length of one callback.
    fn now(&self) -> Timestamp;

    /// Reads from the memory that all workers of one proxy share.
    fn shared(&self, key: &str) -> Option<Shared>;

    /// Writes to the memory that all workers of one proxy share.
    ///
    /// Keys can never be deleted: a policy bounds the set of keys it uses.
    ///
    /// # Errors
    /// [`Conflict`] if the value is no longer the one `expect` names; nothing is written then.
    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict>;

    /// Lets the proxy verify a PKCS #1 v1.5 or ECDSA (ASN.1 DER) signature, which is many times
    /// faster than doing so in wasm. `None` where the proxy cannot: it is not a yes.
    fn verify_signature(
        &self,
        digest: Digest,
        public_key_der: &[u8],
        signature: &[u8],
        message: &[u8],
    ) -> Option<bool>;

    /// Time since some moment in the life of the machine. Unlike [`now`](Self::now) it never steps,
    /// and all workers of one proxy see the same.
    fn uptime(&self) -> Duration;

    /// The number of a metric of the proxy, by which [`record`](Self::record) knows it; a metric
    /// that is not there yet is made. `None` where the proxy cannot. Metrics are never removed: a
    /// policy bounds the names it uses.
    fn metric(&self, kind: Kind, name: &str) -> Option<Metric>;

    /// Adds to a counter, sets a gauge, or notes one value in a histogram.
    fn record(&self, metric: Metric, value: u64);

    /// Tells the operator. Never pass a token, a key or a header value.
    fn log(&self, level: Level, message: &str);
}

/// Time since the Unix epoch.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct Timestamp(pub Duration);

impl Timestamp {
    /// A whole number of seconds after the epoch.
    #[must_use]
    pub const fn from_secs(secs: u64) -> Self {
        Self(Duration::from_secs(secs))
    }

    /// Whole seconds since the epoch.
    #[must_use]
    pub const fn as_secs(self) -> u64 {
        self.0.as_secs()
    }

    /// This much later.
    #[must_use]
    pub const fn after(self, wait: Duration) -> Self {
        Self(self.0.saturating_add(wait))
    }

    /// How long ago `earlier` was. Zero if it has not come yet: clocks may step back.
    #[must_use]
    pub const fn since(self, earlier: Self) -> Duration {
        self.0.saturating_sub(earlier.0)
    }
}

/// A value in shared memory, and which version of it this is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Shared {
    /// The bytes.
    pub value: Vec<u8>,
    /// Changes with every write.
    pub version: u32,
}

/// What a write to shared memory expects to find.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expect {
    /// Nothing was ever written under this key.
    Absent,
    /// The version that was read.
    Version(u32),
    /// Whatever is there.
    Anything,
}

/// Another worker wrote first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Conflict;

/// The digest a signature is made over.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Digest {
    /// SHA-256
    Sha256,
    /// SHA-384
    Sha384,
    /// SHA-512
    Sha512,
}

/// What a metric does with the values that are recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// Adds them up.
    Counter,
    /// Keeps the last.
    Gauge,
    /// Keeps how they are distributed.
    Histogram,
}

/// A metric, and what it does with values.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Metric {
    /// What it does with values.
    pub kind: Kind,
    /// The proxy's number for it.
    pub id: u32,
}

/// How loudly to tell the operator.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// For debugging.
    Debug,
    /// Worth knowing.
    Info,
    /// Something is wrong and is being handled.
    Warn,
    /// Something is wrong and callers suffer.
    Error,
}
