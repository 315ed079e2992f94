//! `tollgate counters`, as a child process.

use std::path::Path;

use crate::{Program, wait};

/// Running counters, until they are dropped.
#[derive(Debug)]
pub struct Counters {
    program: Program,
    url: String,
}

impl Counters {
    /// Starts counters on a Redis.
    #[must_use]
    pub fn on_redis(url: &str) -> Self {
        Self::start(&["counters", "--port", "0", "--redis", url])
    }

    /// Starts counters that keep what they count in a folder, on this port or any that is free.
    ///
    /// # Panics
    /// If they do not start.
    #[must_use]
    pub fn in_folder(folder: &Path, port: u16) -> Self {
        let folder = folder.to_str().expect("a path in UTF-8");
        Self::start(&["counters", "--port", &port.to_string(), "--state", folder])
    }

    fn start(arguments: &[&str]) -> Self {
        let program = Program::start(arguments);
        let url = wait::until("counters", wait::PATIENCE, || {
            program.out().lines().find(|line| line.starts_with("http://")).map(str::to_owned)
        });
        Self { program, url }
    }

    /// Where they are.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Their port.
    ///
    /// # Panics
    /// If they have none.
    #[must_use]
    pub fn port(&self) -> u16 {
        self.url.rsplit_once(':').and_then(|(_, port)| port.parse().ok()).expect("a port")
    }

    /// Makes them stand still: connections are accepted, and nothing is answered.
    pub fn hang(&self) {
        self.program.signal("STOP");
    }

    /// Kills them, as a power cut does.
    pub fn kill(mut self) {
        self.program.stop("KILL");
    }
}
