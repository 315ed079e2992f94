//! An issuer of tokens: discovery, keys, and every way they can go wrong.

mod key;

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::{Duration, SystemTime};

use axum::Router;
use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::{CACHE_CONTROL, CONTENT_TYPE, LOCATION};
use axum::response::Response;
use serde_json::{Value, json};

use crate::server::Server;
pub use key::{Algorithm, Secret, SigningKey};

/// The path of the discovery document.
const DISCOVERY: &str = "/.well-known/openid-configuration";
/// The path of the key set.
const KEYS: &str = "/keys";

/// How an issuer answers.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Behaviour {
    /// As it should.
    #[default]
    Good,
    /// As it should, but late.
    Late(Duration),
    /// With this status, content type and body.
    Say(u16, &'static str, String),
    /// With a redirect to this place.
    Redirect(String),
}

/// An issuer, until it is dropped.
#[derive(Debug)]
pub struct Issuer {
    server: Mutex<Option<Server>>,
    address: SocketAddr,
    shared: Arc<Shared>,
}

#[derive(Debug)]
struct Shared {
    state: Mutex<Script>,
}

#[derive(Debug)]
struct Script {
    address: Option<SocketAddr>,
    keys: Vec<SigningKey>,
    discovery: Behaviour,
    key_set: Behaviour,
    cache_control: Option<String>,
    discoveries: usize,
    key_fetches: usize,
}

impl Issuer {
    /// Starts an issuer with one key, `key-1`, for ES256: quick to make and to use.
    #[must_use]
    pub fn start() -> Self {
        Self::with_keys(vec![SigningKey::make(Algorithm::Es256, "key-1")])
    }

    /// Starts an issuer with these keys. The first signs.
    ///
    /// # Panics
    /// If it cannot be started.
    #[must_use]
    pub fn with_keys(keys: Vec<SigningKey>) -> Self {
        let shared = Arc::new(Shared {
            state: Mutex::new(Script {
                address: None,
                keys,
                discovery: Behaviour::Good,
                key_set: Behaviour::Good,
                cache_control: None,
                discoveries: 0,
                key_fetches: 0,
            }),
        });
        let server = Server::start(router(shared.clone()));
        let address = server.address;
        shared.state.lock().expect("an issuer that works").address = Some(address);
        Self { server: Mutex::new(Some(server)), address, shared }
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its name, which is its URL.
    #[must_use]
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// An authorizer that trusts it, for the audience `api`.
    #[must_use]
    pub fn authorizer(&self) -> Value {
        json!({"issuers": [{
            "issuer": self.url(),
            "audiences": {"any_of": ["api"]},
            "keys": {"discovery": {}},
        }]})
    }

    /// A token for `user-1` that is good for an hour.
    #[must_use]
    pub fn token(&self) -> String {
        self.token_with(&json!({}))
    }

    /// The same, with other claims as well or instead; `null` removes one.
    #[must_use]
    pub fn token_with(&self, claims: &Value) -> String {
        self.with_state(|state| state.keys[0].clone()).sign(&self.claims(claims))
    }

    /// The claims of a good token, with others as well or instead.
    #[must_use]
    pub fn claims(&self, claims: &Value) -> Value {
        let now = now();
        let mut all = json!({
            "iss": self.url(),
            "aud": "api",
            "sub": "user-1",
            "iat": now,
            "exp": now + 3_600,
        });
        for (name, value) in claims.as_object().into_iter().flatten() {
            all[name] = value.clone();
        }
        if let Some(all) = all.as_object_mut() {
            all.retain(|_, value| !value.is_null());
        }
        all
    }

    /// Publishes these keys from now on. The first signs.
    pub fn publish(&self, keys: Vec<SigningKey>) {
        self.with_state(|state| state.keys = keys);
    }

    /// Answers differently from now on: the discovery document and the key set.
    pub fn behave(&self, discovery: Behaviour, key_set: Behaviour) {
        self.with_state(|state| {
            state.discovery = discovery;
            state.key_set = key_set;
        });
    }

    /// Says how long its keys are good.
    pub fn cache_control(&self, value: &str) {
        self.with_state(|state| state.cache_control = Some(value.to_owned()));
    }

    /// Refuses connections from now on.
    ///
    /// # Panics
    /// If the issuer has panicked.
    pub fn go_down(&self) {
        *self.server.lock().expect("an issuer that works") = None;
    }

    /// Takes connections again, where it did before.
    ///
    /// # Panics
    /// If the issuer has panicked, or its port has been taken.
    pub fn come_back(&self) {
        let server = Server::start_at(self.address, router(self.shared.clone()));
        *self.server.lock().expect("an issuer that works") = Some(server);
    }

    /// How often the discovery document was asked for.
    #[must_use]
    pub fn discoveries(&self) -> usize {
        self.with_state(|state| state.discoveries)
    }

    /// How often the key set was asked for.
    #[must_use]
    pub fn key_fetches(&self) -> usize {
        self.with_state(|state| state.key_fetches)
    }

    fn with_state<T>(&self, ask: impl FnOnce(&mut Script) -> T) -> T {
        ask(&mut self.shared.state.lock().expect("an issuer that works"))
    }
}

/// The time, as tokens tell it.
///
/// # Panics
/// If it is before 1970.
#[must_use]
pub fn now() -> u64 {
    SystemTime::now().duration_since(SystemTime::UNIX_EPOCH).expect("a clock").as_secs()
}

fn router(shared: Arc<Shared>) -> Router {
    Router::new().fallback(answer).with_state(shared)
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (behaviour, good, cache_control) = {
        let mut state = shared.state.lock().expect("an issuer that works");
        let (behaviour, good) = match request.uri().path() {
            DISCOVERY => {
                state.discoveries += 1;
                (state.discovery.clone(), discovery(state.address))
            }
            KEYS => {
                state.key_fetches += 1;
                let keys: Vec<_> = state.keys.iter().map(SigningKey::public).collect();
                (state.key_set.clone(), json!({"keys": keys}))
            }
            _ => (Behaviour::Say(404, "text/plain", "not here".into()), Value::Null),
        };
        (behaviour, good, state.cache_control.clone())
    };
    let mut response = Response::builder();
    if let Some(value) = cache_control {
        response = response.header(CACHE_CONTROL, value);
    }
    let (status, kind, body) = match behaviour {
        Behaviour::Good => (200, "application/json", good.to_string()),
        Behaviour::Late(by) => {
            tokio::time::sleep(by).await;
            (200, "application/json", good.to_string())
        }
        Behaviour::Say(status, kind, body) => (status, kind, body),
        Behaviour::Redirect(to) => {
            response = response.header(LOCATION, to);
            (302, "text/plain", String::new())
        }
    };
    let response = response.status(status).header(CONTENT_TYPE, kind);
    response.body(Body::from(body)).expect("a response")
}

fn discovery(address: Option<SocketAddr>) -> Value {
    let url = address.map(|address| format!("http://{address}")).unwrap_or_default();
    json!({"issuer": url, "jwks_uri": format!("{url}{KEYS}")})
}
