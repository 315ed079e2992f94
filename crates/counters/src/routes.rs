//! What is found at which path.

use std::sync::Arc;
use std::time::Duration;

use axum::Json;
use axum::Router;
use axum::body::Body;
use axum::extract::{Query, Request, State};
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use serde_json::json;
use tokio::time::timeout;
use tollgate_rls::PATH;
use tonic::Status;
use tonic::server::Grpc;
use tonic_prost::ProstCodec;

use crate::day::Day;
use crate::decision::Failure;
use crate::service::{MAX_MESSAGE, Service, ShouldRateLimit};
use crate::usage::{NoUsage, Question};

/// How long a request may take from its head to its answer. A body that never ends would keep its
/// place for ever.
const REQUEST_TIME: Duration = Duration::from_secs(10);

/// All paths.
pub fn routes(service: Arc<Service>) -> Router {
    Router::new()
        .route(PATH, post(should_rate_limit))
        .route("/healthz", get(health))
        .route("/metrics", get(metrics))
        .route("/usage", get(usage))
        .fallback(unknown)
        .method_not_allowed_fallback(unknown)
        .with_state(service)
}

async fn should_rate_limit(State(service): State<Arc<Service>>, request: Request) -> Response {
    in_time(service, request, REQUEST_TIME).await
}

async fn in_time(service: Arc<Service>, request: Request, within: Duration) -> Response {
    let place = match service.place() {
        Ok(place) => place,
        Err(status) => return status.into_http(),
    };
    let mut grpc = Grpc::new(ProstCodec::default())
        .apply_max_message_size_config(Some(MAX_MESSAGE), Some(MAX_MESSAGE));
    let answer = grpc.unary(ShouldRateLimit(service, place), request);
    match timeout(within, answer).await {
        Ok(answer) => answer.map(Body::new),
        Err(_) => Status::deadline_exceeded("the request took too long").into_http(),
    }
}

async fn health(State(service): State<Arc<Service>>) -> Response {
    match service.engine.health(service.clock.now()).await {
        Ok(()) => (StatusCode::OK, "ok\n").into_response(),
        Err(failure) => (StatusCode::SERVICE_UNAVAILABLE, format!("{failure}\n")).into_response(),
    }
}

async fn metrics(State(service): State<Arc<Service>>) -> Response {
    let kind = HeaderValue::from_static("text/plain; version=0.0.4; charset=utf-8");
    ([(header::CONTENT_TYPE, kind)], service.metrics.text()).into_response()
}

async fn usage(
    State(service): State<Arc<Service>>,
    question: Result<Query<Question>, axum::extract::rejection::QueryRejection>,
) -> Response {
    let Query(question) = match question {
        Ok(question) => question,
        Err(error) => return refuse(StatusCode::BAD_REQUEST, &error.body_text()),
    };
    match question.answer(&service.engine, Day::of(service.clock.now())).await {
        Ok(usage) => Json(usage).into_response(),
        Err(no @ (NoUsage::Question(_) | NoUsage::Failure(Failure::Refused(_)))) => {
            refuse(StatusCode::BAD_REQUEST, &no.to_string())
        }
        Err(no) => refuse(StatusCode::SERVICE_UNAVAILABLE, &no.to_string()),
    }
}

/// What is not here. To gRPC this is a method that is not implemented, not a broken server.
async fn unknown(request: Request) -> Response {
    let kind = request.headers().get(header::CONTENT_TYPE);
    if kind.is_some_and(|kind| kind.as_bytes().starts_with(b"application/grpc")) {
        return Status::unimplemented("there is no such method").into_http::<Body>();
    }
    refuse(StatusCode::NOT_FOUND, "there is nothing here")
}

fn refuse(status: StatusCode, message: &str) -> Response {
    (status, Json(json!({ "message": message }))).into_response()
}

#[cfg(test)]
mod tests;
