//! Requests as bytes: smuggling, and what parsers disagree about.
//!
//! The gateway may never be looser than Envoy without it, and nothing that is hidden in a request
//! may reach the backend as one.

use std::net::SocketAddr;
use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde::Deserialize;
use tollgate_tests::{Connection, Gateway, Request, Scripted, data, definition};

/// How many send at once.
const CLIENTS: usize = 8;

/// How long to wait for more bytes: Envoy keeps most of these connections open.
const SILENCE: Duration = Duration::from_millis(250);

#[derive(Deserialize)]
struct Row {
    id: String,
    raw_hex: String,
    envoy_1_40_plain: Baseline,
}

/// Requests to change the protocol, which Envoy by itself refuses and the gateway takes for the
/// ordinary requests they are as well, as RFC 9110 section 7.8 allows: the field is not passed on.
const UPGRADES: [&str; 2] = [
    "llhttp/connection/`upgrade`/Upgrade GET request",
    "llhttp/connection/`upgrade`/Upgrade POST request",
];

/// What Envoy says without the gateway.
#[derive(Deserialize)]
struct Baseline {
    status: Vec<u16>,
}

#[test]
fn no_request_is_read_more_loosely_than_envoy_reads_it_and_none_is_smuggled() {
    let backend = Scripted::answering("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok");
    let api = definition::http_api(&backend.url(""), &["$default"]);
    let gateway = Gateway::serving(api);
    let rows: Vec<Row> = data::json_lines("rawhttp/raw_requests.jsonl");
    assert_eq!(rows.len(), 717);
    let failures = Mutex::new(Vec::new());
    let address = gateway.address();
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (rows, failures) = (rows.iter().skip(client).step_by(CLIENTS), &failures);
            scope.spawn(move || {
                for row in rows {
                    if let Some(failure) = judge(address, row) {
                        failures.lock().expect("no client has failed").push(failure);
                    }
                }
            });
        }
    });
    let failures = failures.into_inner().expect("no client has failed");
    assert!(failures.is_empty(), "{failures:#?}");
    let lines = backend.request_lines();
    assert!(!lines.is_empty());
    let smuggled: Vec<_> = lines.iter().filter(|line| line.contains("/smuggled")).collect();
    assert!(smuggled.is_empty(), "{smuggled:?}");
    assert_eq!(Request::get("/").send(&gateway).text(), "ok");
    gateway.assert_healthy();
}

fn judge(address: SocketAddr, row: &Row) -> Option<String> {
    let mut connection = Connection::open(address).expect("a connection");
    connection.wait_at_most(SILENCE).expect("a connection");
    // Envoy may close before everything is sent: what it said until then counts.
    let _ = connection.send(&bytes(&row.raw_hex));
    let statuses = statuses(&connection.rest());
    let baseline = &row.envoy_1_40_plain.status;
    let is_failure = |status: &u16| *status >= 500;
    if statuses.iter().any(is_failure) && !baseline.iter().any(is_failure) {
        return Some(format!("{}: {statuses:?}, without the gateway {baseline:?}", row.id));
    }
    match (statuses.first(), baseline.first()) {
        (Some(ours), Some(theirs))
            if *ours < 300 && *theirs >= 300 && !UPGRADES.contains(&row.id.as_str()) =>
        {
            Some(format!("{}: looser: {statuses:?}, without the gateway {baseline:?}", row.id))
        }
        _ => None,
    }
}

/// The statuses of all answers in these bytes.
fn statuses(bytes: &[u8]) -> Vec<u16> {
    let text = String::from_utf8_lossy(bytes);
    let parts = text.split("HTTP/1.").skip(1);
    parts.filter_map(|part| part.get(2..5)?.parse().ok()).collect()
}

fn bytes(hex: &str) -> Vec<u8> {
    let pairs = hex.as_bytes().chunks(2);
    pairs.map(|pair| u8::from_str_radix(str::from_utf8(pair).unwrap(), 16).unwrap()).collect()
}
