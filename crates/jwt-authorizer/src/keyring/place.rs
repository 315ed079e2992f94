//! Where an issuer's keys are, and what to ask for there.

use std::time::Duration;

use serde::Deserialize;
use tollgate_policy::{Call, Endpoint, Headers, Invalid, Response, Scheme};

use crate::config::{Discovery, JwksUri};

/// API Gateway's own time limit for a discovery document and for a key set.
pub(super) const TIMEOUT: Duration = Duration::from_millis(1_500);

/// The most other hosts an issuer's keys may lie on.
const MAX_JWKS_HOSTS: usize = 5;

/// The most bytes a discovery document may have. Real ones have a few thousand.
const MAX_DISCOVERY_BYTES: usize = 100_000;

/// Something to fetch: which cluster to ask, and for what.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    cluster: String,
    authority: String,
    path: String,
}

impl Target {
    fn new(endpoint: &Endpoint, cluster: Option<&String>, path: String) -> Self {
        let cluster = cluster.cloned().unwrap_or_else(|| endpoint.cluster());
        Self { cluster, authority: endpoint.authority(), path }
    }

    pub(super) fn call(&self) -> Call {
        let headers = Headers::from_iter([
            (":method", "GET"),
            (":path", &self.path),
            (":authority", &self.authority),
            ("accept", "application/json"),
            ("user-agent", "tollgate"),
        ]);
        Call { cluster: self.cluster.clone(), headers, body: Vec::new(), timeout: TIMEOUT }
    }
}

/// Where an issuer's keys are.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// At the `jwks_uri` of a discovery document.
    Discovered {
        document: Target,
        issuer: String,
        /// Where the `jwks_uri` may lie, and by which cluster that is reached.
        allowed: Vec<(Endpoint, String)>,
    },
    /// At a known address.
    Known(Target),
}

impl Place {
    pub(super) fn discovered(issuer: &str, config: &Discovery) -> Result<Self, Invalid> {
        let at_issuer = |invalid: Invalid| invalid.within("issuer");
        let (endpoint, path) = Endpoint::split(issuer).map_err(at_issuer)?;
        protected(&endpoint, config.plain_http, "keys.discovery").map_err(at_issuer)?;
        if path.contains('?') {
            return Err(Invalid::new("issuer", format!("`{issuer}` has a query")));
        }
        sendable(path).map_err(at_issuer)?;
        if config.jwks_hosts.len() > MAX_JWKS_HOSTS {
            let reason = format!("must not be more than {MAX_JWKS_HOSTS}");
            return Err(Invalid::new("keys.discovery.jwks_hosts", reason));
        }
        let path = format!("{}/.well-known/openid-configuration", path.trim_end_matches('/'));
        let document = Target::new(&endpoint, config.cluster.as_ref(), path);
        let mut allowed = vec![(endpoint, document.cluster.clone())];
        for (index, host) in config.jwks_hosts.iter().enumerate() {
            let at =
                |invalid: Invalid| invalid.within(format!("keys.discovery.jwks_hosts[{index}]"));
            let (endpoint, path) = Endpoint::split(host).map_err(at)?;
            if !matches!(path, "" | "/") {
                return Err(at(Invalid::new("", format!("`{host}` must have no path"))));
            }
            protected(&endpoint, config.plain_http, "keys.discovery").map_err(at)?;
            let cluster = endpoint.cluster();
            allowed.push((endpoint, cluster));
        }
        Ok(Self::Discovered { document, issuer: issuer.to_owned(), allowed })
    }

    pub(super) fn known(config: &JwksUri) -> Result<Self, Invalid> {
        let at = |invalid: Invalid| invalid.within("keys.jwks_uri.uri");
        let (endpoint, path) = Endpoint::split(&config.uri).map_err(at)?;
        protected(&endpoint, config.plain_http, "keys.jwks_uri").map_err(at)?;
        sendable(path).map_err(at)?;
        let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
        Ok(Self::Known(Target::new(&endpoint, config.cluster.as_ref(), path)))
    }

    /// A name for the place, for memory that is shared. Whoever shares it fetches the same, and
    /// trusts the same hosts.
    pub(super) fn name(&self) -> String {
        match self {
            Self::Known(Target { cluster, authority, path }) => {
                format!("{cluster}|{authority}|{path}")
            }
            Self::Discovered { document: Target { cluster, .. }, issuer, allowed } => {
                let hosts: Vec<_> = allowed.iter().map(|(host, _)| host.to_string()).collect();
                format!("{cluster}|{issuer}|{}", hosts.join(" "))
            }
        }
    }
}

/// What this service needs of a discovery document, OpenID Connect Discovery 1.0 section 3.
#[derive(Deserialize)]
struct Document {
    issuer: String,
    jwks_uri: String,
}

/// Where the keys are, by a discovery document.
pub(super) fn jwks_target(
    issuer: &str,
    allowed: &[(Endpoint, String)],
    reply: &Response,
) -> Result<Target, String> {
    let body = body(reply)?;
    if body.len() > MAX_DISCOVERY_BYTES {
        return Err(format!("the document is larger than {MAX_DISCOVERY_BYTES} bytes"));
    }
    let document: Document = serde_json::from_slice(body)
        .map_err(|_| "the document is not JSON with `issuer` and `jwks_uri`".to_owned())?;
    if document.issuer != issuer {
        return Err("the document is about another issuer".to_owned());
    }
    let (endpoint, path) = Endpoint::split(&document.jwks_uri)
        .ok()
        .filter(|(_, path)| is_sendable(path))
        .ok_or("its `jwks_uri` is not an http or https URL")?;
    match allowed.iter().find(|(allowed, _)| *allowed == endpoint) {
        Some((_, cluster)) => {
            let path = if path.starts_with('/') { path.to_owned() } else { format!("/{path}") };
            Ok(Target::new(&endpoint, Some(cluster), path))
        }
        None => Err(format!(
            "its `jwks_uri` lies at `{endpoint}`, which is not the issuer's own host: \
             name it in `jwks_hosts` to allow it"
        )),
    }
}

/// The body of a reply that is one.
pub(super) fn body(reply: &Response) -> Result<&[u8], String> {
    match reply.status {
        200 => Ok(&reply.body),
        status @ 300..=399 => {
            Err(format!("the answer is {status}, and redirects are not followed"))
        }
        status => Err(format!("the answer is {status}")),
    }
}

/// Whether a path can be sent as it is: a space or a control character would end it early.
fn is_sendable(path: &str) -> bool {
    path.bytes().all(|byte| byte.is_ascii_graphic())
}

fn sendable(path: &str) -> Result<(), Invalid> {
    if is_sendable(path) {
        return Ok(());
    }
    let reason = format!("`{}` has characters that must be percent-encoded", path.escape_debug());
    Err(Invalid::new("", reason))
}

fn protected(endpoint: &Endpoint, plain_http: bool, field: &str) -> Result<(), Invalid> {
    if endpoint.scheme == Scheme::Https || endpoint.is_loopback() || plain_http {
        return Ok(());
    }
    Err(Invalid::new(
        "",
        format!(
            "`{endpoint}` is reached in the clear, where whoever is on the way can forge keys: use \
             `https`, or allow it with `{field}.plain_http`"
        ),
    ))
}
