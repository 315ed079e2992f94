//! What the operator decides about a proxy, as opposed to about its APIs.

use std::net::SocketAddr;

use tollgate_policy::{Endpoint, Invalid};

use crate::access::{self, EndpointType};
use crate::keys;
use crate::network::Network;
use crate::tls::{self, Tls};

/// How a proxy runs. The default is a gateway for this machine only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Settings {
    /// Where requests come in. `127.0.0.1:8080` by default.
    pub listen: Address,
    /// Whether requests come in over TLS. They do not by default, which is for this machine, or for
    /// a load balancer before the proxy that speaks TLS itself.
    pub tls: Option<Tls>,
    /// Who may reach the gateway at all. Regional by default.
    pub endpoint_type: EndpointType,
    /// The networks that clients connect from; others are told 403. All of them where none is
    /// named, the default.
    pub sources: Vec<Network>,
    /// Where the proxy's administration answers: this machine or a Unix socket, for whoever reaches
    /// it can stop the proxy. `127.0.0.1:9901` by default.
    pub admin: Address,
    /// The folder that holds the files and `gateway.wasm`, as the proxy sees it.
    /// `/etc/tollgate` by default.
    pub directory: String,
    /// The name of this proxy, in its logs and statistics. `tollgate` by default.
    pub node: String,
    /// A PEM file of the certificate authorities that services may be certified by.
    /// `/etc/ssl/certs/ca-certificates.crt` by default.
    ///
    /// To trust an authority of one's own as well, make a file of both.
    pub authorities: String,
    /// How many proxies of one's own stand before this one, each appending to `x-forwarded-for`.
    /// With 0, the default, the client is whoever connects.
    ///
    /// Whoever connects is believed then, so nobody else should be able to: see [`Tls::clients`].
    pub trusted_hops: u32,
    /// What becomes of header fields with `_` in their names. They are dropped by default.
    pub underscores: Underscores,
    /// What Envoy itself logs of each request. Nothing by default.
    pub access_log: AccessLog,
    /// Where the lines go that stages log. Standard output by default.
    pub log_destination: LogDestination,
    /// Where API keys come from that are not in the definition. Nowhere by default.
    pub keys: Keys,
    /// Where the server is that counts quotas, and what a fleet shares. A definition that has something
    /// counted needs it. Nowhere by default.
    pub counters: Option<Endpoint>,
    /// How many connections clients may hold. 10,000 by default.
    pub max_connections: u32,
    /// How much memory the proxy may take before it refuses requests. 1 GiB by default.
    pub max_heap_bytes: u64,
}

impl Default for Settings {
    fn default() -> Self {
        Self {
            listen: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 8080))),
            tls: None,
            endpoint_type: EndpointType::Regional,
            sources: Vec::new(),
            admin: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 9901))),
            directory: "/etc/tollgate".to_owned(),
            node: "tollgate".to_owned(),
            authorities: "/etc/ssl/certs/ca-certificates.crt".to_owned(),
            trusted_hops: 0,
            underscores: Underscores::Drop,
            access_log: AccessLog::Off,
            log_destination: LogDestination::Stdout,
            keys: Keys::None,
            counters: None,
            max_connections: 10_000,
            max_heap_bytes: 1 << 30,
        }
    }
}

/// Where a server listens.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Address {
    /// An IP address and a port; port 0 for any that is free.
    Tcp(SocketAddr),
    /// The path of a Unix socket.
    Unix(String),
}

/// What becomes of header fields with `_` in their names.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Underscores {
    /// They are dropped. Unlike API Gateway, which passes them on: many services cannot tell
    /// `x_user` from `x-user`, and the latter may be what the gateway says of the caller.
    Drop,
    /// They are passed on, for services that can tell.
    Keep,
}

/// What is logged of each request.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AccessLog {
    /// Nothing.
    Off,
    /// A line of JSON on standard output. No query string and no header: they may hold credentials.
    Stdout,
}

/// Where the lines go that stages log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum LogDestination {
    /// Standard output.
    Stdout,
    /// The file of this path, as the proxy sees it, which is appended to.
    File(String),
}

/// Where API keys come from that are not in the definition.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keys {
    /// From nowhere.
    None,
    /// From the folder `keys` in the proxy's folder, which the proxy serves to itself. It must be
    /// able to make a socket in its folder.
    Folder,
}

impl Settings {
    /// The path of a file in the proxy's folder.
    pub(crate) fn path(&self, file: &str) -> String {
        within(&self.directory, file)
    }

    pub(crate) fn check(&self) -> Result<(), Invalid> {
        check_admin(&self.admin)?;
        for (field, value) in [
            ("directory", &self.directory),
            ("node", &self.node),
            ("authorities", &self.authorities),
        ] {
            if value.is_empty() {
                return Err(Invalid::new(field, "must not be empty"));
            }
        }
        if self.keys == Keys::Folder {
            keys::check(self)?;
        }
        if let Some(tls) = &self.tls {
            tls::check(tls)?;
        }
        access::check(self)
    }
}

/// Whoever reaches the administration can stop the proxy.
pub(crate) fn check_admin(admin: &Address) -> Result<(), Invalid> {
    match admin {
        Address::Tcp(address) if !address.ip().is_loopback() => Err(Invalid::new(
            "admin",
            format!("`{address}` is not on this machine: whoever reaches it can stop the proxy"),
        )),
        Address::Tcp(_) | Address::Unix(_) => Ok(()),
    }
}

/// The path of a file in a folder.
pub(crate) fn within(directory: &str, file: &str) -> String {
    format!("{}/{file}", directory.trim_end_matches('/'))
}
