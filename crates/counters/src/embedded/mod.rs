//! Counting on one machine: in limitador's memory, with what must last in a file behind it.
//!
//! limitador's storage decides every request, one after the other. What a quota grants is handed to
//! the [`writer`], and the answer waits until it is on the disk: after a power cut a grant may be
//! counted that nobody got an answer for, never the other way round.

mod live;
mod store;
mod writer;

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::SystemTime;

use tokio::sync::mpsc::{self, OwnedPermit};
use tokio::sync::{Semaphore, oneshot};
use tokio::task::spawn_blocking;

use crate::ask::{Ask, Kind};
use crate::day::Day;
use crate::decision::{Decision, Failure, Verdict};
use crate::report::Report;
use crate::usage::{Plan, Seen, Used};
use live::Live;
pub use store::Unusable;
use store::{Grant, Store};
use writer::Writing;

/// How many grants may wait for the disk. More than that wait for their turn first.
const WAITING: usize = 4_096;
/// How many may read from the store at once.
const READERS: usize = 1;

/// The engine for one machine.
pub struct Embedded {
    live: Mutex<Live>,
    store: Arc<Store>,
    writer: Mutex<Option<mpsc::Sender<Writing>>>,
    stopped: Mutex<Option<oneshot::Receiver<()>>>,
    readers: Arc<Semaphore>,
}

impl Embedded {
    /// Opens the state in a folder, which is made where it is not there.
    pub fn open(folder: &Path, now: SystemTime, report: Report) -> Result<Self, Unusable> {
        Self::on(Store::open(folder, now, report)?, now)
    }

    fn on(store: Store, now: SystemTime) -> Result<Self, Unusable> {
        let store = Arc::new(store);
        let live = Live::with(store.counters(now)?, now)?;
        let (writer, stopped) = writer::start(&store, WAITING)?;
        Ok(Self {
            live: Mutex::new(live),
            store,
            writer: Mutex::new(Some(writer)),
            stopped: Mutex::new(Some(stopped)),
            readers: Arc::new(Semaphore::new(READERS)),
        })
    }

    /// Grants everything that is asked for, or nothing.
    pub async fn take(&self, asks: &[Ask], now: SystemTime) -> Result<Decision, Failure> {
        let is_quota = |ask: &Ask| ask.hits > 0 && matches!(ask.kind, Kind::Quota(_));
        if !asks.iter().any(is_quota) {
            return self.live().take(asks, now).map(|(decision, _)| decision);
        }
        // Before anything is counted there must be room to have it written.
        let room = self.room().await?;
        let written = {
            let mut live = self.live();
            let (decision, ends) = live.take(asks, now)?;
            if decision.verdict == Verdict::Refuse {
                return Ok(decision);
            }
            let grants = (asks.iter().zip(&decision.left).zip(ends))
                .filter_map(|((ask, left), end)| Grant::of(ask, left, end))
                .collect();
            let (done, written) = oneshot::channel();
            // Under the lock: counts are written in the order in which they were decided.
            room.send(Writing { grants, day: Day::of(now), done });
            (decision, written)
        };
        written.1.await.unwrap_or_else(|_| Err(self.gone())).map(|()| written.0)
    }

    /// The limits last seen for a plan's keys.
    pub async fn seen(
        &self,
        plan: &Plan,
        key: Option<&str>,
    ) -> Result<BTreeMap<String, Seen>, Failure> {
        let (plan, key) = (plan.clone(), key.map(str::to_owned));
        self.read(move |store| store.seen(&plan, key.as_deref())).await
    }

    /// What keys of a plan have used, day by day.
    pub async fn used(
        &self,
        plan: &Plan,
        keys: &[String],
        days: (Day, Day),
    ) -> Result<Used, Failure> {
        let (plan, keys) = (plan.clone(), keys.to_vec());
        self.read(move |store| store.used(&plan, &keys, days)).await
    }

    /// Whether a quota can be granted. When the last could not be, this finds out whether the next
    /// can: there may be none for as long as this says no.
    pub async fn health(&self, now: SystemTime) -> Result<(), Failure> {
        let room = self.room().await?;
        if self.store.lost().is_none() {
            return Ok(());
        }
        let (done, written) = oneshot::channel();
        room.send(Writing { grants: Vec::new(), day: Day::of(now), done });
        written.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Writes what waits to be written, and lets go of the file.
    pub async fn stop(&self) {
        drop(self.writer.lock().unwrap_or_else(PoisonError::into_inner).take());
        let stopped = self.stopped.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(stopped) = stopped {
            // An error says that the thread has gone already.
            let _ = stopped.await;
        }
    }

    /// Reads from the store where nobody's grant waits for it, and one after the other: a reader
    /// keeps a processor busy, and grants need that too.
    async fn read<T: Send + 'static>(
        &self,
        what: impl FnOnce(&Store) -> Result<T, Failure> + Send + 'static,
    ) -> Result<T, Failure> {
        let turn = Arc::clone(&self.readers).acquire_owned().await.map_err(|_| self.gone())?;
        let store = Arc::clone(&self.store);
        let read = spawn_blocking(move || {
            let read = what(&store);
            // Not before it is done, even when whoever asked has gone.
            drop(turn);
            read
        });
        read.await.unwrap_or_else(|_| Err(self.gone()))
    }

    /// Room to have something written.
    async fn room(&self) -> Result<OwnedPermit<Writing>, Failure> {
        let writer = self.writer.lock().unwrap_or_else(PoisonError::into_inner).clone();
        let writer = writer.ok_or_else(|| self.gone())?;
        writer.reserve_owned().await.map_err(|_| self.gone())
    }

    /// Why there is nobody who writes.
    fn gone(&self) -> Failure {
        self.store.lost().unwrap_or_else(|| Failure::State("the server stops".to_owned()))
    }

    fn live(&self) -> std::sync::MutexGuard<'_, Live> {
        self.live.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests;
