//! The command line as a shell sees it: what it prints where, and how it exits.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod backend;
mod counters;
mod documents;
mod explain;
mod issuer;
mod keys;
mod overlay;
mod ports;
mod server;
mod shell;
mod tokens;
