mod canary;
mod chain;
mod client_certificates;
mod cors;
mod errors;
mod functions;
mod integrations;
mod invalid;
mod invalid_places;
mod lambda_authorizers;
mod limits;
mod parameters;
mod path;
mod payload;
mod policies;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod select;
mod signatures;
mod slashes;
mod target;
mod telling;
mod trace;
mod upstreams;
mod validation;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Invalid, Policy, Response, Timestamp, Verdict, load};

use crate::{CLUSTER_HEADER, Gateway, Notes};

/// A moment at which [`TOKEN`] is good.
const NOW: Timestamp = Timestamp::from_secs(1_000_000);

/// Random bits, for ids that are known.
const NONCE: u128 = 0x0123_4567_89ab_cdef_0123_4567_89ab_cdef;

/// The modulus of a public RSA key called `one`, and what it has signed: alice of the groups a and b may
/// `orders.read`, until a minute from now.
const KEY: &str = "1A-KQ7HAjC7537f3jb_wdzRyB-rQocELRXqYD0x2MjgudlIoQGh_CROoOtkxztmYRcSxo8ShvMIX_0IF2lW_\
    _XwpUlnk2rDPWT-AhCzuUnwMHUIrv_bjWcDVB449zO7y3CBTJQf9dxeeBKGscIXiBYALmOzpAgwR2LhsjKFc\
    qB-LgvF9dq_yr6uCobLBVusU8e3spNJ__2VcabqJOoAvyjThOV_femHFEAlkcPBDbuPfxP6p91KEl4KC5Vpd\
    3vkkjmVerB2tX3igQJsoNcKJ_Y-U1pbr2HBTt_W7XNtqOJoCPBJHuOEEvIabwuYBr5l36Lc9YvG__wSYojjs\
    VcyE5Q";
const TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6Im9uZSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXV\
    kIjoib3JkZXJzIiwic3ViIjoiYWxpY2UiLCJzY29wZSI6Im9yZGVycy5yZWFkIiwiZ3JvdXBzIjpbImEiLCJ\
    iIl0sImV4cCI6MTAwMDA2MH0.GEwVmT6dvwkvkhMTffbJKfJbr-UdIHu-ap4bGgd4bZ7XTPgWApenJZ1alMr\
    kowm5kocEoFZVAruE1hpmFFK6S90B0i9orQoL3KUM3jw0Vl-TWiVpoJBCQmBogTu-Vhx5SCQ0JtGQ1i108Su\
    gMXu3hMRgKuC83VZv8jOc67cGbyI7zCovRIJBUtAsu4yBUF9ByG_c_rWDfaGoEaVsDyBYtPvf-IOeP50ZVMH\
    KtBu1KsnhjJ6FwrBmkyNNtCoc3wVFoBambg9SMl1lR83drHbCdWAfeNGCbl2Hyvrxlxvw7jKroGmKp7yvV1u\
    LdOT_WBNSgN0CKQUCQw2V4cQsACw1QA";

/// A definition of these APIs, of which the first answers wherever the host names none.
fn definition(apis: &[(&str, Value)]) -> Value {
    let all: Value = apis.iter().map(|(id, api)| ((*id).to_owned(), api.clone())).collect();
    json!({ "version": 1, "apis": all, "default_api": apis.first().map(|(id, _)| id) })
}

/// An API whose routes are all open, each with an integration of its own.
fn open_api(protocol: &str, routes: &[(&str, &str)], stages: &[&str]) -> Value {
    let route =
        |key: &str| (key.to_owned(), json!({ "authorization": "none", "integration": key }));
    let integration =
        |(key, uri): &(&str, &str)| ((*key).to_owned(), json!({ "http_proxy": { "uri": uri } }));
    json!({
        "name": "Test",
        "protocol": protocol,
        "integrations": routes.iter().map(integration).collect::<Value>(),
        "routes": routes.iter().map(|(key, _)| route(key)).collect::<Value>(),
        "stages": stages.iter().map(|name| ((*name).to_owned(), json!({}))).collect::<Value>(),
    })
}

/// One authorizer that knows [`KEY`], with these changes.
fn jwt(changes: &Value) -> Value {
    let mut config = json!({
        "issuers": [{
            "issuer": "https://issuer.example",
            "audiences": { "any_of": ["orders"] },
            "keys": { "jwks": { "keys": [
                { "kty": "RSA", "kid": "one", "n": KEY, "e": "AQAB" },
            ] } },
        }],
    });
    merge(&mut config, changes);
    json!({ "jwt": config })
}

fn merge(object: &mut Value, changes: &Value) {
    for (name, value) in changes.as_object().expect("an object") {
        object[name] = value.clone();
    }
}

fn compile(definition: &Value) -> Result<Gateway, Invalid> {
    load(definition.to_string().as_bytes())
}

#[track_caller]
fn gateway(definition: &Value) -> Gateway {
    compile(definition).expect("a good definition")
}

/// One request and what has become of it.
struct Sent {
    exchange: Exchange,
    notes: Notes,
    verdict: Verdict,
}

fn request(method: &str, host: &str, path: &str, fields: &[(&str, &str)]) -> Exchange {
    let pseudo = [(":method", method), (":authority", host), (":path", path), (":scheme", "http")];
    let headers: Headers = pseudo.into_iter().chain(fields.iter().copied()).collect();
    let mut exchange = Exchange { nonce: NONCE, arrived: NOW, ..Exchange::default() };
    exchange.request.headers = headers;
    exchange
}

fn send(gateway: &Gateway, mut exchange: Exchange) -> Sent {
    let mut notes = Notes::default();
    let verdict = gateway.on_request(&mut notes, &mut exchange, &FakeHost::at(NOW));
    Sent { exchange, notes, verdict }
}

impl Sent {
    fn header(&self, name: &str) -> Option<String> {
        self.exchange.request.headers.get(name).map(|value| value.escape_ascii().to_string())
    }

    #[track_caller]
    fn answer(&self) -> &Response {
        match &self.verdict {
            Verdict::Respond(response) => response,
            verdict => panic!("{verdict:?}"),
        }
    }
}

impl std::fmt::Display for Sent {
    /// `METHOD cluster path` of what goes on, `STATUS body` of what is refused.
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let header = |name| self.header(name).unwrap_or_default();
        match &self.verdict {
            Verdict::Continue => {
                write!(out, "{} {} {}", header(":method"), header(CLUSTER_HEADER), header(":path"))
            }
            Verdict::Respond(response) => {
                write!(out, "{} {}", response.status, String::from_utf8_lossy(&response.body))
            }
            verdict => write!(out, "{verdict:?}"),
        }
    }
}
