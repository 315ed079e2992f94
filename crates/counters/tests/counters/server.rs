//! A server in the test's own process, and its clock.

use std::future::Future;
use std::net::{SocketAddr, TcpListener};
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use tempfile::TempDir;
use tollgate_counters::{Clock, Counters, Day, Error, Options, Report, Storage};

use crate::client::{self, Client};
use crate::redis::Redis;

/// The day that the tests begin on: far enough ahead that nothing real is older.
pub const TODAY: &str = "2031-03-04";

/// A server and what it has said.
pub struct Server {
    counters: Counters,
    clock: Arc<AtomicU64>,
    said: Arc<Mutex<Vec<String>>>,
}

impl Server {
    pub async fn start(storage: Storage) -> Result<Self, Error> {
        let now = TODAY.parse::<Day>().expect("a day").start() + Duration::from_secs(43_200);
        let now = now.duration_since(UNIX_EPOCH).expect("after 1970").as_secs();
        let clock = Arc::new(AtomicU64::new(now));
        let read = Arc::clone(&clock);
        let said = Arc::new(Mutex::new(Vec::new()));
        let says = Arc::clone(&said);
        let options = Options {
            listener: TcpListener::bind(("127.0.0.1", 0)).expect("a port"),
            storage,
            clock: Clock::from_fn(move || {
                SystemTime::UNIX_EPOCH + Duration::from_secs(read.load(Ordering::SeqCst))
            }),
            report: Report::to(move |line| says.lock().expect("a list").push(line.to_owned())),
        };
        Ok(Self { counters: Counters::start(options).await?, clock, said })
    }

    pub async fn on_folder(folder: &Path) -> Result<Self, Error> {
        Self::start(Storage::Folder(folder.to_owned())).await
    }

    /// A server on a Redis, once it is connected.
    pub async fn on_redis(redis: &Redis) -> Self {
        let address = redis.url().parse().expect("an address");
        let server = Self::start(Storage::Redis(address)).await.expect("it starts");
        server.until_health(200).await;
        server
    }

    pub fn address(&self) -> SocketAddr {
        self.counters.address()
    }

    pub async fn client(&self) -> Client {
        Client::connect(self.address()).await
    }

    pub async fn get(&self, path: &str) -> (u16, String) {
        client::get(self.address(), path).await
    }

    pub fn pass(&self, days: u64) {
        self.pass_hours(days * 24);
    }

    pub fn pass_hours(&self, hours: u64) {
        self.clock.fetch_add(hours * 3_600, Ordering::SeqCst);
    }

    pub fn said(&self) -> Vec<String> {
        self.said.lock().expect("a list").clone()
    }

    pub async fn until_health(&self, status: u16) {
        until(async || self.get("/healthz").await.0 == status).await;
    }

    pub async fn stop(self) {
        self.counters.stop().await;
    }
}

/// Runs a test on both storages.
pub fn on_each<F: Future<Output = ()>>(test: impl Fn(Server) -> F) {
    runtime().block_on(async {
        let folder = TempDir::new().expect("a folder");
        test(Server::on_folder(folder.path()).await.expect("it starts")).await;
        let redis = Redis::started();
        test(Server::on_redis(&redis).await).await;
    });
}

/// The kind of runtime that the command line has.
pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime")
}

/// Asks until it is so.
pub async fn until(mut is_so: impl AsyncFnMut() -> bool) {
    let mut ticks = tokio::time::interval(Duration::from_millis(20));
    let ask = async {
        while !is_so().await {
            ticks.tick().await;
        }
    };
    tokio::time::timeout(Duration::from_secs(30), ask).await.expect("it is never so");
}
