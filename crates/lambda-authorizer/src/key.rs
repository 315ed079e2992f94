//! What answers are kept by.

use std::borrow::Borrow;
use std::fmt;
use std::rc::Rc;

/// The longest key by which an answer is kept or waited for: what API Gateway takes in a whole head.
/// Whoever sends more is asked about each time.
const MAX_KEY_BYTES: usize = 10_240;

/// The values of all identity sources, in their order. Tokens are among them, so nobody is shown it.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(crate) struct Key(Rc<[u8]>);

impl Key {
    /// The key of these values.
    #[cfg(test)]
    pub(crate) fn of<'v>(values: impl IntoIterator<Item = &'v [u8]> + Clone) -> Option<Self> {
        let mut room = Vec::new();
        Self::write(values, &mut room).then(|| Self::from(room.as_slice()))
    }

    /// Writes the key of these values down: most are looked up and found, and need not be kept. Whether
    /// it is not too long.
    pub(crate) fn write<'v>(
        values: impl IntoIterator<Item = &'v [u8]>,
        room: &mut Vec<u8>,
    ) -> bool {
        for value in values {
            // The length first, so that no values are another's with the border elsewhere.
            let Ok(length) = u32::try_from(value.len()) else { return false };
            if room.len().saturating_add(value.len()) > MAX_KEY_BYTES {
                return false;
            }
            room.extend_from_slice(&length.to_le_bytes());
            room.extend_from_slice(value);
        }
        room.len() <= MAX_KEY_BYTES
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }
}

impl From<&[u8]> for Key {
    fn from(written: &[u8]) -> Self {
        Self(written.into())
    }
}

/// INVARIANT: hashed as its bytes are.
impl Borrow<[u8]> for Key {
    fn borrow(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Key {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str("Key(..)")
    }
}
