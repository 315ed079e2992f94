//! A client that speaks TLS.

use std::io::{self, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::time::Duration;

use openssl::ssl::{SslConnector, SslMethod, SslVersion};

use crate::certificates::serial;
use crate::http::read_answer;
use crate::{Answer, Authority, Identity, Request};

/// How long a client waits for bytes.
const PATIENCE: Duration = Duration::from_secs(20);

/// A client that trusts one authority.
#[derive(Clone, Debug)]
pub struct Secure {
    authority: openssl::x509::X509,
    identity: Option<Identity>,
    newest: SslVersion,
    alpn: &'static [u8],
    name: &'static str,
}

/// What a client has learned of a server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Handshake {
    /// The protocol they have agreed on.
    pub alpn: Option<String>,
    /// The version of TLS.
    pub version: String,
    /// The serial number of the server's certificate.
    pub serial: String,
}

impl Secure {
    /// A client that trusts an authority and expects a server of the name `gw.example`.
    #[must_use]
    pub fn new(authority: &Authority) -> Self {
        Self {
            authority: authority.certificate.clone(),
            identity: None,
            newest: SslVersion::TLS1_3,
            alpn: b"\x08http/1.1",
            name: "gw.example",
        }
    }

    /// A client with a certificate.
    #[must_use]
    pub fn with(mut self, identity: &Identity) -> Self {
        self.identity = Some(identity.clone());
        self
    }

    /// A client that speaks no newer TLS than this.
    #[must_use]
    pub const fn at_most(mut self, newest: SslVersion) -> Self {
        self.newest = newest;
        self
    }

    /// A client that would rather speak HTTP/2.
    #[must_use]
    pub const fn offering_http2(mut self) -> Self {
        self.alpn = b"\x02h2\x08http/1.1";
        self
    }

    /// Sends a request over a connection of its own.
    ///
    /// # Panics
    /// If there is no answer.
    #[track_caller]
    pub fn send(&self, address: impl Into<SocketAddr>, request: Request) -> Answer {
        self.try_send(address, request).expect("an answer")
    }

    /// Sends a request over a connection of its own, if there is an answer.
    ///
    /// # Errors
    /// If either side does not let the other in, or what comes is no answer.
    pub fn try_send(&self, address: impl Into<SocketAddr>, request: Request) -> io::Result<Answer> {
        let mut stream = self.connect(address.into())?;
        let is_head = request.is_head();
        stream.write_all(&request.into_bytes())?;
        read_answer(&mut BufReader::new(stream), is_head)
    }

    /// Shakes hands.
    ///
    /// # Errors
    /// If either side does not let the other in. With TLS 1.3 a server may say so only later.
    pub fn shake_hands(&self, address: impl Into<SocketAddr>) -> io::Result<Handshake> {
        let stream = self.connect(address.into())?;
        let ssl = stream.ssl();
        let certificate = ssl.peer_certificate().ok_or(io::ErrorKind::InvalidData)?;
        let alpn = ssl.selected_alpn_protocol();
        Ok(Handshake {
            alpn: alpn.map(|alpn| String::from_utf8_lossy(alpn).into_owned()),
            version: ssl.version_str().to_owned(),
            serial: serial(&certificate),
        })
    }

    fn connect(&self, address: SocketAddr) -> io::Result<openssl::ssl::SslStream<TcpStream>> {
        let stream = TcpStream::connect_timeout(&address, PATIENCE)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        stream.set_write_timeout(Some(PATIENCE))?;
        let mut builder = SslConnector::builder(SslMethod::tls_client())?;
        builder.cert_store_mut().add_cert(self.authority.clone())?;
        // The system's own setting would forbid the old versions that must be refused by the server.
        builder.set_security_level(0);
        builder.set_min_proto_version(None)?;
        builder.set_max_proto_version(Some(self.newest))?;
        builder.set_alpn_protos(self.alpn)?;
        if let Some(identity) = &self.identity {
            builder.set_certificate(&identity.certificate)?;
            builder.set_private_key(&identity.key)?;
        }
        builder.build().connect(self.name, stream).map_err(io::Error::other)
    }
}
