//! One worker, and the issuer it talks to.

use std::cell::Cell;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{
    Conflict, Digest, Exchange, Expect, Host, Kind, Level, Metric, Policy, Response, Shared,
    Timestamp,
};

use super::tokens::{ISSUER, jwk};
use super::{authorizer, issuer, outcome, text};
use crate::{JwtAuthorizer, Notes};

/// A worker. Those of one proxy share a host.
pub(super) struct Worker<'a> {
    pub(super) authorizer: JwtAuthorizer,
    host: &'a FakeHost,
}

/// An issuer, by what it answers to a path.
pub(super) type Issuer<'a> = &'a dyn Fn(&str) -> Option<Response>;

impl<'a> Worker<'a> {
    pub(super) fn new(config: &Value, host: &'a FakeHost) -> Self {
        Self { authorizer: authorizer(config), host }
    }

    /// A worker whose keys are at `/jwks` of the issuer.
    pub(super) fn of_jwks_uri(host: &'a FakeHost) -> Self {
        let uri = json!({ "uri": format!("{ISSUER}/jwks") });
        Self::new(&issuer(&json!({ "keys": { "jwks_uri": uri } })), host)
    }

    /// Does what there is to do, as often as one thing leads to another. Returns what was fetched.
    pub(super) fn work(&self, issuer: Issuer<'_>) -> Vec<String> {
        let mut fetched = Vec::new();
        loop {
            let fetches = self.authorizer.work(self.host).fetches;
            assert!(fetched.len() < 10, "fetches without end: {fetched:?}");
            if fetches.is_empty() {
                return fetched;
            }
            for fetch in fetches {
                let path = fetch.call.headers.get(":path").expect("a path");
                let path = String::from_utf8(path.to_vec()).expect("text");
                fetched.push(format!("{}{path}", fetch.call.cluster));
                self.authorizer.on_fetched(fetch.id, issuer(&path), self.host);
            }
        }
    }

    pub(super) fn judge(&self, token: &str) -> String {
        outcome(&self.authorizer, &mut super::bearing(token), self.host)
    }

    /// Judges a request that was judged before and has waited.
    pub(super) fn wake(&self, notes: &mut Notes, exchange: &mut Exchange) -> String {
        text(&self.authorizer.on_wake(notes, exchange, self.host))
    }

    pub(super) fn send(&self, notes: &mut Notes, exchange: &mut Exchange) -> String {
        text(&self.authorizer.on_request(notes, exchange, self.host))
    }
}

/// A 200 with this body.
#[expect(clippy::unnecessary_wraps, reason = "it is what an issuer answers")]
pub(super) fn ok(body: impl Into<Vec<u8>>) -> Option<Response> {
    Some(Response { status: 200, body: body.into(), ..Response::default() })
}

pub(super) fn key_set(keys: &[(u8, &str)]) -> String {
    let keys: Vec<_> = keys.iter().map(|(number, kid)| jwk(*number, kid)).collect();
    json!({ "keys": keys }).to_string()
}

/// An issuer that answers every request with key number one.
pub(super) fn of_key_one(_: &str) -> Option<Response> {
    ok(key_set(&[(1, "one")]))
}

/// An issuer that does not answer.
pub(super) fn down(_: &str) -> Option<Response> {
    None
}

/// A host that counts how often it is asked to verify a signature.
pub(super) struct Counting<'a> {
    pub(super) host: &'a FakeHost,
    pub(super) asked: Cell<u32>,
    pub(super) says: Option<bool>,
}

impl<'a> Counting<'a> {
    pub(super) fn new(host: &'a FakeHost) -> Self {
        Self { host, asked: Cell::new(0), says: None }
    }
}

impl Host for Counting<'_> {
    fn now(&self) -> Timestamp {
        self.host.now()
    }

    fn shared(&self, key: &str) -> Option<Shared> {
        self.host.shared(key)
    }

    fn share(&self, key: &str, value: &[u8], expect: Expect) -> Result<(), Conflict> {
        self.host.share(key, value, expect)
    }

    fn verify_signature(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        self.asked.set(self.asked.get() + 1);
        self.says
    }

    fn uptime(&self) -> Duration {
        Duration::ZERO
    }

    fn metric(&self, _: Kind, _: &str) -> Option<Metric> {
        None
    }

    fn record(&self, _: Metric, _: u64) {}

    fn log(&self, level: Level, message: &str) {
        self.host.log(level, message);
    }
}
