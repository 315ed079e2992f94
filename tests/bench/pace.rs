//! Load at a fixed rate, and how long each answer takes.
//!
//! A request that is late because the one before it was counts from when it was due: what waits behind
//! a slow answer has waited. That the client itself has slept too long does not count.

use std::io::{self, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::thread;
use std::time::{Duration, Instant};

use crate::requests::Requests;

/// How many connections share the rate: enough that one slow answer holds up few others.
const CONNECTIONS: usize = 16;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is sent, and how fast.
#[derive(Clone, Copy)]
pub struct Pace<'a> {
    pub requests: &'a Requests,
    /// Which of them comes first.
    pub first: usize,
    /// Requests a second.
    pub rate: f64,
    pub time: Duration,
    /// The status that every answer must have.
    pub expected: u16,
}

impl<'a> Pace<'a> {
    /// Every request once, as fast as they are answered with 200.
    pub fn all_at_once(requests: &'a Requests) -> Self {
        const RATE: f64 = 1e6;
        let time = since_start(requests.count(), RATE);
        Self { requests, first: 0, rate: RATE, time, expected: 200 }
    }
}

/// What came of it.
#[derive(Clone, Debug, Default)]
pub struct Paced {
    /// How long each answer has taken, in microseconds, the shortest first.
    pub micros: Vec<f64>,
    /// What answers have said instead of what they should.
    pub wrong: Vec<String>,
}

impl Paced {
    /// The time that so many in a hundred answers take at most, in microseconds.
    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_precision_loss,
        clippy::cast_sign_loss,
        reason = "it is an index"
    )]
    pub fn percentile(&self, percent: f64) -> f64 {
        let last = self.micros.len().saturating_sub(1);
        let index = (last as f64 * percent / 100.0).round() as usize;
        self.micros.get(index).copied().unwrap_or(f64::NAN)
    }

    /// How many were answered.
    pub fn count(&self) -> usize {
        self.micros.len()
    }
}

/// Sends requests at a fixed rate.
pub fn pace(address: SocketAddr, pace: Pace<'_>) -> Paced {
    let start = Instant::now();
    let mut all = thread::scope(|scope| {
        let clients: Vec<_> = (0..CONNECTIONS)
            .map(|lane| scope.spawn(move || client(address, pace, lane, start)))
            .collect();
        let done = clients.into_iter().map(|client| client.join().expect("a client"));
        done.fold(Paced::default(), |mut all, one| {
            all.micros.extend(one.micros);
            all.wrong.extend(one.wrong);
            all
        })
    });
    all.micros.sort_by(f64::total_cmp);
    all
}

fn client(address: SocketAddr, pace: Pace<'_>, lane: usize, start: Instant) -> Paced {
    let requests = pace.requests.all();
    let mut paced = Paced::default();
    let mut connection = match Connection::open(address) {
        Ok(connection) => connection,
        Err(error) => {
            paced.wrong.push(error.to_string());
            return paced;
        }
    };
    for number in (lane..).step_by(CONNECTIONS) {
        let due = start + since_start(number, pace.rate);
        if due >= start + pace.time {
            break;
        }
        let mut from = due;
        if let Some(wait) = due.checked_duration_since(Instant::now()) {
            thread::sleep(wait);
            from = Instant::now();
        }
        let request = &requests[(pace.first + number) % requests.len()];
        match connection.exchange(request) {
            Ok(status) if status == pace.expected => {
                paced.micros.push(from.elapsed().as_secs_f64() * 1e6);
            }
            Ok(status) => paced.wrong.push(status.to_string()),
            Err(error) => {
                paced.wrong.push(error.to_string());
                break;
            }
        }
    }
    paced
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
fn since_start(number: usize, rate: f64) -> Duration {
    Duration::from_secs_f64(number as f64 / rate)
}

/// A connection that reads no more of an answer than it must.
struct Connection {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Connection {
    fn open(address: SocketAddr) -> io::Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        Ok(Self { stream, buffer: vec![0; 64 << 10] })
    }

    /// Sends a request, and returns the status of its answer.
    fn exchange(&mut self, request: &[u8]) -> io::Result<u16> {
        self.stream.write_all(request)?;
        let mut filled = 0;
        let mut whole = None;
        while whole.is_none_or(|length| filled < length) {
            let read = self.stream.read(&mut self.buffer[filled..])?;
            if read == 0 {
                return Err(io::ErrorKind::UnexpectedEof.into());
            }
            filled += read;
            if whole.is_none() {
                whole = length(&self.buffer[..filled]);
            }
        }
        let status = self.buffer.get(9..12).and_then(|text| str::from_utf8(text).ok());
        let status = status.and_then(|text| text.parse().ok());
        status.ok_or_else(|| io::ErrorKind::InvalidData.into())
    }
}

/// How long an answer is, once its head is there.
fn length(bytes: &[u8]) -> Option<usize> {
    let head = bytes.windows(4).position(|four| four == b"\r\n\r\n")?;
    let fields = bytes[..head].split(|&byte| byte == b'\n');
    let body = fields.filter_map(|field| str::from_utf8(field).ok()?.split_once(':'));
    let mut length = body.filter(|(name, _)| name.eq_ignore_ascii_case("content-length"));
    let body = length.next().and_then(|(_, value)| value.trim().parse().ok()).unwrap_or(0);
    Some(head + 4 + body)
}
