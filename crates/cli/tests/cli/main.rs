//! The command line as a shell sees it: what it prints where, and how it exits.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod backend;
mod documents;
mod issuer;
mod ports;
mod server;
mod shell;
mod tokens;
