//! The connection to Redis: made in the background, watched, and made again.

use std::fmt;
use std::str::FromStr;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use limitador::storage::redis::AsyncRedisStorage;
use redis::aio::{ConnectionManager, ConnectionManagerConfig};
use redis::{Client, ConnectionInfo, RedisError};
use tokio::task::JoinHandle;
use tokio::time::{MissedTickBehavior, interval, timeout};

use super::counters::Counters;
use super::unreachable;
use crate::decision::{Failure, TIME_LIMIT};
use crate::report::Report;

/// How often the connection is looked after. Redis is found again within this time.
const LOOK: Duration = Duration::from_millis(500);
/// How many looks there are between deletions of limitador's sets: a minute.
const LOOKS_BETWEEN_DELETIONS: u32 = 120;

/// Where Redis is. It may hold a password, which nothing here shows.
#[derive(Clone)]
pub struct Address(ConnectionInfo);

impl fmt::Debug for Address {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "Address({})", self.0.addr)
    }
}

/// A text that names no Redis. It is not repeated: it may hold a password.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be `redis://HOST:PORT`, `rediss://HOST:PORT` or `unix:///PATH`")]
pub struct NoAddress;

impl FromStr for Address {
    type Err = NoAddress;

    fn from_str(text: &str) -> Result<Self, NoAddress> {
        text.parse().map(Self).map_err(|_: RedisError| NoAddress)
    }
}

/// The engine for many servers.
pub struct Redis {
    link: Arc<RwLock<Result<Arc<Link>, Failure>>>,
    keeper: JoinHandle<()>,
}

/// A connection, and limitador's storage on it. Both make it anew when it breaks.
pub struct Link {
    /// What decides.
    pub storage: AsyncRedisStorage,
    /// For what limitador has no words.
    pub connection: ConnectionManager,
    /// What counters are called.
    pub counters: Counters,
}

impl Redis {
    /// Starts to connect, and does not wait for it.
    pub fn start(address: Address, report: Report) -> Self {
        let connecting = Failure::Redis("not connected yet".to_owned());
        let link = Arc::new(RwLock::new(Err(connecting)));
        let keeper = tokio::spawn(keep(address, Arc::clone(&link), report));
        Self { link, keeper }
    }

    /// The connection, where there has been one. It may be broken.
    pub fn link(&self) -> Result<Arc<Link>, Failure> {
        self.link.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Connects no more.
    pub fn stop(&self) {
        self.keeper.abort();
    }
}

impl Link {
    async fn connect(address: &Address) -> Result<Self, Failure> {
        let client = Client::open(address.0.clone()).map_err(unreachable)?;
        // A broken connection is made anew by whoever needs it next, and by `keep` if nobody does:
        // to try often within one request would only make it wait.
        let config = ConnectionManagerConfig::new()
            .set_number_of_retries(1)
            .set_factor(10)
            .set_connection_timeout(TIME_LIMIT)
            .set_response_timeout(TIME_LIMIT);
        let connection = ConnectionManager::new_with_config(client, config);
        let connection = connection.await.map_err(unreachable)?;
        let storage = AsyncRedisStorage::new_with_conn_manager(connection.clone());
        let storage = storage.await.map_err(unreachable)?;
        let counters = Counters::new().map_err(|error| Failure::Redis(error.to_string()))?;
        Ok(Self { storage, connection, counters })
    }

    /// Whether Redis answers.
    pub async fn ping(&self) -> Result<(), Failure> {
        let mut connection = self.connection.clone();
        redis::cmd("PING").query_async(&mut connection).await.map_err(unreachable)
    }

    async fn delete_sets(&self) -> Result<(), Failure> {
        let mut connection = self.connection.clone();
        let mut delete = redis::cmd("UNLINK");
        delete.arg(Counters::sets().collect::<Vec<_>>());
        delete.query_async(&mut connection).await.map_err(unreachable)
    }
}

/// Connects, and looks after the connection from then on.
async fn keep(address: Address, shared: Arc<RwLock<Result<Arc<Link>, Failure>>>, report: Report) {
    let mut looks = interval(LOOK);
    looks.set_missed_tick_behavior(MissedTickBehavior::Delay);
    let mut link: Option<Arc<Link>> = None;
    let mut before: Option<bool> = None;
    let mut count = 0_u32;
    loop {
        looks.tick().await;
        let look = async {
            let Some(link) = &link else {
                return Link::connect(&address).await.map(|link| Some(Arc::new(link)));
            };
            link.ping().await?;
            if count.is_multiple_of(LOOKS_BETWEEN_DELETIONS) {
                link.delete_sets().await?;
            }
            count = count.wrapping_add(1);
            Ok(None)
        };
        let late = Failure::Redis("there was no answer in time".to_owned());
        let found = timeout(TIME_LIMIT * 3, look).await.unwrap_or(Err(late));
        if before != Some(found.is_ok()) {
            match &found {
                Ok(_) => report.say("redis answers"),
                Err(failure) => report.say(&failure.to_string()),
            }
        }
        before = Some(found.is_ok());
        let mut shared = shared.write().unwrap_or_else(PoisonError::into_inner);
        match found {
            Ok(None) => {}
            Ok(Some(new)) => {
                *shared = Ok(Arc::clone(&new));
                link = Some(new);
            }
            Err(failure) if link.is_none() => *shared = Err(failure),
            Err(_) => {}
        }
    }
}
