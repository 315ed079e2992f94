//! What the end-to-end tests stand on: a real Envoy, a backend, an issuer, and clients.
//!
//! Everything listens on this machine only, on ports the system chooses, and stops when it is
//! dropped. Nothing sleeps to let something happen: what is waited for is a condition with a
//! deadline, see [`wait`].
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

pub mod admin;
pub mod alone;
pub mod backend;
pub mod certificates;
pub mod counters;
pub mod data;
pub mod definition;
pub mod envoy;
pub mod gateway;
pub mod grpc;
pub mod http;
pub mod issuer;
pub mod lambda;
pub mod load;
pub mod network;
pub mod program;
pub mod redis;
pub mod refusing;
pub mod rng;
pub mod scripted;
pub mod secure;
mod server;
pub mod signers;
pub mod terminator;
pub mod wait;

pub use admin::Admin;
pub use alone::{Alone, Service};
pub use backend::Backend;
pub use certificates::{Authority, Identity};
pub use counters::Counters;
pub use definition::definition;
pub use envoy::Envoy;
pub use gateway::Gateway;
pub use grpc::Grpc;
pub use http::{Answer, Connection, Request};
pub use issuer::Issuer;
pub use lambda::Lambda;
pub use network::Network;
pub use program::Program;
pub use redis::Redis;
pub use refusing::Refusing;
pub use rng::Rng;
pub use scripted::Scripted;
pub use secure::Secure;
pub use terminator::Terminator;

use std::path::{Path, PathBuf};

/// The folder of the whole project.
#[must_use]
pub fn workspace() -> PathBuf {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    folder.canonicalize().unwrap_or(folder)
}

/// A filter that `make filters` has built.
///
/// # Panics
/// If it has not.
#[must_use]
pub fn filter(name: &str) -> PathBuf {
    let path = workspace().join("dist").join(format!("{name}.wasm"));
    assert!(path.is_file(), "{} is not there: run `make filters` first", path.display());
    path
}
