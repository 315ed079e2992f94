//! Tokens that have been verified, so that the same token need not be verified again.

use std::collections::HashMap;
use std::hash::{BuildHasherDefault, Hash, Hasher};
use std::rc::Rc;

use crate::verified::Verified;

/// How many tokens one worker remembers at most: enough for tens of thousands of callers, each of
/// whom uses a token for minutes.
const MAX_TOKENS: usize = 32_768;

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

type Generation = HashMap<Tail, (Box<[u8]>, Rc<Verified>), BuildHasherDefault<Spread>>;

impl Cache {
    pub(crate) fn get(&mut self, token: &[u8]) -> Option<Rc<Verified>> {
        let tail = Tail::of(token);
        if let Some((known, verified)) = self.young.get(&tail) {
            return are_same(known, token).then(|| verified.clone());
        }
        let (known, verified) = self.old.remove(&tail)?;
        let found = are_same(&known, token).then(|| verified.clone());
        self.put(known, verified);
        found
    }

    pub(crate) fn insert(&mut self, token: &[u8], verified: Rc<Verified>) {
        self.remove(token);
        self.put(token.into(), verified);
    }

    pub(crate) fn remove(&mut self, token: &[u8]) {
        let tail = Tail::of(token);
        if let Some((known, _)) = self.young.remove(&tail) {
            self.young_bytes = self.young_bytes.saturating_sub(known.len());
        }
        self.old.remove(&tail);
    }

    fn put(&mut self, token: Box<[u8]>, verified: Rc<Verified>) {
        let full = self.young.len() >= MAX_TOKENS / 2
            || self.young_bytes.saturating_add(token.len()) > MAX_BYTES / 2;
        if full {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(token.len());
        self.young.insert(Tail::of(&token), (token, verified));
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        self.young.len().saturating_add(self.old.len())
    }
}

/// The last bytes of a token, which are those of its signature: they differ as much as any hash would, and
/// nobody but the issuer chooses them. Of two tokens with the same the later one is remembered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Tail([u64; 2]);

impl Tail {
    fn of(token: &[u8]) -> Self {
        let mut words = token.rchunks(8).map(|chunk| {
            let mut word = [0; 8];
            for (to, from) in word.iter_mut().zip(chunk) {
                *to = *from;
            }
            u64::from_le_bytes(word)
        });
        Self([words.next().unwrap_or_default(), words.next().unwrap_or_default()])
    }
}

impl Hash for Tail {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        self.0.iter().for_each(|word| hasher.write_u64(*word));
    }
}

/// Whether two tokens are the same, eight bytes at a time: in wasm, slices are compared byte by byte.
fn are_same(one: &[u8], other: &[u8]) -> bool {
    let (words, rest) = one.as_chunks::<8>();
    let (other_words, other_rest) = other.as_chunks::<8>();
    one.len() == other.len()
        && rest == other_rest
        && words
            .iter()
            .zip(other_words)
            .all(|(word, other)| u64::from_le_bytes(*word) == u64::from_le_bytes(*other))
}

/// Hashes what is as good as random already.
#[derive(Default)]
pub(crate) struct Spread(u64);

impl Hasher for Spread {
    fn write(&mut self, bytes: &[u8]) {
        bytes.iter().for_each(|byte| self.write_u64((*byte).into()));
    }

    fn write_u64(&mut self, word: u64) {
        const SPREAD: u64 = 0x9e37_79b9_7f4a_7c15;
        self.0 = (self.0.rotate_left(29) ^ word).wrapping_mul(SPREAD);
    }

    fn finish(&self) -> u64 {
        // The low bits choose the bucket, so they must depend on all others.
        self.0 ^ (self.0 >> 32)
    }
}
