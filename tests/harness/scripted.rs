//! A server that answers with exactly the bytes it is told to, and keeps no rules.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};
use std::time::Duration;

/// How long a connection may be silent.
const PATIENCE: Duration = Duration::from_secs(10);

/// A server, until it is dropped.
#[derive(Debug)]
pub struct Scripted {
    address: SocketAddr,
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
}

#[derive(Debug)]
struct Shared {
    answer: Mutex<Vec<u8>>,
    lines: Mutex<Vec<Vec<u8>>>,
    stop: AtomicBool,
}

impl Scripted {
    /// Starts a server that answers every request with these bytes. With no bytes it closes the
    /// connection instead.
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn answering(bytes: impl Into<Vec<u8>>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let shared = Arc::new(Shared {
            answer: Mutex::new(bytes.into()),
            lines: Mutex::default(),
            stop: AtomicBool::new(false),
        });
        let server = shared.clone();
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if server.stop.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), server) = (stream, server.clone()) else { continue };
                // A thread ends with its connection, which ends with the proxy.
                thread::spawn(move || server.serve(stream));
            }
        });
        Self { address, shared, thread: Some(thread) }
    }

    /// Answers differently from now on.
    ///
    /// # Panics
    /// If the server has panicked.
    pub fn answer(&self, bytes: impl Into<Vec<u8>>) {
        *self.shared.answer.lock().expect("a server that works") = bytes.into();
    }

    /// Its URL, with a path or template after it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// The request lines it has seen so far.
    ///
    /// # Panics
    /// If the server has panicked.
    #[must_use]
    pub fn request_lines(&self) -> Vec<String> {
        let lines = self.shared.lines.lock().expect("a server that works");
        lines.iter().map(|line| line.escape_ascii().to_string()).collect()
    }
}

impl Shared {
    /// Reads requests as the most trusting reader would: what it takes for a request is one.
    fn serve(&self, mut stream: TcpStream) -> Option<()> {
        stream.set_read_timeout(Some(PATIENCE)).ok()?;
        let mut from = BufReader::new(stream.try_clone().ok()?);
        loop {
            let line = line(&mut from)?;
            self.lines.lock().ok()?.push(line);
            let (mut length, mut chunked) = (0_u64, false);
            loop {
                let field = self::line(&mut from)?;
                if field.is_empty() {
                    break;
                }
                let text = String::from_utf8_lossy(&field).to_ascii_lowercase();
                let (name, value) = text.split_once(':')?;
                match name.trim() {
                    "content-length" => length = value.trim().parse().ok()?,
                    "transfer-encoding" => chunked = true,
                    _ => {}
                }
            }
            while chunked {
                let size = String::from_utf8(self::line(&mut from)?).ok()?;
                let size = u64::from_str_radix(size.split(';').next()?.trim(), 16).ok()?;
                skip(&mut from, size)?;
                self::line(&mut from)?;
                chunked = size > 0;
            }
            skip(&mut from, length)?;
            let answer = self.answer.lock().ok()?.clone();
            if answer.is_empty() {
                return None;
            }
            stream.write_all(&answer).ok()?;
        }
    }
}

fn line(from: &mut impl BufRead) -> Option<Vec<u8>> {
    let mut line = Vec::new();
    from.read_until(b'\n', &mut line).ok()?;
    Some(line.strip_suffix(b"\n")?.trim_ascii_end().to_vec())
}

fn skip(from: &mut impl BufRead, bytes: u64) -> Option<()> {
    let skipped = std::io::copy(&mut from.take(bytes), &mut std::io::sink()).ok()?;
    (skipped == bytes).then_some(())
}

impl Drop for Scripted {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, so that it looks.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
