//! `clusters.yaml`: the services the gateway reaches.

use std::collections::BTreeSet;
use std::net::IpAddr;
use std::time::Duration;

use tollgate_gateway::{Definition, HttpVersion, Upstream, Verification, upstreams};
use tollgate_policy::{Endpoint, Invalid, Scheme};

use crate::MADE_BY;
use crate::listener::WINDOW_BYTES;
use crate::settings::Settings;
use crate::yaml::{Node, map};
use crate::{tls, transfer};

/// How many requests may be under way to one service, from all workers together: API Gateway's
/// limit for an account is as many in a second.
const MAX_REQUESTS: u32 = 10_000;

/// The cluster of the server that counts.
pub const COUNTERS: &str = "tollgate.counters";

pub(crate) fn document<'a>(
    definitions: impl IntoIterator<Item = &'a Definition>,
    settings: &Settings,
) -> Result<String, Invalid> {
    let mut all = BTreeSet::new();
    let mut counts = false;
    for definition in definitions {
        all.extend(upstreams(definition)?);
        counts |= needs_counters(definition, settings)?;
    }
    let resources = all.iter().map(|upstream| cluster(upstream, settings));
    let mut resources: Vec<Node> = resources.collect::<Result<_, _>>()?;
    if let Some(endpoint) = settings.counters.as_ref().filter(|_| counts) {
        resources.push(counters(endpoint, settings)?);
    }
    Ok(map! { "resources": resources }.document(MADE_BY))
}

fn cluster(upstream: &Upstream, settings: &Settings) -> Result<Node, Invalid> {
    let endpoint = &upstream.endpoint;
    let is_address = endpoint.host.parse::<IpAddr>().is_ok();
    let spoken = Spoken::to(upstream);
    let alpn: &[&str] = match spoken {
        Spoken::Agreed => &["h2", "http/1.1"],
        Spoken::Http1 => &["http/1.1"],
        Spoken::Http2 => &["h2"],
    };
    Ok(map! {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": &upstream.cluster,
        "alt_stat_name": stat_name(upstream),
        "type": is_address.then(|| "STATIC".into()),
        "cluster_type": (!is_address).then(dns),
        "connect_timeout": Duration::from_secs(5),
        "per_connection_buffer_limit_bytes": WINDOW_BYTES,
        "lb_policy": "LEAST_REQUEST",
        "circuit_breakers": map! {
            "thresholds": [map! {
                "max_connections": MAX_REQUESTS,
                "max_pending_requests": MAX_REQUESTS,
                "max_requests": MAX_REQUESTS,
                /// API Gateway never repeats a request. What a service says it has not looked at is none yet.
                "max_retries": if spoken == Spoken::Http1 { 0 } else { MAX_REQUESTS },
            }],
        },
        "load_assignment": map! {
            "cluster_name": &upstream.cluster,
            "endpoints": [map! { "lb_endpoints": [map! { "endpoint": map! { "address": place(endpoint) } }] }],
        },
        "typed_extension_protocol_options": map! {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map! {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "common_http_protocol_options": map! {
                    /// Before the backend does: many close after 5 s, and a request that meets the close is lost.
                    "idle_timeout": Duration::from_secs(4),
                    "max_headers_count": 200_u32,
                },
                "auto_config": (spoken == Spoken::Agreed).then(|| map! {
                    "http_protocol_options": map! {},
                    "http2_protocol_options": http2(),
                }),
                "explicit_http_config": match spoken {
                    Spoken::Agreed => None,
                    Spoken::Http1 => Some(map! { "http_protocol_options": map! {} }),
                    Spoken::Http2 => Some(map! { "http2_protocol_options": http2() }),
                },
                "http_filters": filters(upstream),
            },
        },
        "transport_socket": transport(upstream, alpn, settings)?,
    })
}

/// What a service is spoken to in.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Spoken {
    /// What it likes best, in the handshake of TLS.
    Agreed,
    Http1,
    Http2,
}

impl Spoken {
    fn to(upstream: &Upstream) -> Self {
        match (upstream.version, upstream.endpoint.scheme) {
            (HttpVersion::Http2, _) => Self::Http2,
            (HttpVersion::Agreed, Scheme::Https) => Self::Agreed,
            (HttpVersion::Agreed, Scheme::Http) => Self::Http1,
        }
    }
}

/// How many requests share a connection. The next takes another.
const MAX_STREAMS: u32 = 100;

/// How much of a response may be here before its client has read what came first.
const STREAM_WINDOW_BYTES: u32 = 256 << 10;

/// INVARIANT: the connection has room for all of its requests, so that no client who reads slowly, or not
/// at all, keeps the responses of others from coming.
fn http2() -> Node {
    map! {
        "max_concurrent_streams": MAX_STREAMS,
        "initial_stream_window_size": STREAM_WINDOW_BYTES,
        "initial_connection_window_size": MAX_STREAMS * STREAM_WINDOW_BYTES,
    }
}

/// Signs what goes to Lambda, with the credentials of Envoy's own environment: see
/// [the filter](https://www.envoyproxy.io/docs/envoy/v1.40.0/configuration/http/http_filters/aws_request_signing_filter).
fn signing(region: &str) -> Node {
    map! {
        "name": "envoy.filters.http.aws_request_signing",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.aws_request_signing.v3.AwsRequestSigning",
            "service_name": "lambda",
            "region": region,
            /// What Envoy adds on the way is not part of what is signed.
            "match_excluded_headers": [map! { "prefix": "x-envoy" }, map! { "prefix": "x-forwarded" }],
        },
    }
}

/// What requests go through on their way to a service, if that is anything. A body is made before it is
/// signed.
fn filters(upstream: &Upstream) -> Option<Node> {
    let events = upstream.takes_events.then(transfer::filter);
    let signing = upstream.signing_region.as_deref().map(signing);
    let codec = map! {
        "name": "envoy.filters.http.upstream_codec",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
        },
    };
    let all: Vec<_> = events.into_iter().chain(signing).collect();
    (!all.is_empty()).then(|| all.into_iter().chain([codec]).collect::<Vec<_>>().into())
}

/// Whether a definition has something counted by the server that the settings say where to find.
fn needs_counters(definition: &Definition, settings: &Settings) -> Result<bool, Invalid> {
    let Some(counters) = &definition.counters else { return Ok(false) };
    if counters.cluster != COUNTERS {
        let reason = format!("`{}` is not there: it must be `{COUNTERS}`", counters.cluster);
        return Err(Invalid::new("counters.cluster", reason));
    }
    if settings.counters.is_none() {
        return Err(Invalid::new("counters", "must have an address"));
    }
    Ok(true)
}

/// The server that counts. It is asked by gRPC, and seldom: one connection for each worker will do.
fn counters(endpoint: &Endpoint, settings: &Settings) -> Result<Node, Invalid> {
    let is_address = endpoint.host.parse::<IpAddr>().is_ok();
    let upstream = Upstream::of(endpoint.clone());
    Ok(map! {
        "@type": "type.googleapis.com/envoy.config.cluster.v3.Cluster",
        "name": COUNTERS,
        "alt_stat_name": "tollgate_counters",
        "type": is_address.then(|| "STATIC".into()),
        "cluster_type": (!is_address).then(dns),
        "connect_timeout": Duration::from_secs(1),
        "circuit_breakers": map! {
            "thresholds": [map! {
                "max_pending_requests": MAX_REQUESTS,
                "max_requests": MAX_REQUESTS,
                /// A question that was answered and lost must not be asked twice.
                "max_retries": 0_u32,
            }],
        },
        "load_assignment": map! {
            "cluster_name": COUNTERS,
            "endpoints": [map! { "lb_endpoints": [map! { "endpoint": map! { "address": place(endpoint) } }] }],
        },
        "typed_extension_protocol_options": map! {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": map! {
                "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
                "explicit_http_config": map! {
                    "http2_protocol_options": map! {
                        /// A server that is gone without a word is noticed.
                        "connection_keepalive": map! {
                            "interval": Duration::from_secs(5),
                            "timeout": Duration::from_secs(2),
                        },
                    },
                },
            },
        },
        "transport_socket": transport(&upstream, &["h2"], settings)?,
    })
}

/// Every address gets its share of the requests; one that leaves the DNS gets no more.
pub(crate) fn dns() -> Node {
    map! {
        "name": "envoy.clusters.dns",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.clusters.dns.v3.DnsCluster",
            "respect_dns_ttl": true,
            "dns_refresh_rate": Duration::from_secs(5),
            "dns_failure_refresh_rate": map! {
                "base_interval": Duration::from_secs(1),
                "max_interval": Duration::from_secs(10),
            },
            "dns_lookup_family": "V4_PREFERRED",
        },
    }
}

pub(crate) fn place(endpoint: &Endpoint) -> Node {
    map! {
        "socket_address": map! { "address": &endpoint.host, "port_value": endpoint.port },
    }
}

/// The cluster's name in statistics, where a dot ends a name.
fn stat_name(upstream: &Upstream) -> String {
    upstream.cluster.replace("://", "_").replace(['.', ':', '#', '!'], "_")
}

/// The service must have a certificate for its name, from an authority that is trusted.
fn transport(
    upstream: &Upstream,
    alpn: &[&str],
    settings: &Settings,
) -> Result<Option<Node>, Invalid> {
    let endpoint = &upstream.endpoint;
    if let Some(name) = &upstream.server_name {
        let refuse = |reason| Err(Invalid::new("server_name_to_verify", reason));
        if endpoint.scheme == Scheme::Http {
            return refuse(format!("`{endpoint}` has no certificate with a name: use `https`"));
        }
        if !is_name(name) {
            return refuse(format!("`{name}` is not a DNS name or an address"));
        }
    }
    if endpoint.scheme == Scheme::Http {
        return Ok(None);
    }
    let name = upstream.server_name.as_ref().unwrap_or(&endpoint.host).to_ascii_lowercase();
    let is_address = name.parse::<IpAddr>().is_ok();
    let is_checked = upstream.verification == Verification::Full;
    Ok(Some(map! {
        "name": "envoy.transport_sockets.tls",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": (!is_address).then(|| Node::from(&name)),
            "common_tls_context": map! {
                "tls_params": tls::versions(),
                "alpn_protocols": alpn.iter().map(|name| Node::from(*name)).collect::<Vec<_>>(),
                "validation_context": is_checked.then(|| map! {
                    "trusted_ca": map! { "filename": &settings.authorities },
                    "match_typed_subject_alt_names": [map! {
                        "san_type": if is_address { "IP_ADDRESS" } else { "DNS" },
                        "matcher": map! { "exact": name },
                    }],
                }),
            },
        },
    }))
}

/// Whether it is a DNS name or an address.
pub(crate) fn is_name(name: &str) -> bool {
    /// The longest name the DNS has.
    const MAX_BYTES: usize = 253;
    let letter = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_');
    name.parse::<IpAddr>().is_ok()
        || (1..=MAX_BYTES).contains(&name.len()) && name.bytes().all(letter)
}
