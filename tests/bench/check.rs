//! Whether a proxy does what it is compared for: only who refuses what it should has looked.

use std::io;
use std::net::SocketAddr;
use std::thread;
use std::time::{Duration, Instant};

use tollgate_tests::{Answer, Connection, wait};

use crate::requests::{ORIGIN, REQUIRED};
use crate::rows::Row;

/// Something that makes a request one to be refused.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Refuses {
    /// There is no token.
    NoToken,
    /// The token has been changed.
    ForgedToken,
    /// There is no API key.
    NoKey,
    /// Nobody has that API key.
    UnknownKey,
    /// The parameter that must be there is not.
    NoParameter,
    /// Not refused, but only the page that may read the answer is told so.
    OtherPages,
}

/// The whole job.
pub const EVERYTHING: &[Refuses] = &[
    Refuses::NoToken,
    Refuses::ForgedToken,
    Refuses::NoKey,
    Refuses::UnknownKey,
    Refuses::NoParameter,
    Refuses::OtherPages,
];

/// Sees that a row's first request is served, and what is wrong with it is not.
///
/// # Errors
/// With what is wrong.
pub fn check(row: &Row<'_>, address: SocketAddr) -> Result<(), String> {
    let request = row.requests.all().first().ok_or("there is no request")?;
    // Its filter may still be on its way.
    let deadline = Instant::now() + wait::PATIENCE;
    let answer = loop {
        match ask(address, request) {
            Ok(answer) if answer.status < 500 || Instant::now() > deadline => break answer,
            Err(error) if Instant::now() > deadline => return Err(error.to_string()),
            Ok(_) | Err(_) => thread::sleep(Duration::from_millis(10)),
        }
    };
    if answer.status != 200 {
        return Err(format!("it answers with {}: {}", answer.status, shown(&answer)));
    }
    for &refuses in row.refuses {
        if refuses == Refuses::OtherPages {
            if answer.header("access-control-allow-origin") != Some(ORIGIN) {
                return Err("it does not let pages read the answer".to_owned());
            }
            let other =
                ask(address, &changed(request, refuses)).map_err(|error| error.to_string())?;
            if let Some(allowed) = other.header("access-control-allow-origin") {
                return Err(format!("it lets a page of another origin read the answer: {allowed}"));
            }
            continue;
        }
        let wrong = changed(request, refuses);
        let answer = ask(address, &wrong).map_err(|error| format!("{refuses:?}: {error}"))?;
        if !matches!(answer.status, 400..=499) {
            return Err(format!("{refuses:?} is not refused, but answered with {}", answer.status));
        }
    }
    Ok(())
}

fn shown(answer: &Answer) -> String {
    String::from_utf8_lossy(&answer.body).into_owned()
}

/// What a request is answered with, over a connection of its own.
pub fn ask(address: SocketAddr, request: &[u8]) -> io::Result<Answer> {
    let mut connection = Connection::open(address)?;
    connection.send(request)?;
    connection.receive(false)
}

/// A request with something wrong. It says `authorization` last, then ends.
fn changed(request: &[u8], refuses: Refuses) -> Vec<u8> {
    let text = String::from_utf8_lossy(request);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let name = match refuses {
        Refuses::NoToken | Refuses::ForgedToken => "authorization",
        Refuses::NoKey | Refuses::UnknownKey => "x-api-key",
        Refuses::NoParameter => REQUIRED,
        Refuses::OtherPages => "origin",
    };
    let mut out = String::new();
    for line in head.lines() {
        let is_meant = line.split_once(':').is_some_and(|(field, _)| field == name);
        let line = match refuses {
            _ if !is_meant => line.to_owned(),
            Refuses::ForgedToken => forged(line),
            Refuses::UnknownKey => format!("{line}-of-nobody"),
            Refuses::OtherPages => "origin: https://elsewhere.example".to_owned(),
            _ => continue,
        };
        out.push_str(&line);
        out.push_str("\r\n");
    }
    out.push_str("\r\n");
    out.push_str(body);
    out.into_bytes()
}

/// A token with another digit in the middle of its signature, which may be in hexadecimal digits.
fn forged(line: &str) -> String {
    let mut bytes = line.as_bytes().to_vec();
    let place = bytes.len().saturating_sub(40);
    if let Some(byte) = bytes.get_mut(place) {
        *byte = if *byte == b'0' { b'1' } else { b'0' };
    }
    String::from_utf8(bytes).expect("ASCII")
}
