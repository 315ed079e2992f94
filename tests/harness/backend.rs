//! A backend that answers with what it has seen.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use axum::Router;
use axum::body::{self, Body};
use axum::extract::{Request, State};
use axum::http::HeaderValue;
use axum::http::header::CONTENT_TYPE;
use axum::response::Response;
use serde_json::{Value, json};

use crate::server::Server;

/// The most bytes of a body that are read.
const MAX_BODY_BYTES: usize = 64 << 20;

/// How a backend answers.
#[derive(Clone, Debug, Default)]
pub enum Behaviour {
    /// With what it has seen, as JSON: `method`, `version`, `target`, `headers` (a list of pairs),
    /// `body` and its `body_bytes`.
    #[default]
    Echo,
    /// The same, with header fields.
    EchoWith(Vec<(&'static str, &'static str)>),
    /// The same, but late.
    Late(Duration),
    /// With this status and text.
    Say(u16, String),
    /// Never.
    Silent,
}

/// A backend, until it is dropped.
#[derive(Debug)]
pub struct Backend {
    server: Server,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    behaviour: Mutex<Behaviour>,
    seen: Mutex<Vec<Value>>,
}

impl Backend {
    /// Starts a backend that echoes.
    #[must_use]
    pub fn start() -> Self {
        let shared = Arc::new(Shared::default());
        let router = Router::new().fallback(answer).with_state(shared.clone());
        Self { server: Server::start(router), shared }
    }

    /// Answers differently from now on.
    ///
    /// # Panics
    /// If the backend has panicked.
    pub fn behave(&self, behaviour: Behaviour) {
        *self.shared.behaviour.lock().expect("a backend that works") = behaviour;
    }

    /// Where it is.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.server.address
    }

    /// Its URL, with a path or template after it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.server.address)
    }

    /// The targets of all requests so far.
    ///
    /// # Panics
    /// If the backend has panicked.
    #[must_use]
    pub fn targets(&self) -> Vec<String> {
        let seen = self.shared.seen.lock().expect("a backend that works");
        seen.iter().filter_map(|seen| seen["target"].as_str()).map(str::to_owned).collect()
    }

    /// All requests so far, as they are echoed but without their bodies.
    ///
    /// # Panics
    /// If the backend has panicked.
    #[must_use]
    pub fn seen(&self) -> Vec<Value> {
        self.shared.seen.lock().expect("a backend that works").clone()
    }

    /// How many requests there have been.
    ///
    /// # Panics
    /// If the backend has panicked.
    #[must_use]
    pub fn count(&self) -> usize {
        self.shared.seen.lock().expect("a backend that works").len()
    }
}

/// Bodies of requests that are kept with what else is seen of them.
const KEPT_BYTES: usize = 64 * 1024;

/// The values of a header field, in an echo.
#[must_use]
pub fn values(echo: &Value, name: &str) -> Vec<String> {
    let pairs = echo["headers"].as_array().into_iter().flatten();
    pairs
        .filter(|pair| pair[0] == name)
        .filter_map(|pair| pair[1].as_str())
        .map(str::to_owned)
        .collect()
}

async fn answer(State(shared): State<Arc<Shared>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = body::to_bytes(body, MAX_BODY_BYTES).await.unwrap_or_default();
    let headers: Vec<_> = (head.headers.iter())
        .map(|(name, value)| json!([name.as_str(), latin1(value.as_bytes())]))
        .collect();
    let mut echo = json!({
        "method": head.method.as_str(),
        "version": format!("{:?}", head.version),
        "target": head.uri.to_string(),
        "headers": headers,
        "body_bytes": body.len(),
    });
    if body.len() <= KEPT_BYTES {
        echo["body"] = latin1(&body).into();
    }
    shared.seen.lock().expect("a backend that works").push(echo.clone());
    echo["body"] = latin1(&body).into();
    let behaviour = shared.behaviour.lock().expect("a backend that works").clone();
    match behaviour {
        Behaviour::Echo => {}
        Behaviour::EchoWith(fields) => {
            let mut response = say(200, "application/json", echo.to_string());
            for (name, value) in fields {
                response.headers_mut().append(name, HeaderValue::from_static(value));
            }
            return response;
        }
        Behaviour::Late(by) => tokio::time::sleep(by).await,
        Behaviour::Say(status, text) => return say(status, "text/plain", text),
        Behaviour::Silent => std::future::pending().await,
    }
    say(200, "application/json", echo.to_string())
}

fn say(status: u16, kind: &str, text: String) -> Response {
    let response = Response::builder().status(status).header(CONTENT_TYPE, kind);
    response.body(Body::from(text)).expect("a response")
}

/// Bytes as characters of the same number, so that none is lost.
fn latin1(bytes: &[u8]) -> String {
    bytes.iter().copied().map(char::from).collect()
}
