//! No request may take a worker down: thousands of broken ones, and then a good one.

use std::sync::Mutex;
use std::thread;
use std::time::Duration;

use serde_json::json;
use tollgate_tests::{Backend, Connection, Gateway, Issuer, Request, Rng, definition, http};

/// How many clients send, and how many requests each sends.
const CLIENTS: u64 = 8;
const REQUESTS: usize = 500;

/// How long to wait for an answer. What is broken enough gets none.
const SILENCE: Duration = Duration::from_millis(100);

#[test]
fn thousands_of_mutated_requests_take_no_worker_down() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let api = definition::authorized_api(&backend.url("/x"), &issuer.authorizer(), &["read"]);
    let gateway = Gateway::serving(api);
    let token = issuer.token_with(&json!({"scope": "read"}));
    let good = || Request::get("/scoped").bearer(&token).send(&gateway);
    assert_eq!(good().status, 200);
    let machines = || gateway.admin().stat("wasm.runtime.v8.created");
    let machines_before = machines();
    let seed = Rng::for_test();
    let statuses = Mutex::new(std::collections::BTreeMap::<u16, usize>::new());
    thread::scope(|scope| {
        for client in 0..CLIENTS {
            let (mut rng, token, statuses) = (seed.of_client(client), &token, &statuses);
            let address = gateway.address();
            scope.spawn(move || {
                for _ in 0..REQUESTS {
                    let bytes = mutated(token, &mut rng);
                    let status = status(address, &bytes).unwrap_or(0);
                    // A gateway error would be ours; nothing here makes the backend fail.
                    assert!(
                        status < 500,
                        "{rng} client {client}: {status}: {}",
                        bytes.escape_ascii()
                    );
                    *statuses.lock().expect("no client has failed").entry(status).or_default() += 1;
                }
            });
        }
    });
    // Enough of them must have been good enough to be looked at by the filter.
    let statuses = statuses.into_inner().expect("no client has failed");
    for status in [200, 401] {
        assert!(statuses.get(&status).is_some_and(|count| *count > 20), "{statuses:?}");
    }
    for _ in 0..16 {
        assert_eq!(good().status, 200, "{seed}");
    }
    // Whatever crashes is made anew.
    assert_eq!(machines(), machines_before, "{seed}");
    gateway.assert_healthy();
}

fn status(address: std::net::SocketAddr, bytes: &[u8]) -> Option<u16> {
    let mut connection = Connection::open(address).ok()?;
    connection.wait_at_most(SILENCE).ok()?;
    connection.send(bytes).ok()?;
    let said = connection.receive(false);
    said.map(|http::Answer { status, .. }| status).ok()
}

/// A good request in which something is broken.
fn mutated(token: &str, rng: &mut Rng) -> Vec<u8> {
    match rng.below(4) {
        0 => anywhere(request(token, rng), rng),
        1 => anywhere(anywhere(request(token, rng), rng), rng),
        2 => in_the_target(token, rng),
        _ => in_a_value(token, rng),
    }
}

fn request(token: &str, rng: &mut Rng) -> Vec<u8> {
    let target = *rng.one_of(&["/", "/scoped", "/open/a/b", "/scoped?a=b&c", "/open/%41%2Fb//c"]);
    let method = *rng.one_of(&["GET", "POST", "PUT", "DELETE", "OPTIONS", "HEAD"]);
    let request = Request::new(method, target).bearer(token).header("cookie", "a=b; c=d");
    match method {
        "POST" | "PUT" => request.body("some body").into_bytes(),
        _ => request.into_bytes(),
    }
}

/// A byte is another, or there are more or fewer of them, or some are there twice.
fn anywhere(mut bytes: Vec<u8>, rng: &mut Rng) -> Vec<u8> {
    let at = rng.below(bytes.len());
    let end = (at + 1 + rng.below(40)).min(bytes.len());
    match rng.below(6) {
        0 => bytes[at] = rng.byte(),
        1 => bytes[at] ^= 1 << rng.below(8),
        2 => drop(bytes.drain(at..end)),
        3 => bytes.insert(at, rng.byte()),
        4 => {
            let twice = bytes[at..end].to_vec();
            bytes.splice(at..at, twice);
        }
        _ => {
            bytes.splice(at..end, (0..rng.below(60)).map(|_| 0).collect::<Vec<u8>>()).for_each(drop)
        }
    }
    bytes
}

/// A target of bytes that HTTP lets through, so that the gateway has to look at them.
fn in_the_target(token: &str, rng: &mut Rng) -> Vec<u8> {
    let pieces =
        ["/", "//", "..", ".", "%", "%2", "%2F", "%00", "%ff", "?", "&", "=", ";", "scoped"];
    let more = ["open", "a", "+", "{", "}", "$default", "%25", "\\", "~", "#", "\u{e9}", ":", "@"];
    let mut target = String::from("/");
    for _ in 0..rng.below(30) {
        let half = if rng.below(2) == 0 { &pieces[..] } else { &more[..] };
        let piece: &str = rng.one_of::<&str>(half);
        target.push_str(piece);
    }
    let host =
        *rng.one_of(&["gw.example", "a.execute-api.x.amazonaws.com", "[::1]:80", "a..b", ":"]);
    Request::to("GET", target, host).bearer(token).into_bytes()
}

/// A value of bytes that HTTP lets through, in a field that the gateway reads.
fn in_a_value(token: &str, rng: &mut Rng) -> Vec<u8> {
    let mut value = format!("Bearer {token}").into_bytes();
    for _ in 0..=rng.below(3) {
        let at = rng.below(value.len());
        let end = (at + 1 + rng.below(20)).min(value.len());
        match rng.below(4) {
            0 => value[at] = rng.byte().max(0x21),
            1 => drop(value.drain(at..end)),
            2 => value.insert(at, *rng.one_of(b".-_=AZaz09\xff\x80 \t,;\"")),
            _ => {
                let twice = value[at..end].to_vec();
                value.splice(at..at, twice);
            }
        }
        if value.is_empty() {
            value.push(b'.');
        }
    }
    value.retain(|byte| !matches!(byte, 0x7f | b'\r' | b'\n' | 0));
    let name = *rng.one_of(&["authorization", "authorization", "cookie", "x-forwarded-for"]);
    Request::get("/scoped").header(name, value).into_bytes()
}
