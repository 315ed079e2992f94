//! A service that refuses every other request without having looked at it.

use std::io::{BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::thread::{self, JoinHandle};

/// What a client says first. RFC 9113, section 3.4.
const PREFACE: usize = 24;

const DATA: u8 = 0;
const HEADERS: u8 = 1;
const RST_STREAM: u8 = 3;
const SETTINGS: u8 = 4;
const PING: u8 = 6;

const END_STREAM: u8 = 0x1;
const ACK: u8 = 0x1;
const END_HEADERS: u8 = 0x4;

/// `REFUSED_STREAM`
const REFUSED: [u8; 4] = [0, 0, 0, 7];

/// `:status: 200`, as HPACK has it.
const OK: [u8; 1] = [0x88];

/// A service in HTTP/2, in the clear, until it is dropped.
#[derive(Debug)]
pub struct Refusing {
    address: SocketAddr,
    seen: Arc<AtomicUsize>,
    stop: Arc<AtomicBool>,
    thread: Option<JoinHandle<()>>,
}

impl Refusing {
    /// Refuses the first request, answers the second with 200, and so on.
    ///
    /// # Panics
    /// If there is no port.
    #[must_use]
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        let (seen, stop) = (Arc::<AtomicUsize>::default(), Arc::<AtomicBool>::default());
        let (counted, stopped) = (seen.clone(), stop.clone());
        let thread = thread::spawn(move || {
            for stream in listener.incoming() {
                if stopped.load(Ordering::SeqCst) {
                    return;
                }
                let (Ok(stream), counted) = (stream, counted.clone()) else { continue };
                // A thread ends with its connection, which ends with the proxy.
                thread::spawn(move || serve(stream, &counted));
            }
        });
        Self { address, seen, stop, thread: Some(thread) }
    }

    /// Its URL, with a path or template after it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    /// How many requests there have been, refused or not.
    #[must_use]
    pub fn count(&self) -> usize {
        self.seen.load(Ordering::SeqCst)
    }
}

fn serve(mut stream: TcpStream, seen: &AtomicUsize) -> Option<()> {
    let mut from = BufReader::new(stream.try_clone().ok()?);
    from.read_exact(&mut [0; PREFACE]).ok()?;
    let mut say = |kind: u8, flags: u8, id: [u8; 4], payload: &[u8]| {
        let length = u32::try_from(payload.len()).ok()?.to_be_bytes();
        let head = [&length[1..], &[kind, flags], &id].concat();
        stream.write_all(&[&head, payload].concat()).ok()
    };
    say(SETTINGS, 0, [0; 4], &[])?;
    loop {
        let mut head = [0; 9];
        from.read_exact(&mut head).ok()?;
        let [a, b, c, kind, flags, id @ ..] = head;
        let mut payload = vec![0; u32::from_be_bytes([0, a, b, c]) as usize];
        from.read_exact(&mut payload).ok()?;
        let mut refused = false;
        if kind == HEADERS {
            refused = seen.fetch_add(1, Ordering::SeqCst).is_multiple_of(2);
        }
        match kind {
            HEADERS if refused => say(RST_STREAM, 0, id, &REFUSED)?,
            HEADERS | DATA if flags & END_STREAM != 0 => {
                say(HEADERS, END_HEADERS | END_STREAM, id, &OK)?;
            }
            SETTINGS | PING if flags & ACK == 0 => {
                let echo = if kind == PING { &payload[..] } else { &[] };
                say(kind, ACK, [0; 4], echo)?;
            }
            _ => {}
        }
    }
}

impl Drop for Refusing {
    fn drop(&mut self) {
        self.stop.store(true, Ordering::SeqCst);
        // Wakes the thread, so that it looks.
        let _ = TcpStream::connect(self.address);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}
