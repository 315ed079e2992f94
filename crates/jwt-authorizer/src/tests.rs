mod answers;
mod cache;
mod claims;
mod config;
mod headers;
mod identity;
mod issuers;
mod keyring;
mod keyring_failures;
mod tokens;
mod user_pools;
mod worker;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Host, Invalid, Policy, Verdict, load};

use crate::{JwtAuthorizer, Notes};
use tokens::{ISSUER, jwk, merge};

/// An authorizer whose keys are in its configuration, with these changes to it.
fn config(changes: &Value) -> Value {
    let issuer = json!({
        "issuer": ISSUER,
        "audiences": { "any_of": ["orders"] },
        "keys": { "jwks": { "keys": [jwk(1, "one")] } },
    });
    let mut config = json!({ "issuers": [issuer] });
    merge(&mut config, changes);
    config
}

/// The same, with changes to its one issuer.
fn issuer(changes: &Value) -> Value {
    let mut config = config(&json!({}));
    merge(&mut config["issuers"][0], changes);
    config
}

fn compile(config: &Value) -> Result<JwtAuthorizer, Invalid> {
    load(config.to_string().as_bytes())
}

#[track_caller]
fn authorizer(config: &Value) -> JwtAuthorizer {
    compile(config).expect("a good configuration")
}

/// A request with a token in its place.
fn bearing(token: &str) -> Exchange {
    with_headers([("authorization", format!("Bearer {token}"))])
}

fn with_headers<N: AsRef<str>, V: AsRef<[u8]>>(
    fields: impl IntoIterator<Item = (N, V)>,
) -> Exchange {
    let mut exchange = Exchange::default();
    exchange.request.headers = fields.into_iter().collect::<Headers>();
    exchange
}

/// What becomes of a request: `admitted`, `waits`, or the status and the description it is told.
fn outcome(authorizer: &JwtAuthorizer, exchange: &mut Exchange, host: &dyn Host) -> String {
    text(&authorizer.on_request(&mut Notes::default(), exchange, host))
}

fn text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Continue => "admitted".to_owned(),
        Verdict::Wait(until) => format!("waits until {:?}", until.0),
        Verdict::Respond(response) => {
            let challenge = response.headers.get("www-authenticate").expect("a challenge");
            let challenge = String::from_utf8(challenge.to_vec()).expect("text");
            let why = challenge.split("error_description=\"").nth(1).unwrap_or("no token\"");
            format!("{} {}", response.status, why.trim_end_matches('"'))
        }
        Verdict::Call(_) | Verdict::Body => panic!("{verdict:?}"),
    }
}

/// What becomes of a request with this token, now.
#[track_caller]
fn check(config: &Value, token: &str, expected: &str) {
    let host = FakeHost::at(tokens::NOW);
    assert_eq!(outcome(&authorizer(config), &mut bearing(token), &host), expected);
}
