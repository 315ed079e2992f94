//! Envoy as a process on this machine: its program, its files, its administration.

mod admin;
mod canaries;
mod folder;
mod log;
mod program;
mod proxy;

pub use admin::{Admin, Counters};
pub use folder::Folder;
pub use log::Log;
pub use program::{Program, find};
pub use proxy::{Proxy, Start};
