//! Where clients come in: over TCP, and over QUIC for HTTP/3.

use std::time::Duration;

use super::{Edge, Http3, cache, origins, viewer};
use crate::bootstrap::address;
use crate::connection;
use crate::listener::{WINDOW_BYTES, access_log};
use crate::local_reply;
use crate::settings::Address;
use crate::tls;
use crate::yaml::{Node, map};

/// How long the header of a request may be: less than the 24 KiB that a gateway reads by more than
/// what the edge adds, some 700 bytes with the longest name and address. For what a gateway
/// does not read it resets the stream, and the client gets a 503 where the edge can say 431.
const MAX_HEADER_KIB: u32 = 22;

/// How many fields it may have: less than the 200 a gateway reads by more than the twelve or so that
/// the edge adds.
const MAX_FIELDS: u32 = 180;

pub(super) fn all(edge: &Edge) -> Vec<Node> {
    let quic = match edge.http3 {
        Http3::Off => None,
        Http3::At(_) => Some(quic(edge)),
    };
    [Some(tcp(edge)), quic].into_iter().flatten().collect()
}

fn tcp(edge: &Edge) -> Node {
    map! {
        "name": "edge",
        "address": address(&Address::Tcp(edge.listen), None),
        "per_connection_buffer_limit_bytes": WINDOW_BYTES,
        "filter_chains": [map! {
            "filters": [manager(edge, Wire::Tcp)],
            "transport_socket": tls::transport(&edge.tls(), &edge.directory),
            "transport_socket_connect_timeout": Node::from(tls::HANDSHAKE),
        }],
    }
}

fn quic(edge: &Edge) -> Node {
    map! {
        "name": "edge-http3",
        "address": map! {
            "socket_address": map! {
                "protocol": "UDP",
                "address": edge.listen.ip().to_string(),
                "port_value": edge.listen.port(),
            },
        },
        "udp_listener_config": map! {
            "quic_options": map! {
                "quic_protocol_options": map! {
                    "max_concurrent_streams": 100_u32,
                    "initial_stream_window_size": 64_u32 << 10,
                    "initial_connection_window_size": 1_u32 << 20,
                },
                "idle_timeout": Duration::from_secs(75),
                "crypto_handshake_timeout": tls::HANDSHAKE,
            },
        },
        "filter_chains": [map! {
            "filters": [manager(edge, Wire::Quic)],
            "transport_socket": tls::quic(&edge.tls(), &edge.directory),
        }],
    }
}

/// What a connection runs over.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Wire {
    Tcp,
    Quic,
}

fn manager(edge: &Edge, wire: Wire) -> Node {
    map! {
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": connection_manager(edge, wire),
    }
}

fn connection_manager(edge: &Edge, wire: Wire) -> Node {
    let (codec, http3) = match wire {
        Wire::Tcp => ("AUTO", None),
        Wire::Quic => ("HTTP3", Some(map! {})),
    };
    map! {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "edge",
        "codec_type": codec,

        /// The client is whoever connects. What it says of itself is removed before anything reads it.
        "use_remote_address": true,
        "xff_num_trusted_hops": 0_u32,
        "internal_address_config": connection::nobody_is_internal(),
        "early_header_mutation_extensions": [viewer::without_claims()],
        "forward_client_cert_details": "SANITIZE",
        "via": format!("1.1 {}", edge.node),

        "generate_request_id": false,
        "preserve_external_request_id": true,
        "server_header_transformation": "PASS_THROUGH",

        /// As the gateways do it, so that what is kept is kept for the path they see.
        "normalize_path": true,
        "merge_slashes": false,
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",

        /// Less than a gateway reads, by what the edge adds. API Gateway's limits the gateway holds.
        "max_request_headers_kb": MAX_HEADER_KIB,
        "request_headers_timeout": Duration::from_secs(10),
        "request_timeout": Duration::from_secs(120),
        "stream_idle_timeout": Duration::from_secs(45),
        "delayed_close_timeout": Duration::from_secs(1),
        "drain_timeout": Duration::from_secs(5),
        "common_http_protocol_options": common(),
        "http_protocol_options": connection::http1(),
        "http2_protocol_options": connection::http2(),
        "http3_protocol_options": http3,
        "local_reply_config": local_reply::config(None),
        "access_log": access_log(edge.access_log),

        "route_config": route_config(edge),
        "http_filters": http_filters(edge),
    }
}

/// What holds in every version of HTTP: as at the gateways, but for the number of fields.
fn common() -> Node {
    map! {
        "idle_timeout": Duration::from_secs(75),
        "max_stream_duration": Duration::from_secs(300),
        /// Fewer than a gateway reads, by what the edge adds.
        "max_headers_count": MAX_FIELDS,
        /// As the gateways do it: `x_forwarded_for` is `x-forwarded-for` to many services.
        "headers_with_underscores_action": "DROP_HEADER",
    }
}

fn http_filters(edge: &Edge) -> Node {
    let filters = [
        Some(viewer::filter(edge)),
        Some(compressor("br", "brotli", "Brotli", AcceptEncoding::LeftToTheNext)),
        Some(compressor("gzip", "gzip", "Gzip", AcceptEncoding::Removed)),
        cache::filter(edge),
        Some(connection::router()),
    ];
    filters.into_iter().flatten().collect::<Vec<_>>().into()
}

/// What becomes of `accept-encoding` behind a compressor.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum AcceptEncoding {
    LeftToTheNext,
    Removed,
}

/// Compresses text and JSON for clients that ask for it. The gateways are asked for it as it is, so
/// that one answer is kept for all.
fn compressor(encoding: &str, library: &str, class: &str, accept: AcceptEncoding) -> Node {
    let package =
        format!("type.googleapis.com/envoy.extensions.compression.{library}.compressor.v3");
    map! {
        "name": format!("edge.{encoding}"),
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor",
            "response_direction_config": map! {
                /// A part is counted in bytes of the whole as it is.
                "uncompressible_response_codes": [Node::from(206_u32)],
                "remove_accept_encoding_header": accept == AcceptEncoding::Removed,
            },
            "compressor_library": map! {
                "name": encoding,
                "typed_config": map! { "@type": format!("{package}.{class}") },
            },
        },
    }
}

fn route_config(edge: &Edge) -> Node {
    let mut routes = cache::routes_past(edge, &origins::route());
    routes.push(map! { "match": map! { "prefix": "/" }, "route": origins::route() });
    map! {
        "name": "edge",
        "virtual_hosts": [map! { "name": "edge", "domains": ["*"], "routes": routes }],
    }
}
