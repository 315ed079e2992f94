//! Envoy's administration: what it says about itself.

use std::io::{self, BufReader, Write};
use std::net::SocketAddr;
use std::os::unix::net::UnixStream;
use std::path::PathBuf;
use std::time::Duration;

use serde_json::Value;

use crate::http::read_answer;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// The administration of one Envoy, behind a Unix socket.
#[derive(Clone, Debug)]
pub struct Admin {
    socket: PathBuf,
}

impl Admin {
    pub(crate) const fn at(socket: PathBuf) -> Self {
        Self { socket }
    }

    /// The body of a page.
    ///
    /// # Errors
    /// If there is no answer, or not a good one.
    pub fn get(&self, target: &str) -> io::Result<Vec<u8>> {
        let mut stream = UnixStream::connect(&self.socket)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let request = format!("GET {target} HTTP/1.1\r\nhost: admin\r\nconnection: close\r\n\r\n");
        stream.write_all(request.as_bytes())?;
        let answer = read_answer(&mut BufReader::new(stream), false)?;
        match answer.status {
            200 => Ok(answer.body),
            status => Err(io::Error::other(format!("{target}: {status}"))),
        }
    }

    /// Whether Envoy has everything it waits for at its start.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.get("/ready").is_ok()
    }

    /// Where the listener of this name listens.
    #[must_use]
    pub fn listener(&self, name: &str) -> Option<SocketAddr> {
        let page: Value = serde_json::from_slice(&self.get("/listeners?format=json").ok()?).ok()?;
        let listeners = page["listener_statuses"].as_array()?;
        let listener = listeners.iter().find(|listener| listener["name"] == name)?;
        let address = &listener["local_address"]["socket_address"];
        let port = u16::try_from(address["port_value"].as_u64()?).ok()?;
        Some(SocketAddr::new(address["address"].as_str()?.parse().ok()?, port))
    }

    /// All counters and gauges whose name has this part.
    ///
    /// # Panics
    /// If they cannot be read.
    #[must_use]
    pub fn stats(&self, part: &str) -> Vec<(String, u64)> {
        let page = self.get("/stats?type=All").expect("the statistics");
        let page = String::from_utf8(page).expect("text");
        page.lines()
            .filter_map(|line| line.split_once(": "))
            .filter(|(name, _)| name.contains(part))
            .filter_map(|(name, value)| Some((name.to_owned(), value.parse().ok()?)))
            .collect()
    }

    /// The sum of all counters and gauges whose name ends so.
    #[must_use]
    pub fn stat(&self, end: &str) -> u64 {
        let matching = self.stats(end).into_iter().filter(|(name, _)| name.ends_with(end));
        matching.map(|(_, value)| value).sum()
    }
}
