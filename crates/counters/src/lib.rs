//! An RLS server on the limitador crate: what a fleet of proxies counts by.
//!
//! It speaks the Rate Limit Service protocol, and a request brings its own limits: there is nothing
//! to configure. Each descriptor must have a `limit`; one without is refused, as this server cannot
//! know how many were meant. All descriptors of a request are granted, or none.
//!
//! There are two kinds of counters. A *quota* is `usage_plan`, `key` and `period`: its count must
//! outlive a restart, and what was used on each day is told at `/usage`. Everything else is a
//! *rate*, of which at most one unit's worth is lost with the memory it is in. Where a rate's
//! entries are `limit`, `subject` and `window`, they name their own time; any other counts from its
//! first use for the length of its unit.
//!
//! limitador's storages decide: that in memory on one machine, that in Redis for many. See
//! [`Storage`].
//!
//! Nothing here authenticates anybody. Whoever reaches the port can use up a customer's quota, so
//! it belongs where only the proxies are.

mod ask;
mod clock;
mod day;
mod decision;
mod embedded;
mod engine;
mod messages;
mod metrics;
mod redis;
mod report;
mod routes;
mod server;
mod service;
mod unit;
mod usage;

use std::net::{SocketAddr, TcpListener};
use std::path::PathBuf;
use std::sync::Arc;

use tokio::sync::watch;
use tokio::task::JoinHandle;

pub use crate::clock::Clock;
pub use crate::day::{Day, NoDay};
use crate::embedded::Embedded;
pub use crate::embedded::Unusable;
use crate::engine::Engine;
use crate::redis::Redis;
pub use crate::redis::{Address, NoAddress};
pub use crate::report::Report;
use crate::service::Service;
pub use crate::usage::Usage;

/// What a server is started with.
#[derive(Debug)]
pub struct Options {
    /// Where it listens.
    pub listener: TcpListener,
    /// Where it counts.
    pub storage: Storage,
    /// What time it is.
    pub clock: Clock,
    /// Who is told when something is lost and found again.
    pub report: Report,
}

/// Where a server counts.
#[derive(Clone, Debug)]
pub enum Storage {
    /// In memory, with what must last in this folder. For one server on one machine: a second one
    /// on the same folder does not start.
    Folder(PathBuf),
    /// In Redis, which other servers may share. While it does not answer nothing is granted.
    Redis(Address),
}

/// Why a server does not start.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// What it has counted before cannot be used. It does not start without: that would grant
    /// everybody everything again.
    #[error("cannot use the state in `{0}`: {1}")]
    State(PathBuf, Unusable),
    /// It cannot listen.
    #[error("cannot listen: {0}")]
    Listen(#[from] std::io::Error),
}

/// A server that serves until it is stopped.
#[derive(Debug)]
pub struct Counters {
    address: SocketAddr,
    stop: watch::Sender<bool>,
    served: JoinHandle<()>,
}

impl Counters {
    /// Starts to serve, inside a tokio runtime of any kind.
    pub async fn start(options: Options) -> Result<Self, Error> {
        let Options { listener, storage, clock, report } = options;
        let address = listener.local_addr()?;
        listener.set_nonblocking(true)?;
        let listener = tokio::net::TcpListener::from_std(listener)?;
        let engine = match storage {
            Storage::Redis(address) => Engine::Redis(Redis::start(address, report)),
            Storage::Folder(folder) => {
                let (path, now) = (folder.clone(), clock.now());
                let open = tokio::task::spawn_blocking(move || Embedded::open(&path, now, report));
                let opened = open.await.map_err(std::io::Error::other)?;
                Engine::Embedded(Box::new(
                    opened.map_err(|unusable| Error::State(folder, unusable))?,
                ))
            }
        };
        let service = Service::new(engine, clock);
        let router = routes::routes(Arc::clone(&service));
        let (stop, stopping) = watch::channel(false);
        let served = tokio::spawn(async move {
            server::serve(listener, router, stopping).await;
            service.engine.stop().await;
        });
        Ok(Self { address, stop, served })
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Finishes what is under way, writes what is to be written, and lets go of the folder.
    pub async fn stop(self) {
        // Nobody to tell means that it has stopped.
        let _ = self.stop.send(true);
        let _ = self.served.await;
    }
}
