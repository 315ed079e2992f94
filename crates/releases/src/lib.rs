//! Deployments, the stages that point to them, and canaries on their way, kept on disk.
//!
//! A deployment is a snapshot of an API that does not change any more; a stage points to one. What all
//! stages point to, and what they did before, are [`Releases`]; a [`Store`] keeps them in a folder, so
//! that a process that is killed at any point leaves the old state or the new one. What is served of
//! them is a [`Definition`](tollgate_gateway::Definition) like any other.
//!
//! A canary can be judged while it runs: [`analysis`] compares what became of its requests with those
//! of the base, and [`advance`](analysis::advance) raises its share, promotes it or takes it back.
//!
//! Time is an argument, in seconds since 1970 where people read it and monotonic where it decides.

pub mod analysis;
mod canary;
mod error;
mod id;
mod model;
mod operations;
mod served;
mod serving;
mod store;

pub use canary::{CanaryRelease, End, Outcome, Progress};
pub use error::Error;
pub use model::{ApiReleases, Cause, HistoryEntry, Releases, Shared, Snapshot, StageRelease};
pub use operations::{About, Deploy, Deployed, Settings, Start};
pub use serving::{ServedStage, Serving};
pub use store::{Draft, State, Store};

#[cfg(test)]
mod tests;
