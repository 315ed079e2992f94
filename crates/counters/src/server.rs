//! Connections: HTTP/1.1 and HTTP/2 in the clear on one port, and no more than there is room for.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

/// How many connections are served at once. Every worker of every proxy keeps one.
const MAX_CONNECTIONS: usize = 1_024;
/// How many requests may be under way on one connection: as many as a worker has at a time.
const MAX_STREAMS: u32 = 1_024;
/// How large the header fields of a request may be, in bytes.
const MAX_HEADER_BYTES: u32 = 16 << 10;
/// How long a client may take until its first request is here, and to send the head of a later one
/// in HTTP/1.1. In HTTP/2 it may be silent after the first, as proxies' connections often are.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How often a connection that says nothing is asked whether it is still there.
const ALIVE: Duration = Duration::from_secs(30);
/// How long what is under way may take once the server is to stop.
const STOP_TIME: Duration = Duration::from_secs(5);

/// What connections are made with.
fn builder() -> Builder<TokioExecutor> {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(ALIVE);
    builder
}

/// Serves until told to stop, and then finishes what is under way.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let builder = Arc::new(builder());
    let places = Arc::new(Semaphore::new(MAX_CONNECTIONS));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        while connections.try_join_next().is_some() {}
        let accepted = tokio::select! {
            accepted = accept(&listener, &places) => accepted,
            _ = stop.wait_for(|stop| *stop) => break,
        };
        let Some((stream, place)) = accepted else { continue };
        // A lease is one small message each way: it must not wait for more to send.
        let _ = stream.set_nodelay(true);
        let (router, builder) = (router.clone(), Arc::clone(&builder));
        let watcher = graceful.watcher();
        connections.spawn(async move {
            converse(stream, router, &builder, watcher, HEAD_TIME).await;
            drop(place);
        });
    }
    drop(listener);
    // Whoever takes longer is cut off.
    let _ = timeout(STOP_TIME, graceful.shutdown()).await;
    connections.shutdown().await;
}

/// Serves one connection until its client ends it, whose first request must be here in time. The
/// first bytes may be few: they tell HTTP/2 from HTTP/1.1, and nobody else waits for them with a
/// limit.
async fn converse(
    stream: TcpStream,
    router: Router,
    builder: &Builder<TokioExecutor>,
    watcher: Watcher,
    within: Duration,
) {
    let asked = Arc::new(Notify::new());
    let (asks, router) = (Arc::clone(&asked), TowerToHyperService::new(router));
    let service = service_fn(move |request| {
        asks.notify_one();
        router.call(request)
    });
    let connection = builder.serve_connection(TokioIo::new(stream), service);
    let mut connection = pin!(watcher.watch(connection.into_owned()));
    tokio::select! {
        // However a client ends its connection, there is nobody left to tell.
        _ = &mut connection => return,
        asked = timeout(within, asked.notified()) => if asked.is_err() { return },
    }
    let _ = connection.await;
}

/// Takes a connection when there is a place for it.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> Option<(TcpStream, tokio::sync::OwnedSemaphorePermit)> {
    let place = Arc::clone(places).acquire_owned().await.ok()?;
    if let Ok((stream, _)) = listener.accept().await {
        return Some((stream, place));
    }
    // The machine has no more file descriptors, or the client has gone. To ask again at once could
    // go on for ever.
    let mut pause = interval(Duration::from_millis(50));
    pause.tick().await;
    pause.tick().await;
    None
}

#[cfg(test)]
mod tests;
