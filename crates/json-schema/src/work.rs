//! How much work judging a value may take.

/// How many steps judging one value may take.
///
/// A step is one keyword and one value, eight states of a pattern and one byte, or as much.
/// A body of 10 MB that is judged by a schema as people write them stays below this; and it is
/// reached before a proxy's worker has stood still for longer than a few seconds.
pub const MAX_STEPS: u32 = 30_000_000;

/// How many values and schemas deep judging may go. `serde_json` reads values of up to 128 levels,
/// and each level may pass through three schemas; more would not fit on the stack of a filter.
pub const MAX_DEPTH: u32 = 400;

/// The work that is left.
#[derive(Debug)]
pub(crate) struct Work {
    steps: u32,
    depth: u32,
}

/// There is no work left.
#[derive(Debug)]
pub(crate) struct Spent;

impl Work {
    pub(crate) const fn new() -> Self {
        Self { steps: MAX_STEPS, depth: MAX_DEPTH }
    }

    /// Does so many steps.
    pub(crate) fn take(&mut self, steps: usize) -> Result<(), Spent> {
        let left = u32::try_from(steps).ok().and_then(|steps| self.steps.checked_sub(steps));
        // Once there is none it stays so: nobody who goes on in spite of it gets anywhere.
        self.steps = left.unwrap_or(0);
        left.map(|_| ()).ok_or(Spent)
    }

    /// Goes over so many bytes of text.
    pub(crate) fn read(&mut self, text: &str) -> Result<(), Spent> {
        /// Bytes that take as long as a step does.
        const BYTES: usize = 64;
        self.take(text.len() / BYTES)
    }

    /// Goes one level down; [`up`](Self::up) comes back.
    pub(crate) fn down(&mut self) -> Result<(), Spent> {
        self.depth = self.depth.checked_sub(1).ok_or(Spent)?;
        self.take(1)
    }

    pub(crate) const fn up(&mut self) {
        self.depth = self.depth.saturating_add(1);
    }
}
