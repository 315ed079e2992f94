//! A server that takes TLS off and hands what is in it to another.

use std::net::{SocketAddr, TcpListener};
use std::pin::Pin;
use std::sync::{Arc, Mutex};
use std::thread::{self, JoinHandle};

use openssl::ssl::{AlpnError, Ssl, SslAcceptor, SslMethod, select_next_proto};
use tokio::io::copy_bidirectional;
use tokio::net::TcpStream;
use tokio::sync::oneshot;
use tokio_openssl::SslStream;

use crate::Identity;

/// A server over TLS, until it is dropped.
#[derive(Debug)]
pub struct Terminator {
    address: SocketAddr,
    agreed: Arc<Mutex<Vec<String>>>,
    stop: Option<oneshot::Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

impl Terminator {
    /// Proves by a certificate who it is, agrees on the first of these protocols that the client speaks,
    /// and hands on to a server that tells them apart.
    ///
    /// # Panics
    /// If it cannot start.
    #[must_use]
    pub fn start(identity: &Identity, protocols: &[&str], server: SocketAddr) -> Self {
        let acceptor = acceptor(identity, protocols);
        let listener = TcpListener::bind("127.0.0.1:0").expect("a port");
        let address = listener.local_addr().expect("an address");
        listener.set_nonblocking(true).expect("a listener that does not block");
        let agreed = Arc::new(Mutex::new(Vec::new()));
        let (stop, stopped) = oneshot::channel();
        let seen = agreed.clone();
        let thread = thread::spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            runtime.expect("a runtime").block_on(async {
                let listener = tokio::net::TcpListener::from_std(listener).expect("a listener");
                tokio::select! {
                    () = serve(listener, acceptor, seen, server) => {}
                    _ = stopped => {}
                }
            });
        });
        Self { address, agreed, stop: Some(stop), thread: Some(thread) }
    }

    /// Its URL, with a path or template after it.
    #[must_use]
    pub fn url(&self, path: &str) -> String {
        format!("https://{}{path}", self.address)
    }

    /// What was agreed on, of each connection that has shaken hands.
    ///
    /// # Panics
    /// If the server has panicked.
    #[must_use]
    pub fn agreed(&self) -> Vec<String> {
        self.agreed.lock().expect("a server that works").clone()
    }
}

fn acceptor(identity: &Identity, protocols: &[&str]) -> SslAcceptor {
    let mut builder = SslAcceptor::mozilla_intermediate_v5(SslMethod::tls()).expect("TLS");
    builder.set_certificate(&identity.certificate).expect("a certificate");
    builder.set_private_key(&identity.key).expect("a key");
    let mut known = Vec::new();
    for protocol in protocols {
        known.push(u8::try_from(protocol.len()).expect("a short name"));
        known.extend_from_slice(protocol.as_bytes());
    }
    // What is chosen must live as long as the connection may.
    let known: &'static [u8] = Vec::leak(known);
    builder.set_alpn_select_callback(|_, offered| {
        select_next_proto(known, offered).ok_or(AlpnError::NOACK)
    });
    builder.build()
}

async fn serve(
    listener: tokio::net::TcpListener,
    acceptor: SslAcceptor,
    agreed: Arc<Mutex<Vec<String>>>,
    server: SocketAddr,
) {
    loop {
        let Ok((client, _)) = listener.accept().await else { return };
        let ssl = Ssl::new(acceptor.context()).expect("a connection");
        let agreed = agreed.clone();
        tokio::spawn(async move {
            let mut client = SslStream::new(ssl, client).ok()?;
            Pin::new(&mut client).accept().await.ok()?;
            let protocol = client.ssl().selected_alpn_protocol().unwrap_or_default();
            let protocol = String::from_utf8_lossy(protocol).into_owned();
            agreed.lock().ok()?.push(protocol);
            let mut server = TcpStream::connect(server).await.ok()?;
            copy_bidirectional(&mut client, &mut server).await.ok()
        });
    }
}

impl Drop for Terminator {
    fn drop(&mut self) {
        self.stop = None;
        if let Some(thread) = self.thread.take() {
            // A panic over there has been reported there.
            let _ = thread.join();
        }
    }
}
