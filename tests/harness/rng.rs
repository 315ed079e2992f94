//! Random numbers that can be had again.

use std::fmt;
use std::hash::{BuildHasher, RandomState};

/// A generator of random numbers (`SplitMix64`). The seed is new for every run, or that of
/// `TOLLGATE_SEED`; say it where a test fails.
#[derive(Clone, Debug)]
pub struct Rng {
    seed: u64,
    state: u64,
}

impl Rng {
    /// A generator for one test.
    #[must_use]
    pub fn for_test() -> Self {
        let given = std::env::var("TOLLGATE_SEED").ok().and_then(|seed| seed.parse().ok());
        Self::with_seed(given.unwrap_or_else(|| RandomState::new().hash_one(0)))
    }

    /// A generator that gives the same numbers for the same seed.
    #[must_use]
    pub const fn with_seed(seed: u64) -> Self {
        Self { seed, state: seed }
    }

    /// Other numbers from the same seed, for one of several clients.
    #[must_use]
    pub const fn of_client(&self, client: u64) -> Self {
        let state =
            self.seed.wrapping_add(client.wrapping_add(1).wrapping_mul(0xd1b5_4a32_d192_ed03));
        Self { seed: self.seed, state }
    }

    /// Any number.
    pub fn number(&mut self) -> u64 {
        self.state = self.state.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.state;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    /// A number below a limit, or 0 where the limit is 0.
    #[expect(clippy::cast_possible_truncation, reason = "the remainder is below a usize")]
    pub fn below(&mut self, limit: usize) -> usize {
        (self.number() % limit.max(1) as u64) as usize
    }

    /// One of several.
    ///
    /// # Panics
    /// If there are none.
    pub fn one_of<'a, T>(&mut self, several: &'a [T]) -> &'a T {
        &several[self.below(several.len())]
    }

    /// Any byte.
    pub fn byte(&mut self) -> u8 {
        self.number().to_le_bytes()[0]
    }
}

impl fmt::Display for Rng {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "TOLLGATE_SEED={}", self.seed)
    }
}
