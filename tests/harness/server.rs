//! A server inside the test process, on a thread of its own.

use std::net::{SocketAddr, TcpListener};
use std::sync::mpsc;
use std::thread::{self, JoinHandle};

use axum::Router;
use tokio::sync::oneshot;

/// A server, until it is dropped: then it closes its port and every connection.
#[derive(Debug)]
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Starts on any port.
    pub(crate) fn start(router: Router) -> Self {
        Self::start_at(SocketAddr::from(([127, 0, 0, 1], 0)), router)
    }

    /// Starts on a port that was this test's before.
    pub(crate) fn start_at(address: SocketAddr, router: Router) -> Self {
        let (stop, stopped) = oneshot::channel();
        let (started, start) = mpsc::channel();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = listen(address);
                started.send(listener.local_addr().expect("an address")).expect("a receiver");
                tokio::select! {
                    ended = axum::serve(listener, router).into_future() => ended.expect("a server"),
                    // Whoever waits on a connection is dropped with the runtime.
                    _ = stopped => {}
                }
            });
        });
        let address = start.recv().expect("a server that starts");
        Self { address, stop: Some(stop), thread: Some(thread) }
    }
}

fn listen(address: SocketAddr) -> tokio::net::TcpListener {
    let listener = TcpListener::bind(address).expect("a port");
    listener.set_nonblocking(true).expect("a listener that does not block");
    tokio::net::TcpListener::from_std(listener).expect("a listener")
}

impl Drop for Server {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported there.
            let _ = thread.join();
        }
    }
}
