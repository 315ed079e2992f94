//! A host for tests: its clock moves only when told to, and its memory is a map.

use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::time::Duration;

use crate::{Conflict, Digest, Expect, Host, Level, Shared, Timestamp};

/// A host for tests. It cannot verify signatures, as on a proxy without that function.
#[derive(Debug, Default)]
pub struct FakeHost {
    now: Cell<Timestamp>,
    memory: RefCell<HashMap<String, Shared>>,
    log: RefCell<Vec<String>>,
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

    fn shared(&self, key: &str) -> Option<Shared> {
        self.memory.borrow().get(key).cloned()
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
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
