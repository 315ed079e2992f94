//! A server as its clients see it, on both of its storages.
#![expect(clippy::expect_used, clippy::panic, reason = "a test fails by panicking")]

mod client;
mod durability;
mod exactness;
mod outage;
mod protocol;
mod redis;
mod server;
mod usage;
