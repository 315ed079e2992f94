//! `tollgate dev backend`: an orders service, and an echo, to put a gateway before.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use axum::body::Bytes;
use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, Method, StatusCode, Uri};
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use axum::routing::{any, get};
use axum::{Json, Router};
use clap::Args;
use serde_json::{Value, json};

use crate::dev::server::Server;
use crate::failure::Failure;

/// The largest body that is read: what API Gateway passes on.
const BODY_BYTES: usize = 10 << 20;

/// How many orders are remembered; the oldest are forgotten.
const ORDERS: usize = 1_000;

/// `tollgate dev backend`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    /// The port to listen on, on this machine only; 0 for any that is free
    #[arg(long, default_value_t = 8081)]
    port: u16,
    /// How many of a hundred requests fail with 500, to try what comes of it
    #[arg(long, default_value_t = 0, value_name = "PERCENT",
          value_parser = clap::value_parser!(u64).range(0..=100))]
    fail: u64,
}

/// The orders that were placed.
#[derive(Debug)]
struct Orders {
    next: u64,
    placed: VecDeque<Value>,
}

type Shop = State<Arc<Mutex<Orders>>>;

/// Serves the backend until it is stopped.
pub async fn serve(arguments: Arguments) -> Result<(), Failure> {
    let failures = Arc::new(Failures { percent: arguments.fail, requests: AtomicU64::new(0) });
    let router = router().layer(from_fn_with_state(failures, fail));
    Server::listen(arguments.port)?.serve("backend", router).await
}

/// Which requests fail.
#[derive(Debug)]
struct Failures {
    percent: u64,
    requests: AtomicU64,
}

impl Failures {
    /// Spread evenly, and the same in every run.
    fn is_next(&self) -> bool {
        let number = self.requests.fetch_add(1, Ordering::Relaxed);
        number.wrapping_mul(self.percent) % 100 < self.percent && self.percent > 0
    }
}

async fn fail(State(failures): State<Arc<Failures>>, request: Request, next: Next) -> Response {
    if failures.is_next() {
        let body = Json(json!({"message": "this backend fails on purpose"}));
        return (StatusCode::INTERNAL_SERVER_ERROR, body).into_response();
    }
    next.run(request).await
}

fn router() -> Router {
    let placed = [json!({"id": "1", "item": "pen"}), json!({"id": "2", "item": "paper"})];
    let orders = Orders { next: 3, placed: placed.into() };
    Router::new()
        .route("/orders", get(list).post(place))
        .route("/orders/{id}", get(find))
        .route("/echo", any(echo))
        .route("/echo/{*rest}", any(echo))
        .fallback(missing)
        .method_not_allowed_fallback(missing)
        .layer(DefaultBodyLimit::max(BODY_BYTES))
        .with_state(Arc::new(Mutex::new(orders)))
}

async fn list(State(orders): Shop) -> Json<Value> {
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    Json(json!({ "orders": orders.placed }))
}

async fn find(State(orders): Shop, Path(id): Path<String>) -> (StatusCode, Json<Value>) {
    let orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    match orders.placed.iter().find(|order| order.get("id").is_some_and(|one| *one == *id)) {
        Some(order) => (StatusCode::OK, Json(order.clone())),
        None => (StatusCode::NOT_FOUND, Json(json!({"message": "no such order", "id": id}))),
    }
}

/// Places an order: what was sent, with an id and the user the gateway speaks of.
async fn place(State(orders): Shop, headers: HeaderMap, body: Bytes) -> (StatusCode, Json<Value>) {
    let Ok(Value::Object(mut order)) = serde_json::from_slice(&body) else {
        return (StatusCode::BAD_REQUEST, Json(json!({"message": "an order is a JSON object"})));
    };
    let mut orders = orders.lock().unwrap_or_else(PoisonError::into_inner);
    order.insert("id".to_owned(), json!(orders.next.to_string()));
    if let Some(user) = headers.get("x-user-id") {
        order.insert("user".to_owned(), json!(String::from_utf8_lossy(user.as_bytes())));
    }
    orders.next = orders.next.saturating_add(1);
    if orders.placed.len() == ORDERS {
        orders.placed.pop_front();
    }
    let order = Value::Object(order);
    orders.placed.push_back(order.clone());
    (StatusCode::CREATED, Json(order))
}

/// Says what was received. Header fields are lists: a field may be sent more than once.
async fn echo(method: Method, uri: Uri, headers: HeaderMap, body: Bytes) -> Json<Value> {
    let mut fields: BTreeMap<&str, Vec<String>> = BTreeMap::new();
    for (name, value) in &headers {
        let value = String::from_utf8_lossy(value.as_bytes()).into_owned();
        fields.entry(name.as_str()).or_default().push(value);
    }
    Json(json!({
        "method": method.as_str(),
        "path": uri.path(),
        "query": uri.query(),
        "headers": fields,
        "body": String::from_utf8_lossy(&body),
    }))
}

async fn missing(method: Method, uri: Uri) -> (StatusCode, Json<Value>) {
    let body = json!({"message": "nothing here", "method": method.as_str(), "path": uri.path()});
    (StatusCode::NOT_FOUND, Json(body))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn as_many_of_a_hundred_fail_as_asked_for() {
        for percent in [0, 1, 20, 33, 99, 100] {
            let failures = Failures { percent, requests: AtomicU64::new(0) };
            let failed = (0..1_000).filter(|_| failures.is_next()).count();
            assert_eq!(failed as u64, percent * 10, "{percent}");
        }
    }
}
