use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use axum::body::{Bytes, HttpBody};
use hyper::body::Frame;
use tempfile::TempDir;
use tonic::Code;

use super::*;
use crate::clock::Clock;
use crate::embedded::Embedded;
use crate::engine::Engine;
use crate::report::Report;

/// A body of which nothing comes.
struct Stalled;

impl HttpBody for Stalled {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Pending
    }
}

fn stalled() -> Request {
    let request = Request::post(PATH).header(header::CONTENT_TYPE, "application/grpc");
    request.body(Body::new(Stalled)).unwrap()
}

fn service(folder: &TempDir) -> Arc<Service> {
    let clock = Clock::system();
    let embedded = Embedded::open(folder.path(), clock.now(), Report::to(|_| {})).unwrap();
    Service::new(Engine::Embedded(Box::new(embedded)), clock)
}

#[track_caller]
fn check(answer: &Response, code: Code) {
    let status = Status::from_header_map(answer.headers()).unwrap();
    assert_eq!(status.code(), code, "{status:?}");
}

#[tokio::test]
async fn a_body_that_never_ends_is_not_waited_for() {
    let folder = TempDir::new().unwrap();
    let service = service(&folder);
    let within = Duration::from_millis(20);
    let answer = in_time(Arc::clone(&service), stalled(), within);
    let answer = timeout(Duration::from_secs(20), answer).await.expect("it is over");
    check(&answer, Code::DeadlineExceeded);
}

#[tokio::test]
async fn a_request_has_a_place_before_its_body_is_read() {
    let folder = TempDir::new().unwrap();
    let service = service(&folder);
    let places = std::iter::from_fn(|| service.place().ok()).collect::<Vec<_>>();
    let answer = in_time(Arc::clone(&service), stalled(), Duration::from_secs(20));
    check(&answer.await, Code::ResourceExhausted);
    drop(places);
    let answer = in_time(Arc::clone(&service), stalled(), Duration::from_millis(20));
    check(&answer.await, Code::DeadlineExceeded);
    service.place().expect("it is free again");
}
