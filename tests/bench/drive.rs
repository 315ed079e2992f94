//! One slice of load, by `wrk`.

use std::fs;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use serde::Deserialize;
use tempfile::TempDir;

use crate::requests::Requests;

/// What `wrk` does.
const SCRIPT: &str = include_str!("wrk.lua");

/// How many connections there are: enough that the worker never waits for a client.
const CONNECTIONS: usize = 32;

/// Sends load.
#[derive(Debug)]
pub struct Driver {
    folder: TempDir,
}

/// What came of a slice.
#[derive(Clone, Copy, Debug, Default, Deserialize)]
pub struct Slice {
    /// How many requests were answered.
    pub requests: u64,
    /// How long it took.
    pub micros: u64,
    /// How many answers were an error.
    pub refused: u64,
    /// How many requests had no answer.
    pub broken: u64,
}

/// Whose requests there are.
#[derive(Clone, Copy)]
pub struct Callers<'a> {
    pub requests: &'a Requests,
    /// Which of them comes first.
    pub first: usize,
    pub order: Order,
    /// How many there are, before the time is over.
    pub at_most: Option<usize>,
}

/// Who comes next.
#[derive(Clone, Copy, Debug)]
pub enum Order {
    InTurns,
    /// Some come much oftener than others. After that their leases end at different times; else all
    /// of them would be renewed in one turn, and none in the next.
    Skewed,
}

impl Driver {
    pub fn new() -> Self {
        let folder = TempDir::new().expect("a folder");
        fs::write(folder.path().join("wrk.lua"), SCRIPT).expect("a written file");
        Self { folder }
    }

    fn script(&self) -> PathBuf {
        self.folder.path().join("wrk.lua")
    }

    /// Sends requests as fast as they are answered.
    pub fn slice(&self, address: SocketAddr, callers: Callers<'_>, time: Duration) -> Slice {
        let order = match callers.order {
            Order::InTurns => "turns",
            Order::Skewed => "skewed",
        };
        let output = Command::new("wrk")
            .args(["--threads", "1", "--connections", &CONNECTIONS.to_string()])
            .args(["--timeout", "10s", "--duration", &format!("{}s", time.as_secs().max(1))])
            .arg("--script")
            .arg(self.script())
            .args([format!("http://{address}/"), "--".to_owned()])
            .arg(callers.requests.path())
            .args([callers.first.to_string(), order.to_owned()])
            .arg(callers.at_most.unwrap_or_default().to_string())
            .output()
            .expect("`wrk`, which `make bench` installs");
        let said = String::from_utf8_lossy(&output.stdout);
        let last = said.lines().rfind(|line| line.starts_with('{'));
        let slice = last.and_then(|line| serde_json::from_str(line).ok());
        slice.unwrap_or_else(|| panic!("wrk: {said}{}", String::from_utf8_lossy(&output.stderr)))
    }
}

impl Slice {
    /// Whether every request was answered with what was asked for.
    pub const fn is_clean(&self) -> bool {
        self.refused == 0 && self.broken == 0 && self.requests > 0
    }
}
