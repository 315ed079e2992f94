//! Who may reach the gateway at all: its endpoint type, and the networks it serves.
//!
//! API Gateway's private endpoints are reached through an interface of one's own network, and a
//! resource policy says from where. Here the listener is at an address of one's own network, and
//! says itself whom it serves.

use std::net::{IpAddr, SocketAddr};

use tollgate_policy::Invalid;

use crate::local_reply;
use crate::settings::{Address, Settings};
use crate::tls;
use crate::yaml::{Node, map};

/// Every request is compared with each of them.
const MAX_SOURCES: usize = 100;

/// What API Gateway calls `endpointConfiguration.types`. (An edge is a proxy of its own.)
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum EndpointType {
    /// `REGIONAL`: reached by whoever reaches its address.
    Regional,
    /// `PRIVATE`: at no public address, and only for clients with a certificate or from networks
    /// that are named.
    Private,
}

pub(crate) fn check(settings: &Settings) -> Result<(), Invalid> {
    let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
    let sources = &settings.sources;
    if sources.len() > MAX_SOURCES {
        return refuse("sources", format!("has {} networks: at most {MAX_SOURCES}", sources.len()));
    }
    if !sources.is_empty() && matches!(settings.listen, Address::Unix(_)) {
        return refuse("sources", "a Unix socket is reached from no network".to_owned());
    }
    if let Address::Tcp(address) = settings.listen {
        check_bound(address)?;
    }
    if settings.endpoint_type == EndpointType::Regional {
        return Ok(());
    }
    if let Address::Tcp(address) = settings.listen
        && !is_private(address)
    {
        let reason = format!(
            "`{address}` may be reached from outside: a private endpoint listens on this machine \
             (127.0.0.0/8, ::1), in a private network (10.0.0.0/8, 172.16.0.0/12, 192.168.0.0/16, \
             fc00::/7) or on a Unix socket"
        );
        return refuse("listen", reason);
    }
    if let Some(everything) = sources.iter().find(|network| network.is_everything()) {
        return refuse("sources", format!("`{everything}` is every network: name those within"));
    }
    if !tls::requires_certificate(settings) && sources.is_empty() {
        let reason = "a private endpoint must say whom it serves: clients with certificates \
                      (`tls.clients`), networks (`sources`), or both";
        return refuse("endpoint_type", reason.to_owned());
    }
    Ok(())
}

/// An IPv4 address that is written as an IPv6 one is none that Envoy listens on: it would start and
/// end at once.
pub(crate) fn check_bound(address: SocketAddr) -> Result<(), Invalid> {
    match address.ip().to_canonical() {
        IpAddr::V4(ip) if address.is_ipv6() => {
            let reason = format!("`{}` is written for IPv6: use `{ip}`", address.ip());
            Err(Invalid::new("listen", reason))
        }
        _ => Ok(()),
    }
}

/// Whether the internet has no way to an address.
fn is_private(address: SocketAddr) -> bool {
    match address.ip() {
        IpAddr::V4(ip) => ip.is_loopback() || ip.is_private(),
        IpAddr::V6(ip) => ip.is_loopback() || ip.is_unique_local(),
    }
}

/// A filter that serves these networks only.
///
/// INVARIANT: what counts is who connects, which nobody can pretend; not what `x-forwarded-for`
/// says.
pub(crate) fn filter(settings: &Settings) -> Option<Node> {
    let sources = &settings.sources;
    if sources.is_empty() {
        return None;
    }
    let principals: Vec<Node> =
        sources.iter().map(|network| map! { "direct_remote_ip": network.node() }).collect();
    Some(map! {
        "name": "envoy.filters.http.rbac",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.rbac.v3.RBAC",
            "rules": map! {
                "action": "ALLOW",
                "policies": map! {
                    "sources": map! {
                        "permissions": [map! { "any": true }],
                        "principals": principals,
                    },
                },
            },
        },
    })
}

/// Whoever is not served is told what API Gateway tells those whom a resource policy does not allow.
/// Unlike API Gateway, the answer does not name the resource: it is decided before anything is
/// looked for.
pub(crate) fn denial(settings: &Settings) -> Option<Node> {
    if settings.sources.is_empty() {
        return None;
    }
    Some(map! {
        "filter": local_reply::matching("response.code_details.startsWith('rbac_access_denied')"),
        "headers_to_add": [map! {
            "header": map! { "key": "x-amzn-errortype", "value": "AccessDeniedException" },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        }],
        "body_format_override": map! {
            "text_format_source": map! { "inline_string": DENIAL },
            "content_type": "application/json",
        },
    })
}

const DENIAL: &str = "{\"Message\":\"User: anonymous is not authorized to perform: \
                      execute-api:Invoke on resource: execute-api:/*\"}";
