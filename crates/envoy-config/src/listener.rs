//! The listener: how requests are read before the gateway sees them.

use std::time::Duration;

use crate::access;
use crate::bootstrap::{address, source};
use crate::filter;
use crate::local_reply;
use crate::settings::{AccessLog, Settings, Underscores};
use crate::tls;
use crate::yaml::{Node, map};

/// The largest body API Gateway takes: 10 MB.
const MAX_BODY_BYTES: u32 = 10 << 20;

/// How much of a body may be on its way through a connection. Envoy's advice for the edge.
pub(crate) const WINDOW_BYTES: u32 = 32 << 10;

/// The header field in which the filter names the cluster of a request.
const CLUSTER_HEADER: &str = "x-tollgate-cluster";

pub(crate) fn gateway(settings: &Settings) -> Node {
    map! {
        "name": "gateway",
        "address": address(&settings.listen, None),
        "per_connection_buffer_limit_bytes": WINDOW_BYTES,
        "filter_chains": [map! {
            "filters": [map! {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": connection_manager(settings),
            }],
            "transport_socket":
                settings.tls.as_ref().map(|tls| tls::transport(tls, &settings.directory)),
            "transport_socket_connect_timeout":
                settings.tls.as_ref().map(|_| tls::HANDSHAKE.into()),
        }],
    }
}

fn connection_manager(settings: &Settings) -> Node {
    map! {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "codec_type": "AUTO",

        /// Who the client is: the peer, or what this many proxies of one's own say.
        "use_remote_address": true,
        "xff_num_trusted_hops": settings.trusted_hops,
        /// Nobody is internal and may steer Envoy: no peer has this address. (With an empty list
        /// this machine and every private network would be.)
        "internal_address_config": map! {
            "cidr_ranges": [map! { "address_prefix": "255.255.255.255", "prefix_len": 32_u32 }],
        },
        "early_header_mutation_extensions": [without_control_headers()],
        "forward_client_cert_details": "SANITIZE",

        /// API Gateway neither makes nor changes `x-request-id`.
        "generate_request_id": false,
        "preserve_external_request_id": true,
        /// The backend's own `server`, and none where the gateway answers itself.
        "server_header_transformation": "PASS_THROUGH",

        "normalize_path": true,
        /// API Gateway tells `/a//b` from `/a/b`.
        "merge_slashes": false,
        /// `%2F` is part of a path variable's value. What hides behind it the gateway judges itself.
        "path_with_escaped_slashes_action": "KEEP_UNCHANGED",

        /// API Gateway's limit is 10,240 bytes.
        "max_request_headers_kb": 10_u32,
        /// From the first byte of a request to the end of its header.
        "request_headers_timeout": Duration::from_secs(10),
        /// From the first byte of a request to the last: 10 MB at 700 kbit/s.
        "request_timeout": Duration::from_secs(120),
        /// Nothing sent in either direction. Longer than 10 s for keys and 30 s for the backend, and
        /// what frees a request that waits for a filter which is no longer there.
        "stream_idle_timeout": Duration::from_secs(45),
        "delayed_close_timeout": Duration::from_secs(1),
        "drain_timeout": Duration::from_secs(5),
        "common_http_protocol_options": map! {
            /// Longer than the 60 s that load balancers keep a connection they may use again.
            "idle_timeout": Duration::from_secs(75),
            /// The time for the request, for the backend, and to read the answer.
            "max_stream_duration": Duration::from_secs(300),
            /// The bytes are what API Gateway limits.
            "max_headers_count": 200_u32,
            /// To many services `x_user` is `x-user`, which may be what the gateway says of the caller.
            "headers_with_underscores_action": match settings.underscores {
                Underscores::Drop => "DROP_HEADER",
                Underscores::Keep => "ALLOW",
            },
        },
        "http_protocol_options": map! {
            "accept_http_10": true,
            /// Two lengths for one body are how requests are smuggled.
            "allow_chunked_length": false,
            /// An offer to speak something else is not taken up. RFC 9110, 7.8.
            "ignore_http_11_upgrade": [map! { "safe_regex": map! { "regex": ".*" } }],
        },
        "http2_protocol_options": map! {
            "max_concurrent_streams": 100_u32,
            "initial_stream_window_size": 64_u32 << 10,
            "initial_connection_window_size": 1_u32 << 20,
        },
        "local_reply_config": local_reply::config(access::denial(settings)),
        "access_log": access_log(settings.access_log),

        "route_config": route_config(),
        "http_filters": http_filters(settings),
    }
}

fn http_filters(settings: &Settings) -> Node {
    let filters = [
        access::filter(settings),
        Some(map! {
            "name": filter::NAME,
            /// There is no default: until the filter is there, requests are refused.
            "config_discovery": map! {
                "config_source": source("gateway.yaml", &settings.directory),
                "type_urls": [filter::TYPE],
            },
        }),
        Some(map! {
            "name": "envoy.filters.http.router",
            "typed_config": map! {
                "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                "suppress_envoy_headers": true,
            },
        }),
    ];
    filters.into_iter().flatten().collect::<Vec<_>>().into()
}

/// What only the filter may say is removed before the filter or Envoy can take it for its own.
fn without_control_headers() -> Node {
    let starting_with = |prefix: &str| {
        map! { "remove_on_match": map! { "key_matcher": map! { "prefix": prefix } } }
    };
    map! {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": [starting_with("x-envoy-"), starting_with("x-tollgate-")],
        },
    }
}

/// One route for everything. Which API, stage and route a request is for the filter decides, and
/// names the cluster.
fn route_config() -> Node {
    map! {
        "name": "gateway",
        "virtual_hosts": [map! {
            "name": "gateway",
            "domains": ["*"],
            /// Between the filter and Envoy. (Envoy removes the ones it obeys.)
            "request_headers_to_remove": [CLUSTER_HEADER, "x-envoy-external-address"],
            "routes": [map! {
                "match": map! { "prefix": "/" },
                "route": map! {
                    "cluster_header": CLUSTER_HEADER,
                    "cluster_not_found_response_code": "SERVICE_UNAVAILABLE",
                    /// API Gateway's longest. The filter shortens it for each route.
                    "timeout": Duration::from_secs(30),
                },
            }],
            /// What the filter may hold back of a body.
            "request_body_buffer_limit": MAX_BODY_BYTES,
        }],
    }
}

fn access_log(access_log: AccessLog) -> Option<Node> {
    match access_log {
        AccessLog::Off => None,
        AccessLog::Stdout => Some(
            [map! {
                "name": "envoy.access_loggers.stdout",
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.stream.v3.StdoutAccessLog",
                    "log_format": map! {
                        "json_format": map! {
                            "time": "%START_TIME%",
                            "client": "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%",
                            "method": "%REQ(:METHOD)%",
                            "host": "%REQ(:AUTHORITY)%",
                            "path": "%PATH(NQ:PATH)%",
                            "protocol": "%PROTOCOL%",
                            "status": "%RESPONSE_CODE%",
                            "details": "%RESPONSE_CODE_DETAILS%",
                            "flags": "%RESPONSE_FLAGS%",
                            "received_bytes": "%BYTES_RECEIVED%",
                            "sent_bytes": "%BYTES_SENT%",
                            "millis": "%DURATION%",
                            "cluster": "%UPSTREAM_CLUSTER_RAW%",
                            "backend": "%UPSTREAM_HOST%",
                        },
                    },
                },
            }]
            .into(),
        ),
    }
}
