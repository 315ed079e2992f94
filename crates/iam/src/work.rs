//! How much work one decision may be.

use std::cell::Cell;

/// Steps of matching that one decision may take: about a millisecond. A policy of a hundred patterns
/// takes some thousands; only patterns and texts that are made to take long take more.
pub const MAX_STEPS: u32 = 250_000;

/// Bytes of a text that is compared with patterns. API Gateway takes no request line and header fields
/// that are longer together.
pub const MAX_TEXT_BYTES: usize = 10_240;

/// What is left of the work that may be done.
#[derive(Debug)]
pub(crate) struct Work {
    left: Cell<u32>,
}

impl Default for Work {
    fn default() -> Self {
        Self { left: Cell::new(MAX_STEPS) }
    }
}

impl Work {
    /// Takes so many steps, or says that there are not so many left.
    pub(crate) fn take(&self, steps: usize) -> Option<()> {
        let left = u32::try_from(steps).ok().and_then(|steps| self.left.get().checked_sub(steps));
        self.left.set(left.unwrap_or_default());
        left.map(|_| ())
    }

    #[cfg(test)]
    pub(crate) fn taken(&self) -> u32 {
        MAX_STEPS - self.left.get()
    }
}
