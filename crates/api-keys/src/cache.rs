//! Keys that were found, so that the next request with one need not look for it.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::key::{DIGEST_BYTES, Key};

/// How many keys one worker remembers at most: enough for those that are busy at any one time, in
/// some 2 MiB.
const MAX_KEYS: usize = 8_192;

/// Keys by their digests.
pub(crate) type ByDigest = HashMap<[u8; DIGEST_BYTES], Rc<Key>, BuildHasherDefault<Prefix>>;

/// A bounded memory of keys.
///
/// Two generations: what is used moves into the young one, and when that is full it becomes the old
/// one, whose unused keys are forgotten. Only keys that were found are ever put in, so a flood of
/// unknown ones can push nothing out.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    young: ByDigest,
    old: ByDigest,
}

impl Cache {
    pub(crate) fn get(&mut self, digest: &[u8; DIGEST_BYTES]) -> Option<Rc<Key>> {
        if let Some(key) = self.young.get(digest) {
            return Some(key.clone());
        }
        let key = self.old.remove(digest)?;
        self.insert(digest, key.clone());
        Some(key)
    }

    pub(crate) fn insert(&mut self, digest: &[u8; DIGEST_BYTES], key: Rc<Key>) {
        if self.young.len() >= MAX_KEYS / 2 {
            self.old = std::mem::take(&mut self.young);
        }
        self.young.insert(*digest, key);
    }

    pub(crate) fn clear(&mut self) {
        self.young.clear();
        self.old.clear();
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

/// A digest is a hash already. Which ones are in the map the operator decides, not the client.
#[derive(Default)]
pub(crate) struct Prefix(u64);

impl Hasher for Prefix {
    fn write(&mut self, bytes: &[u8]) {
        if let Some(eight) = bytes.first_chunk() {
            self.0 ^= u64::from_le_bytes(*eight);
        }
    }

    /// How long a digest is says nothing about it.
    fn write_usize(&mut self, _: usize) {}

    fn finish(&self) -> u64 {
        self.0
    }
}
