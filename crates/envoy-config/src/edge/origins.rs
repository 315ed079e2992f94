//! The gateways behind an edge: how they are reached, and which one is.

use std::time::Duration;

use tollgate_policy::Endpoint;

use super::{Cache, Edge, Health, cache, viewer};
use crate::cluster::{dns, place};
use crate::listener::WINDOW_BYTES;
use crate::secret;
use crate::tls;
use crate::yaml::{Node, map};

/// The file by which Envoy finds the certificate that is shown to gateways.
pub(super) const CERTIFICATE: &str = "origin-certificate.yaml";

/// The file by which Envoy finds the authorities of gateways.
pub(super) const AUTHORITIES: &str = "origin-authorities.yaml";

/// The cluster of all gateways.
const CLUSTER: &str = "origins";

/// How many requests may be under way to the gateways.
const MAX_REQUESTS: u32 = 10_000;

/// Where requests go.
pub(super) fn route() -> Node {
    map! {
        "cluster": CLUSTER,
        /// Longer than the 30 s of a gateway, whose answer is the better one.
        "timeout": Duration::from_secs(35),
    }
}

/// The same, told of every request in a header field that Envoy obeys: what the cache asks goes past
/// the routes.
pub(super) const TIMEOUT: (&str, &str) = ("x-envoy-upstream-rq-timeout-ms", "35000");

pub(super) fn cluster(edge: &Edge) -> Node {
    let is_static = edge.has_only_addresses();
    map! {
        "name": CLUSTER,
        "type": is_static.then(|| "STATIC".into()),
        "cluster_type": (!is_static).then(dns),
        "connect_timeout": Duration::from_secs(2),
        "per_connection_buffer_limit_bytes": WINDOW_BYTES,
        "circuit_breakers": map! {
            "thresholds": [limits("DEFAULT"), limits("HIGH")],
        },
        "load_assignment": map! {
            "cluster_name": CLUSTER,
            "endpoints": edge.origins.iter().enumerate().map(locality).collect::<Vec<_>>(),
        },
        /// Envoy wants one that can agree on HTTP/2; every gateway has its own below.
        "transport_socket": edge.origins.first().map(|origin| transport(origin, edge)),
        "transport_socket_matches": edge.origins.iter().enumerate().map(|(index, origin)| map! {
            "name": format!("{index}"),
            "match": map! { "origin": format!("{index}") },
            "transport_socket": transport(origin, edge),
        }).collect::<Vec<_>>(),
        "health_checks": [health(edge)],
        "typed_extension_protocol_options": map! {
            "envoy.extensions.upstreams.http.v3.HttpProtocolOptions": protocols(edge),
        },
    }
}

fn limits(priority: &str) -> Node {
    map! {
        "priority": priority,
        "max_connections": MAX_REQUESTS,
        "max_pending_requests": MAX_REQUESTS,
        "max_requests": MAX_REQUESTS,
        /// Until a gateway that is gone counts as not well, every request is tried again.
        "max_retries": MAX_REQUESTS,
    }
}

/// Each gateway has a priority of its own: the next one gets requests when those before are not well.
fn locality((index, origin): (usize, &Endpoint)) -> Node {
    let priority = u32::try_from(index).unwrap_or(u32::MAX);
    map! {
        "priority": priority,
        "lb_endpoints": [map! {
            "endpoint": map! {
                "address": place(origin),
                "health_check_config": map! { "hostname": origin.authority() },
            },
            "metadata": map! {
                "filter_metadata": map! {
                    "envoy.transport_socket_match": map! { "origin": format!("{index}") },
                },
            },
        }],
    }
}

/// A gateway must have a certificate for its own name, and is shown the edge's.
fn transport(origin: &Endpoint, edge: &Edge) -> Node {
    let (kind, name) = tls::subject(&origin.host);
    map! {
        "name": "envoy.transport_sockets.tls",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": (kind == "DNS").then(|| Node::from(&name)),
            "common_tls_context": map! {
                "tls_params": tls::versions(),
                "tls_certificate_sds_secret_configs": [secret::reference(CERTIFICATE, &edge.directory)],
                "combined_validation_context": map! {
                    "default_validation_context": map! {
                        "match_typed_subject_alt_names": [map! {
                            "san_type": kind,
                            "matcher": map! { "exact": &name },
                        }],
                    },
                    "validation_context_sds_secret_config":
                        secret::reference(AUTHORITIES, &edge.directory),
                },
            },
        },
    }
}

/// Two failures in a row, in four seconds or so where the connection is refused and in eight where
/// nothing comes back, and the next gateway gets the requests.
///
/// INVARIANT: nothing else says that a gateway is not well, above all not what becomes of requests: a
/// client or a backend could have one fail that its gateway is not to blame for.
fn health(edge: &Edge) -> Node {
    /// Any that there is.
    const ANY: (u32, u32) = (100, 600);
    let (method, path, expected) = match &edge.health {
        // What RFC 9110, 9.3.7 has for this: it is for the server itself and not for any API.
        Health::Connection => ("OPTIONS", "*", ANY),
        Health::Path(path) => ("GET", path.as_str(), (200, 201)),
    };
    let range = |(start, end): (u32, u32)| map! { "start": start, "end": end };
    map! {
        "timeout": Duration::from_secs(2),
        "interval": Duration::from_secs(2),
        "no_traffic_interval": Duration::from_secs(2),
        "unhealthy_threshold": 2_u32,
        "healthy_threshold": 2_u32,
        /// With TLS 1.3 a connection is there before the gateway has looked at the certificate; only
        /// an answer says that it is the right one. It is looked at each time.
        "reuse_connection": false,
        "http_health_check": map! {
            "method": method,
            "path": path,
            "expected_statuses": [range(expected)],
            /// One bad answer is one failure, and not enough.
            "retriable_statuses": [range(ANY)],
        },
    }
}

/// Of a request whose connection never came about nothing has gone out: it may be tried again, and at
/// the next gateway, whatever its method.
fn retries() -> Node {
    map! {
        "retry_on": "connect-failure",
        "num_retries": 2_u32,
        "retry_priority": map! {
            "name": "envoy.retry_priorities.previous_priorities",
            "typed_config": map! {
                "@type": "type.googleapis.com/envoy.extensions.retry.priority.previous_priorities.v3.PreviousPrioritiesConfig",
                "update_frequency": 1_u32,
            },
        },
    }
}

fn protocols(edge: &Edge) -> Node {
    let filters = [
        Some(viewer::address()),
        (edge.cache != Cache::Off).then(cache::cookies_are_private),
        Some(map! {
            "name": "envoy.filters.http.upstream_codec",
            "typed_config": map! {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.upstream_codec.v3.UpstreamCodec",
            },
        }),
    ];
    map! {
        "@type": "type.googleapis.com/envoy.extensions.upstreams.http.v3.HttpProtocolOptions",
        "common_http_protocol_options": map! {
            /// Before the gateway closes it, after 75 s.
            "idle_timeout": Duration::from_secs(60),
            "max_headers_count": 200_u32,
        },
        /// HTTP/2 where the gateway speaks it.
        "auto_config": map! {
            "http_protocol_options": map! {},
            "http2_protocol_options": map! {
                /// A gateway that is gone without a word is noticed.
                "connection_keepalive": map! {
                    "interval": Duration::from_secs(5),
                    "timeout": Duration::from_secs(2),
                },
            },
        },
        /// Here and not with the routes, which the cache's requests go past.
        "retry_policy": retries(),
        "http_filters": filters.into_iter().flatten().collect::<Vec<_>>(),
    }
}
