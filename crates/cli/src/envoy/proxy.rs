//! One running Envoy.

use std::net::SocketAddr;
use std::process::Stdio;
use std::time::Duration;

use tokio::process::Command;
use tokio::task::JoinHandle;
use tokio::time::timeout;

use crate::arguments::{LogLevel, word};
use crate::envoy::log::Log;
use crate::envoy::{Admin, Folder, Program};
use crate::failure::{Code, Failure};
use crate::process::{Process, describe};
use crate::wait;

/// How long Envoy may take until it serves. Most of it is the compilation of the filter.
const TIME_TO_START: Duration = Duration::from_secs(60);

/// How long Envoy's last words may be on their way.
const TIME_FOR_LAST_WORDS: Duration = Duration::from_millis(500);

/// The file Envoy writes the address of its administration to.
const ADMIN_ADDRESS: &str = "admin-address";

/// How Envoy is started.
#[derive(Debug)]
pub struct Start<'a> {
    /// What is started.
    pub program: &'a Program,
    /// The folder with its files.
    pub folder: &'a Folder,
    /// How many worker threads; as many as processors where absent.
    pub workers: Option<u16>,
    /// From which level on its log is shown.
    pub log_level: LogLevel,
}

/// A running Envoy.
#[derive(Debug)]
pub struct Proxy {
    process: Process,
    log: Log,
    reader: JoinHandle<()>,
}

impl Proxy {
    /// Starts Envoy. It may not serve yet, or ever: see [`serving`](Self::serving).
    pub fn start(start: &Start<'_>) -> Result<Self, Failure> {
        let folder = start.folder.path();
        start.folder.remove(ADMIN_ADDRESS);
        let mut command = Command::new(&start.program.path);
        command.arg("--config-path").arg(folder.join("envoy.yaml"));
        command.arg("--admin-address-path").arg(folder.join(ADMIN_ADDRESS));
        command.args(["--disable-hot-restart", "--log-level", &word(start.log_level)]);
        command.args(["--log-format", "[%Y-%m-%d %T.%e][%l] envoy: %v"]);
        if let Some(workers) = start.workers {
            command.args(["--concurrency", &workers.to_string()]);
        }
        command.stdin(Stdio::null()).stderr(Stdio::piped());
        let mut process = Process::start(&mut command).map_err(|error| {
            let path = start.program.path.display();
            Failure::new(Code::Envoy, format!("cannot start `{path}`: {error}"))
        })?;
        let log = Log::default();
        let pipe = process.child().stderr.take();
        let follower = log.clone();
        let reader = tokio::spawn(async move {
            if let Some(pipe) = pipe {
                follower.follow(pipe).await;
            }
        });
        Ok(Self { process, log, reader })
    }

    /// Waits until Envoy serves: its workers run and the gateway filter is in place.
    ///
    /// Returns its administration and the address that requests go to.
    pub async fn serving(&mut self, folder: &Folder) -> Result<(Admin, SocketAddr), Failure> {
        let asked = wait::until(TIME_TO_START, || async {
            let address = folder.text(ADMIN_ADDRESS)?.trim().parse().ok()?;
            let admin = Admin { address };
            let counters = admin.counters().await.ok()?;
            if counters.gateway_refused > 0 {
                return Some(Err("Envoy refuses the gateway"));
            }
            let is_serving = counters.gateway_accepted > 0
                && counters.workers_started > 0
                && admin.is_ready().await;
            if !is_serving {
                return None;
            }
            Some(Ok((admin, admin.listener().await.ok()?)))
        });
        let outcome = tokio::select! {
            outcome = asked => outcome,
            ended = self.process.ended() => {
                return Err(self.failure(&describe("Envoy", &ended), Log::last_words).await);
            }
        };
        match outcome {
            Some(Ok(serving)) => Ok(serving),
            Some(Err(reason)) => Err(self.failure(reason, Log::refusal).await),
            None => {
                let limit = TIME_TO_START.as_secs();
                Err(self
                    .failure(&format!("Envoy does not serve after {limit} s"), Log::last_words)
                    .await)
            }
        }
    }

    /// Waits until Envoy ends by itself, which it should not.
    pub async fn died(&mut self) -> Failure {
        let ended = self.process.ended().await;
        self.failure(&describe("Envoy", &ended), Log::error).await
    }

    /// What Envoy says.
    pub fn log(&self) -> Log {
        self.log.clone()
    }

    /// Stops Envoy.
    pub async fn stop(self) {
        self.log.hush();
        self.process.stop().await;
        self.reader.abort();
    }

    /// A failure with Envoy's own last words.
    async fn failure(&mut self, what: &str, why: fn(&Log) -> Option<String>) -> Failure {
        // What it said last is still on its way where it has just died.
        let _ = timeout(TIME_FOR_LAST_WORDS, &mut self.reader).await;
        let message = match why(&self.log) {
            Some(complaint) => format!("{what}: {complaint}"),
            None => what.to_owned(),
        };
        Failure::new(Code::Envoy, message)
    }
}
