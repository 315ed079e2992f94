//! The gateways behind an edge: how they are reached, and which one is.

use std::net::IpAddr;
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

/// What Envoy is told of every request, whichever way it takes: the cache asks past the routes. A
/// connection that never came about carried nothing, so that a request may be tried again elsewhere,
/// whatever its method.
pub(super) fn orders() -> [(&'static str, &'static str); 3] {
    [
        ("x-envoy-retry-on", "connect-failure"),
        ("x-envoy-max-retries", "2"),
        ("x-envoy-upstream-rq-timeout-ms", "35000"),
    ]
}

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
        "outlier_detection": outliers(),
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
        "max_retries": 100_u32,
    }
}

/// Each gateway has a priority of its own: the next one gets requests when those before are not well.
fn locality((index, origin): (usize, &Endpoint)) -> Node {
    let priority = u32::try_from(index).unwrap_or(u32::MAX);
    map! {
        "priority": priority,
        "lb_endpoints": [map! {
            "endpoint": map! { "address": place(origin) },
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
    let is_address = origin.host.parse::<IpAddr>().is_ok();
    map! {
        "name": "envoy.transport_sockets.tls",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.transport_sockets.tls.v3.UpstreamTlsContext",
            "sni": (!is_address).then(|| Node::from(&origin.host)),
            "common_tls_context": map! {
                "tls_params": tls::versions(),
                "tls_certificate_sds_secret_configs": [secret::reference(CERTIFICATE, &edge.directory)],
                "combined_validation_context": map! {
                    "default_validation_context": map! {
                        "match_typed_subject_alt_names": [map! {
                            "san_type": if is_address { "IP_ADDRESS" } else { "DNS" },
                            "matcher": map! { "exact": &origin.host },
                        }],
                    },
                    "validation_context_sds_secret_config":
                        secret::reference(AUTHORITIES, &edge.directory),
                },
            },
        },
    }
}

/// Two failures in a row, in four seconds or so, and the next gateway gets the requests.
fn health(edge: &Edge) -> Node {
    let path = match &edge.health {
        Health::Connection => None,
        Health::Path(path) => Some(path),
    };
    map! {
        "timeout": Duration::from_secs(2),
        "interval": Duration::from_secs(2),
        "no_traffic_interval": Duration::from_secs(2),
        "unhealthy_threshold": 2_u32,
        "healthy_threshold": 2_u32,
        "tcp_health_check": path.is_none().then(|| map! {}),
        "http_health_check": path.map(|path| map! { "path": path }),
    }
}

/// A gateway that cannot be connected to gets no requests for a while. What it answers says nothing
/// of it: a client can ask for what goes wrong.
fn outliers() -> Node {
    map! {
        "split_external_local_origin_errors": true,
        "consecutive_local_origin_failure": 1_u32,
        "enforcing_consecutive_local_origin_failure": 100_u32,
        "enforcing_local_origin_success_rate": 0_u32,
        "enforcing_consecutive_5xx": 0_u32,
        "enforcing_consecutive_gateway_failure": 0_u32,
        "enforcing_success_rate": 0_u32,
        "interval": Duration::from_secs(1),
        "base_ejection_time": Duration::from_secs(5),
        "max_ejection_time": Duration::from_secs(30),
        "max_ejection_percent": 100_u32,
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
        "http_filters": filters.into_iter().flatten().collect::<Vec<_>>(),
    }
}
