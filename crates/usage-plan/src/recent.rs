//! The digests of values that were brought before, so that they need not be computed again.

use std::cell::RefCell;
use std::hash::{BuildHasher, RandomState};

use tollgate_api_keys::DIGEST_BYTES;

/// How many digests one worker remembers: 192 KiB of them. A value takes the place of another.
const SLOTS: u32 = 4_096;

/// The digests of values that were brought before.
///
/// No value is kept, only a code of 128 bits that nobody can compute who does not have this worker's own
/// random key: not even somebody who has read it could find a value by it.
pub(crate) struct Recent {
    keys: [RandomState; 2],
    slots: RefCell<Vec<Slot>>,
}

#[derive(Clone, Copy, Default)]
struct Slot {
    code: [u64; 2],
    digest: [u8; DIGEST_BYTES],
}

/// A value's code.
#[derive(Clone, Copy)]
pub(crate) struct Code([u64; 2]);

impl Code {
    fn slot(self) -> usize {
        // INVARIANT: what is left of a division by a small number is small.
        (self.0[0] % u64::from(SLOTS)) as usize
    }
}

impl Default for Recent {
    fn default() -> Self {
        Self { keys: [RandomState::new(), RandomState::new()], slots: RefCell::default() }
    }
}

/// Whose codes they are is nobody's business.
impl std::fmt::Debug for Recent {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_struct("Recent").finish_non_exhaustive()
    }
}

impl Recent {
    pub(crate) fn code(&self, value: &[u8]) -> Code {
        let [one, two] = &self.keys;
        Code([one.hash_one(value), two.hash_one(value)])
    }

    pub(crate) fn digest(&self, code: Code) -> Option<[u8; DIGEST_BYTES]> {
        let slots = self.slots.borrow();
        let slot = slots.get(code.slot())?;
        // An empty slot has the code of nothing that is likely to come.
        (slot.code == code.0 && slot.code != [0; 2]).then_some(slot.digest)
    }

    /// Only what is known is worth it: whoever guesses pushes nothing out.
    pub(crate) fn remember(&self, code: Code, digest: [u8; DIGEST_BYTES]) {
        let mut slots = self.slots.borrow_mut();
        if slots.is_empty() {
            slots.resize(SLOTS as usize, Slot::default());
        }
        if let Some(slot) = slots.get_mut(code.slot()) {
            *slot = Slot { code: code.0, digest };
        }
    }
}

#[cfg(test)]
mod tests {
    use wasm_bindgen_test::wasm_bindgen_test;

    use super::{Recent, SLOTS};

    #[test]
    #[wasm_bindgen_test]
    fn a_digest_is_remembered_for_its_value_and_no_other() {
        let recent = Recent::default();
        assert_eq!(recent.digest(recent.code(b"a")), None);
        recent.remember(recent.code(b"a"), [1; 32]);
        assert_eq!(recent.digest(recent.code(b"a")), Some([1; 32]));
        assert_eq!(recent.digest(recent.code(b"b")), None);
        assert_eq!(recent.digest(recent.code(b"")), None);
    }

    #[test]
    #[wasm_bindgen_test]
    fn as_many_are_remembered_as_there_is_room_for() {
        let recent = Recent::default();
        for number in 0..4 * SLOTS {
            let code = recent.code(&number.to_le_bytes());
            recent.remember(code, [7; 32]);
            assert_eq!(recent.digest(code), Some([7; 32]));
        }
        assert_eq!(recent.slots.borrow().len(), SLOTS as usize);
    }
}
