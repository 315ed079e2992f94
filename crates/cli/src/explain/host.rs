//! A host for one request: its memory is its own, and nobody fetches anything.

use std::cell::RefCell;
use std::collections::HashMap;
use std::time::{Duration, SystemTime};

use tollgate_policy::{Conflict, Digest, Expect, Host, Kind, Level, Metric, Shared, Timestamp};

/// A host for one request.
#[derive(Debug)]
pub struct Alone {
    now: Timestamp,
    memory: RefCell<HashMap<String, Shared>>,
}

impl Alone {
    /// A host at this moment.
    pub fn new() -> Self {
        let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
        Self { now: Timestamp(now), memory: RefCell::default() }
    }

    /// Random bits, for ids. Where there are none, two explanations have the same ids.
    pub fn nonce(&self) -> u128 {
        let mut bytes = [0; 16];
        match getrandom::fill(&mut bytes) {
            Ok(()) => u128::from_le_bytes(bytes),
            Err(_) => self.now.0.as_nanos(),
        }
    }
}

impl Host for Alone {
    fn now(&self) -> Timestamp {
        self.now
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.memory.borrow().get(key).cloned()
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        let mut memory = self.memory.borrow_mut();
        let version = memory.get(key).map(|shared| shared.version);
        let is_met = match (expect, version) {
            (Expect::Anything, _) | (Expect::Absent, None) => true,
            (Expect::Version(wanted), Some(version)) => wanted == version,
            (Expect::Absent, Some(_)) | (Expect::Version(_), None) => false,
        };
        if !is_met {
            return Err(Conflict);
        }
        let version = version.unwrap_or_default().wrapping_add(1);
        memory.insert(key.to_owned(), Shared { value: value.to_vec(), version });
        Ok(())
    }

    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }

    fn uptime(&self) -> Duration {
        self.now.0
    }

    fn metric(&self, _: Kind, _: &str) -> Option<Metric> {
        None
    }

    fn record(&self, _: Metric, _: u64) {}

    fn log(&self, _: Level, _: &str) {}
}
