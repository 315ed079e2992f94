//! TLS on a listener: what it is certified by, and which clients it lets in.

use std::net::IpAddr;
use std::time::Duration;

use tollgate_policy::Invalid;

use crate::secret::{self, Certificate};
use crate::settings::Settings;
use crate::yaml::{Node, map};

/// How long a client may take to shake hands.
pub(crate) const HANDSHAKE: Duration = Duration::from_secs(10);

/// The longest chain API Gateway takes is 4 certificates, the client's and the root included.
const MAX_INTERMEDIATES: u32 = 2;

/// How many names clients may be certified for. Every handshake compares them one by one.
const MAX_NAMES: usize = 100;

/// The file by which Envoy finds the listener's certificate.
pub(crate) const CERTIFICATE: &str = "certificate.yaml";

/// The file by which Envoy finds the authorities of clients.
pub(crate) const CLIENT_AUTHORITIES: &str = "client-authorities.yaml";

/// A listener that speaks TLS, 1.2 or later. The files are watched: certificates that are replaced
/// take effect without a restart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tls {
    /// What the listener is certified by.
    pub certificate: Certificate,
    /// Which clients it lets in.
    pub clients: Clients,
}

/// Which clients a listener lets in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Clients {
    /// All of them.
    Anybody,
    /// Those with a certificate (mutual TLS). Others get no answer: the handshake fails.
    Certified {
        /// A PEM file of the authorities that clients are certified by, as the proxy sees it.
        authorities: String,
        /// The names of which a client's certificate must have one: DNS names, addresses, or URIs such
        /// as `spiffe://example.com/edge`. With none every certificate of the authorities will do.
        names: Vec<String>,
    },
}

pub(crate) fn check(tls: &Tls) -> Result<(), Invalid> {
    secret::check("tls.certificate", &tls.certificate)?;
    let Clients::Certified { authorities, names } = &tls.clients else { return Ok(()) };
    secret::check_path("tls.clients.authorities", authorities)?;
    if names.len() > MAX_NAMES {
        let reason = format!("has {} names: at most {MAX_NAMES}", names.len());
        return Err(Invalid::new("tls.clients.names", reason));
    }
    match names.iter().find(|name| !is_exact(name)) {
        Some(name) => {
            let reason = format!(
                "`{name}` must be an address, or the whole of a DNS name or of a URI such as \
                 `spiffe://a/b`"
            );
            Err(Invalid::new("tls.clients.names", reason))
        }
        None => Ok(()),
    }
}

/// Whether it is a name that a certificate can have, and no pattern: `*` would be taken literally.
fn is_exact(name: &str) -> bool {
    name.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'*')
        && match name.split_once("://") {
            Some((scheme, rest)) => !scheme.is_empty() && !rest.is_empty(),
            None => crate::cluster::is_name(name),
        }
}

/// The files by which Envoy finds certificates, by name.
pub(crate) fn secrets(tls: &Tls) -> Vec<(&'static str, String)> {
    let mut files = vec![(CERTIFICATE, secret::certificate(&tls.certificate))];
    if let Clients::Certified { authorities, .. } = &tls.clients {
        files.push((CLIENT_AUTHORITIES, secret::authorities(authorities)));
    }
    files
}

/// What a listener on TCP speaks.
pub(crate) fn transport(tls: &Tls, directory: &str) -> Node {
    map! {
        "name": "envoy.transport_sockets.tls",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.DownstreamTlsContext",
            /// Without a certificate there is no connection.
            "require_client_certificate": is_certified(tls),
            "common_tls_context": context(tls, &["h2", "http/1.1"], directory),
        },
    }
}

/// What a listener on QUIC speaks.
pub(crate) fn quic(tls: &Tls, directory: &str) -> Node {
    map! {
        "name": "envoy.transport_sockets.quic",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.quic.v3.QuicDownstreamTransport",
            "downstream_tls_context": map! {
                "require_client_certificate": is_certified(tls),
                "common_tls_context": context(tls, &["h3"], directory),
            },
            /// A request that comes with the handshake could be sent again by somebody else.
            "enable_early_data": false,
        },
    }
}

/// Whether every client has a certificate.
pub(crate) fn requires_certificate(settings: &Settings) -> bool {
    settings.tls.as_ref().is_some_and(is_certified)
}

fn is_certified(tls: &Tls) -> bool {
    match tls.clients {
        Clients::Anybody => false,
        Clients::Certified { .. } => true,
    }
}

/// How a listener proves who it is, and has clients prove it.
fn context(tls: &Tls, alpn: &[&str], directory: &str) -> Node {
    let names = match &tls.clients {
        Clients::Anybody => None,
        Clients::Certified { names, .. } => Some(names),
    };
    map! {
        "tls_params": versions(),
        "alpn_protocols": alpn.iter().map(|name| Node::from(*name)).collect::<Vec<_>>(),
        "tls_certificate_sds_secret_configs": [secret::reference(CERTIFICATE, directory)],
        "combined_validation_context": names.map(|names| map! {
            "default_validation_context": map! {
                "max_verify_depth": MAX_INTERMEDIATES,
                "match_typed_subject_alt_names": any_of(names),
            },
            "validation_context_sds_secret_config":
                secret::reference(CLIENT_AUTHORITIES, directory),
        }),
    }
}

pub(crate) fn versions() -> Node {
    map! { "tls_minimum_protocol_version": "TLSv1_2", "tls_maximum_protocol_version": "TLSv1_3" }
}

fn any_of(names: &[String]) -> Option<Node> {
    let matcher = |name: &String| {
        let (kind, name) = subject(name);
        map! { "san_type": kind, "matcher": map! { "exact": name } }
    };
    let matchers: Vec<_> = names.iter().map(matcher).collect();
    (!matchers.is_empty()).then(|| matchers.into())
}

/// What kind of name a certificate has it as, and how Envoy writes it.
pub(crate) fn subject(name: &str) -> (&'static str, String) {
    if let Ok(address) = name.parse::<IpAddr>() {
        return ("IP_ADDRESS", address.to_string());
    }
    match name.contains("://") {
        true => ("URI", name.to_owned()),
        false => ("DNS", name.to_ascii_lowercase()),
    }
}
