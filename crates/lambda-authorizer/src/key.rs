//! What answers are kept by.

use std::fmt;
use std::rc::Rc;

/// The longest key by which an answer is kept or waited for: what API Gateway takes in a whole head.
/// Whoever sends more is asked about each time.
const MAX_KEY_BYTES: usize = 10_240;

/// The values of all identity sources, in their order. Tokens are among them, so nobody is shown it.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Key(Rc<[u8]>);

impl Key {
    /// The key of these values. `None` of one that is too long.
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v [u8]>) -> Option<Self> {
        let mut key = Vec::new();
        for value in values {
            // The length first, so that no values are another's with the border elsewhere.
            key.extend_from_slice(&u32::try_from(value.len()).ok()?.to_le_bytes());
            key.extend_from_slice(value);
            if key.len() > MAX_KEY_BYTES {
                return None;
            }
        }
        Some(Self(key.into()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(..)")
    }
}
