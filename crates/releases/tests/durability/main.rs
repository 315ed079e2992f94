//! What is deployed stays, whatever happens to the process and the disk.
//!
//! These tests start themselves again, as a process of its own that deploys until it is stopped.
#![expect(clippy::panic, clippy::unwrap_used, reason = "a test fails by panicking")]

mod child;
mod disk;
mod kill;
