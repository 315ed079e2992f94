//! Connections: HTTP/1.1 and HTTP/2 in the clear on one port, and no more than there is room for.

use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use hyper_util::rt::{TokioExecutor, TokioIo, TokioTimer};
use hyper_util::server::conn::auto::Builder;
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Semaphore, watch};
use tokio::task::JoinSet;
use tokio::time::{interval, timeout};

/// How many connections are served at once. Every worker of every proxy keeps one.
const MAX_CONNECTIONS: usize = 1_024;
/// How many requests may be under way on one connection: as many as a worker has at a time.
const MAX_STREAMS: u32 = 1_024;
/// How large the header fields of a request may be, in bytes.
const MAX_HEADER_BYTES: u32 = 16 << 10;
/// How long a client may take to say anything, and to send the head of a request in HTTP/1.1.
const HEAD_TIME: Duration = Duration::from_secs(10);
/// How often a connection that says nothing is asked whether it is still there.
const ALIVE: Duration = Duration::from_secs(30);
/// How long what is under way may take once the server is to stop.
const STOP_TIME: Duration = Duration::from_secs(5);

/// Serves until told to stop, and then finishes what is under way.
pub async fn serve(listener: TcpListener, router: Router, mut stop: watch::Receiver<bool>) {
    let mut builder = Builder::new(TokioExecutor::new());
    builder.http1().timer(TokioTimer::new()).header_read_timeout(HEAD_TIME);
    builder
        .http2()
        .timer(TokioTimer::new())
        .max_concurrent_streams(MAX_STREAMS)
        .max_header_list_size(MAX_HEADER_BYTES)
        .keep_alive_interval(ALIVE);
    let builder = Arc::new(builder);
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
            if !matches!(timeout(HEAD_TIME, stream.readable()).await, Ok(Ok(()))) {
                return;
            }
            let service = TowerToHyperService::new(router);
            let connection = builder.serve_connection(TokioIo::new(stream), service);
            // However a client ends its connection, there is nobody left to tell.
            let _ = watcher.watch(connection.into_owned()).await;
            drop(place);
        });
    }
    drop(listener);
    // Whoever takes longer is cut off.
    let _ = timeout(STOP_TIME, graceful.shutdown()).await;
    connections.shutdown().await;
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
