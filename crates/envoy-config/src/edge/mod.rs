//! The edge: a proxy of its own before one or more gateways, as `CloudFront` is before an edge
//! endpoint of API Gateway.
//!
//! It speaks TLS with clients, as HTTP/3, HTTP/2 or HTTP/1.1, compresses, keeps what may be kept, and
//! passes requests on to the first gateway that is well. Gateways know it by its certificate, and so
//! may believe what it says of the client.

mod cache;
mod listener;
mod origins;
mod viewer;

use std::net::{IpAddr, SocketAddr};

use tollgate_policy::{Endpoint, Invalid, Scheme};

use crate::access;
use crate::bootstrap::{address, overload};
use crate::secret::{self, Certificate};
use crate::settings::{AccessLog, Address, check_admin};
use crate::tls::{CERTIFICATE, Clients, Tls};
use crate::yaml::map;
use crate::{MADE_BY, cluster};

/// How an edge runs.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Edge {
    /// Where clients come in.
    pub listen: SocketAddr,
    /// What it proves to clients who it is with.
    pub certificate: Certificate,
    /// Whether it speaks HTTP/3 too.
    pub http3: Http3,
    /// The gateways, the one first that gets the requests as long as it is well. All speak TLS.
    pub origins: Vec<Endpoint>,
    /// A PEM file of the authorities that gateways are certified by.
    pub origin_authorities: String,
    /// What it proves to gateways who it is with.
    pub origin_certificate: Certificate,
    /// How it finds out whether a gateway is well.
    pub health: Health,
    /// What is kept of the answers.
    pub cache: Cache,
    /// Header fields, in lower case, that say who the caller is besides `authorization`, `cookie` and
    /// `x-api-key`. An answer to a request with one is for the caller alone, and never kept.
    pub credential_headers: Vec<String>,
    /// Where the proxy's administration answers: this machine or a Unix socket.
    pub admin: Address,
    /// The folder that holds the files, as the proxy sees it.
    pub directory: String,
    /// The name of this proxy, which clients and gateways see.
    pub node: String,
    /// What is logged of each request.
    pub access_log: AccessLog,
    /// How many connections clients may hold.
    pub max_connections: u32,
    /// How much memory the proxy may take before it refuses requests.
    pub max_heap_bytes: u64,
}

/// Whether an edge speaks HTTP/3.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Http3 {
    /// It does not.
    Off,
    /// It does, and tells clients so: at this port, as they see it.
    At(u16),
}

/// How an edge finds out whether a gateway is well.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It can be connected to, each has the certificate that the other wants, and it answers
    /// something.
    Connection,
    /// It answers `GET` of this path, at the host of its URL, with 200.
    Path(String),
}

/// What is kept of the answers.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Cache {
    /// Nothing.
    Off,
    /// What they say may be kept for everybody, in a folder that is there: Envoy does not make it.
    Folder {
        /// The folder, as the proxy sees it.
        path: String,
        /// How much it may hold.
        max_bytes: u64,
    },
}

/// More gateways than these are a matter for a load balancer.
const MAX_ORIGINS: usize = 16;

/// Gateways are told it with every request, and take only so much: the longest name the DNS has.
const MAX_NODE_BYTES: usize = 253;

/// Each has a route of its own that requests are compared with.
const MAX_CREDENTIAL_HEADERS: usize = 32;

impl Edge {
    /// What the edge needs to run, by the name of the file.
    ///
    /// # Errors
    /// [`Invalid`] for what it could not honour.
    pub fn files(&self) -> Result<Vec<(&'static str, String)>, Invalid> {
        self.check()?;
        Ok(vec![
            ("envoy.yaml", self.bootstrap()),
            (CERTIFICATE, secret::certificate(&self.certificate)),
            (origins::CERTIFICATE, secret::certificate(&self.origin_certificate)),
            (origins::AUTHORITIES, secret::authorities(&self.origin_authorities)),
        ])
    }

    fn bootstrap(&self) -> String {
        map! {
            "node": map! { "id": &self.node, "cluster": "tollgate-edge" },
            "admin": map! {
                "address": address(&self.admin, Some(0o600)),
                /// Reachable when the edge has all the connections it may have.
                "ignore_global_conn_limit": true,
            },
            "static_resources": map! {
                "listeners": listener::all(self),
                "clusters": [origins::cluster(self)],
            },
            "overload_manager": overload(self.max_heap_bytes, self.max_connections),
        }
        .document(MADE_BY)
    }

    /// What it speaks with clients.
    fn tls(&self) -> Tls {
        Tls { certificate: self.certificate.clone(), clients: Clients::Anybody }
    }

    fn check(&self) -> Result<(), Invalid> {
        let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
        access::check_bound(self.listen)?;
        check_admin(&self.admin)?;
        secret::check("certificate", &self.certificate)?;
        secret::check("origin_certificate", &self.origin_certificate)?;
        secret::check_path("origin_authorities", &self.origin_authorities)?;
        if self.directory.is_empty() {
            return refuse("directory", "must not be empty".to_owned());
        }
        if !is_label(&self.node) {
            let reason = format!(
                "`{}` must be up to {MAX_NODE_BYTES} letters, digits, `-` and `.`",
                self.node
            );
            return refuse("node", reason);
        }
        if self.http3 == Http3::At(0) {
            let reason =
                "clients cannot be told of port 0: name the port they see, or switch HTTP/3 off";
            return refuse("http3", reason.to_owned());
        }
        if self.origins.is_empty() || self.origins.len() > MAX_ORIGINS {
            let reason = format!("there must be one to {MAX_ORIGINS}, not {}", self.origins.len());
            return refuse("origins", reason);
        }
        for (index, origin) in self.origins.iter().enumerate() {
            let field = format!("origins.{index}");
            if origin.scheme != Scheme::Https {
                let reason = format!("`{origin}` is reached in the clear: use `https`");
                return refuse(&field, reason);
            }
            if !cluster::is_name(&origin.host) {
                return refuse(&field, format!("`{origin}` has no certificate with such a name"));
            }
            if self.origins.iter().take(index).any(|earlier| earlier == origin) {
                return refuse(&field, format!("`{origin}` is there already"));
            }
        }
        if let Health::Path(path) = &self.health
            && !(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()))
        {
            return refuse("health", format!("`{path}` must be a path, from `/` on"));
        }
        self.check_cache()
    }

    fn check_cache(&self) -> Result<(), Invalid> {
        if let Cache::Folder { path, max_bytes } = &self.cache {
            secret::check_path("cache.path", path)?;
            if *max_bytes < cache::MAX_ENTRY_BYTES {
                let reason = format!("must be {} bytes at least", cache::MAX_ENTRY_BYTES);
                return Err(Invalid::new("cache.max_bytes", reason));
            }
        }
        let names = &self.credential_headers;
        if names.len() > MAX_CREDENTIAL_HEADERS {
            let reason = format!("has {} names: at most {MAX_CREDENTIAL_HEADERS}", names.len());
            return Err(Invalid::new("credential_headers", reason));
        }
        match names.iter().find(|name| !is_header(name)) {
            Some(name) => {
                let reason = format!("`{name}` must be the name of a header field, in lower case");
                Err(Invalid::new("credential_headers", reason))
            }
            None => Ok(()),
        }
    }

    /// Whether nothing has to be looked up to reach the gateways.
    fn has_only_addresses(&self) -> bool {
        self.origins.iter().all(|origin| origin.host.parse::<IpAddr>().is_ok())
    }
}

fn is_label(text: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
    (1..=MAX_NODE_BYTES).contains(&text.len()) && text.bytes().all(plain)
}

fn is_header(name: &str) -> bool {
    let plain = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
    !name.is_empty() && name.bytes().all(plain)
}
