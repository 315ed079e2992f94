//! Answers that still hold, so that nobody need be asked again.

use std::borrow::Borrow as _;
use std::collections::HashMap;
use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::key::Key;

/// How many answers of either kind one worker keeps at most: enough for tens of thousands of callers,
/// each of whom comes several times while an answer holds.
const MAX_ANSWERS: usize = 16_384;

/// How many bytes of answers and keys of either kind one worker keeps at most. What a policy is compiled
/// to takes some ten times its text, so that both kinds together are some 80 MiB of the 1 GiB that a
/// filter can have.
const MAX_BYTES: usize = 4 * 1024 * 1024;

/// What an answer takes besides.
const OVERHEAD_BYTES: usize = 256;

/// A bounded memory of answers.
///
/// Who is refused is remembered apart from who is let in: callers choose their keys, and a flood of
/// those whom nobody knows pushes none out of those who are known. Their hashes go by a secret of each
/// map, so that none can be chosen which take long to tell apart from others.
#[derive(Debug, Default)]
pub(crate) struct Cache {
    admitted: Store,
    refused: Store,
}

/// What an answer has come to when it came.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Came {
    /// The caller was let in.
    Admitted,
    /// The caller was refused.
    Refused,
}

/// Two generations: what is used moves into the young one, and when that is full it becomes the old
/// one, whose unused answers are forgotten.
#[derive(Debug, Default)]
struct Store {
    young: Generation,
    old: Generation,
    young_bytes: usize,
}

type Generation = HashMap<Key, Entry>;

#[derive(Clone, Debug)]
struct Entry {
    answer: Rc<Answer>,
    /// The uptime until which it holds.
    until: Duration,
}

impl Cache {
    /// The answer of this key that holds at this uptime.
    pub(crate) fn get(&mut self, key: &[u8], now: Duration) -> Option<Rc<Answer>> {
        self.admitted.get(key, now).or_else(|| self.refused.get(key, now))
    }

    /// Keeps an answer in place of what was kept by this key.
    pub(crate) fn insert(&mut self, key: Key, answer: Rc<Answer>, until: Duration, came: Came) {
        self.admitted.remove(key.borrow());
        self.refused.remove(key.borrow());
        let store = match came {
            Came::Admitted => &mut self.admitted,
            Came::Refused => &mut self.refused,
        };
        store.put(key, Entry { answer, until });
    }

    #[cfg(test)]
    pub(crate) fn len(&self) -> usize {
        let len = |store: &Store| store.young.len() + store.old.len();
        len(&self.admitted) + len(&self.refused)
    }
}

impl Store {
    fn get(&mut self, key: &[u8], now: Duration) -> Option<Rc<Answer>> {
        if let Some(entry) = self.young.get(key) {
            if now < entry.until {
                return Some(entry.answer.clone());
            }
            self.remove(key);
            return None;
        }
        let (key, entry) = self.old.remove_entry(key)?;
        if now >= entry.until {
            return None;
        }
        let answer = entry.answer.clone();
        self.put(key, entry);
        Some(answer)
    }

    fn remove(&mut self, key: &[u8]) {
        if let Some((key, entry)) = self.young.remove_entry(key) {
            self.young_bytes = self.young_bytes.saturating_sub(bytes(&key, &entry));
        }
        self.old.remove(key);
    }

    fn put(&mut self, key: Key, entry: Entry) {
        let bytes = bytes(&key, &entry);
        let full = self.young.len() >= MAX_ANSWERS / 2
            || self.young_bytes.saturating_add(bytes) > MAX_BYTES / 2;
        if full {
            self.old = std::mem::take(&mut self.young);
            self.young_bytes = 0;
        }
        self.young_bytes = self.young_bytes.saturating_add(bytes);
        self.young.insert(key, entry);
    }
}

fn bytes(key: &Key, entry: &Entry) -> usize {
    key.len().saturating_add(entry.answer.bytes).saturating_add(OVERHEAD_BYTES)
}
