//! A real Redis.

use std::path::PathBuf;
use std::process::{Child, Command, Stdio};

use tempfile::TempDir;

/// A Redis on a socket in a folder of its own. It dies with the test.
pub struct Redis {
    folder: TempDir,
    child: Option<Child>,
}

impl Redis {
    /// A place for a Redis that does not run yet.
    pub fn stopped() -> Self {
        Self { folder: TempDir::new().expect("a folder"), child: None }
    }

    pub fn started() -> Self {
        let mut redis = Self::stopped();
        redis.start();
        redis
    }

    /// Starts it, with what it had written before.
    pub fn start(&mut self) {
        let mut command = Command::new("redis-server");
        command
            .args(["--port", "0", "--save", "", "--appendonly", "yes", "--appendfsync", "always"])
            .arg("--unixsocket")
            .arg(self.socket())
            .arg("--dir")
            .arg(self.folder.path())
            .stdout(Stdio::null());
        match command.spawn() {
            Ok(child) => self.child = Some(child),
            Err(error) => {
                panic!("`redis-server` does not start: {error}; `make redis` installs it")
            }
        }
    }

    pub fn kill(&mut self) {
        if let Some(mut child) = self.child.take() {
            child.kill().expect("it runs");
            child.wait().expect("it ends");
        }
    }

    /// Stops and continues it, with `kill`.
    pub fn signal(&self, name: &str) {
        let id = self.child.as_ref().expect("it runs").id().to_string();
        let sent = Command::new("kill").args(["-s", name, &id]).status().expect("`kill` runs");
        assert!(sent.success());
    }

    pub fn url(&self) -> String {
        format!("unix://{}", self.socket().display())
    }

    /// A connection of the test's own.
    pub async fn connection(&self) -> redis::aio::MultiplexedConnection {
        let client = redis::Client::open(self.url()).expect("a client");
        client.get_multiplexed_async_connection().await.expect("a connection")
    }

    fn socket(&self) -> PathBuf {
        self.folder.path().join("redis.sock")
    }
}

impl Drop for Redis {
    fn drop(&mut self) {
        self.kill();
    }
}
