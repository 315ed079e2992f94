//! Tokens that have been verified, so that the same token need not be verified again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hasher};
use std::rc::Rc;

use crate::verified::Verified;

/// How many tokens one worker remembers at most: enough for tens of thousands of callers, each of
/// whom uses a token for minutes.
const MAX_TOKENS: usize = 16_384;

/// How many bytes of tokens one worker remembers at most. The claims take about as much again, so
/// this is some 32 MiB of the 1 GiB a filter can have.
const MAX_BYTES: usize = 16 * 1024 * 1024;

/// A bounded memory of verified tokens.
///
/// Two generations: what is used moves into the young one, and when that is full it becomes the old
/// one, whose unused tokens are forgotten. Only verified tokens are ever put in, so a flood of bad
/// ones can push nothing out.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    young: Generation,
    old: Generation,
    young_bytes: usize,
}

type Generation = HashMap<Box<[u8]>, Rc<Verified>, BuildHasherDefault<Tail>>;

impl Cache {
    pub(crate) fn get(&mut self, token: &[u8]) -> Option<Rc<Verified>> {
        if let Some(verified) = self.young.get(token) {
            return Some(verified.clone());
        }
        let (token, verified) = self.old.remove_entry(token)?;
        self.put(token, verified.clone());
        Some(verified)
    }

    pub(crate) fn insert(&mut self, token: &[u8], verified: Rc<Verified>) {
        self.put(token.into(), verified);
    }

    pub(crate) fn remove(&mut self, token: &[u8]) {
        if self.young.remove(token).is_some() {
            self.young_bytes = self.young_bytes.saturating_sub(token.len());
        }
        self.old.remove(token);
    }

    fn put(&mut self, token: Box<[u8]>, verified: Rc<Verified>) {
        let full = self.young.len() >= MAX_TOKENS / 2
            || self.young_bytes.saturating_add(token.len()) > MAX_BYTES / 2;
        if full {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(token.len());
        self.young.insert(token, verified);
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

/// Hashes a token by its last bytes, which are those of its signature: they differ as much as any
/// hash would, and nobody but the issuer chooses them. The whole token is compared afterwards.
#[derive(Default)]
pub(crate) struct Tail(u64);

impl Hasher for Tail {
    fn write(&mut self, bytes: &[u8]) {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        for chunk in bytes.rchunks(8).take(2) {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            self.0 = (self.0.rotate_left(29) ^ u64::from_le_bytes(word)).wrapping_mul(SPREAD);
        }
    }

    fn write_usize(&mut self, number: usize) {
        self.write(&(number as u64).to_le_bytes());
    }

    fn finish(&self) -> u64 {
        // The low bits choose the bucket, so they must depend on all others.
        self.0 ^ (self.0 >> 32)
    }
}
