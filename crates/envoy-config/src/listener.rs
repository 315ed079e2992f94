//! The listener: how requests are read before the gateway sees them.

use std::collections::BTreeSet;
use std::time::Duration;

use tollgate_gateway::{COMPRESSION_HEADER, SHADOW_HEADER, TRANSFER_HEADER};
use tollgate_policy::SOURCE_ADDRESS_HEADER;

use crate::access;
use crate::bootstrap::{address, source};
use crate::compressor;
use crate::connection;
use crate::filter;
use crate::local_reply;
use crate::settings::{AccessLog, LogDestination, Settings};
use crate::yaml::{Node, map};
use crate::{tls, transfer};

/// The largest body API Gateway takes is 10 MB, which the filter holds it to. Envoy's own limit is above
/// that, because its refusals go past the filter.
const MAX_BODY_BYTES: u32 = 11 << 20;

/// How much of a body may be on its way through a connection. Envoy's advice for the edge.
pub(crate) const WINDOW_BYTES: u32 = 32 << 10;

/// The header field in which the filter names the cluster of a request.
const CLUSTER_HEADER: &str = "x-tollgate-cluster";

/// What only the filter and Envoy may say, and so nobody else: it is removed before either can take
/// it for its own.
pub(crate) const CONTROL_HEADERS: [&str; 2] = ["x-envoy-", "x-tollgate-"];

pub(crate) fn gateway(settings: &Settings, sizes: &BTreeSet<u32>) -> Node {
    map! {
        "name": "gateway",
        "address": address(&settings.listen, None),
        "per_connection_buffer_limit_bytes": WINDOW_BYTES,
        "filter_chains": [map! {
            "filters": [map! {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": connection_manager(settings, sizes),
            }],
            "transport_socket":
                settings.tls.as_ref().map(|tls| tls::transport(tls, &settings.directory)),
            "transport_socket_connect_timeout":
                settings.tls.as_ref().map(|_| tls::HANDSHAKE.into()),
        }],
    }
}

/// How long nothing may be sent in either direction.
const IDLE: Duration = Duration::from_secs(45);

fn connection_manager(settings: &Settings, sizes: &BTreeSet<u32>) -> Node {
    map! {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "gateway",
        "codec_type": "AUTO",

        /// Who the client is: the peer, or what this many proxies of one's own say.
        "use_remote_address": true,
        "xff_num_trusted_hops": settings.trusted_hops,
        /// Nobody is internal and may steer Envoy: no peer has this address. (With an empty list
        /// this machine and every private network would be.)
        "internal_address_config": connection::nobody_is_internal(),
        "early_header_mutation_extensions": [connection::without(CONTROL_HEADERS, [])],
        /// INVARIANT: what a client says of its certificate is removed. The gateway believes what is there.
        "forward_client_cert_details":
            if tls::requires_certificate(settings) { "SANITIZE_SET" } else { "SANITIZE" },
        "set_current_client_cert_details":
            tls::requires_certificate(settings).then(|| map! { "cert": true }),

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

        /// API Gateway's limits of 10,240 bytes the gateway holds itself, and says so in its own words. This
        /// is room for both of them, and for what a proxy adds.
        "max_request_headers_kb": 24_u32,
        /// From the first byte of a request to the end of its header.
        "request_headers_timeout": Duration::from_secs(10),
        /// From the first byte of a request to the last: 10 MB at 700 kbit/s.
        "request_timeout": Duration::from_secs(120),
        /// Nothing sent in either direction. Longer than 10 s for keys and 30 s for the backend, and
        /// what frees a request that waits for a filter which is no longer there.
        "stream_idle_timeout": IDLE,
        "delayed_close_timeout": Duration::from_secs(1),
        "drain_timeout": Duration::from_secs(5),
        "common_http_protocol_options": connection::common(settings.underscores),
        "http_protocol_options": connection::http1(),
        "http2_protocol_options": connection::http2(),
        "local_reply_config": local_reply::config(access::denial(settings)),
        "access_log": access_logs(settings),

        "route_config": route_config(sizes),
        "http_filters": http_filters(settings, sizes),
    }
}

fn http_filters(settings: &Settings, sizes: &BTreeSet<u32>) -> Node {
    let gateway = map! {
        "name": filter::NAME,
        /// There is no default: until the filter is there, requests are refused.
        "config_discovery": map! {
            "config_source": source("gateway.yaml", &settings.directory),
            "type_urls": [filter::TYPE],
        },
    };
    (access::filter(settings).into_iter())
        .chain([gateway])
        .chain(compressor::filters(sizes))
        .chain([connection::router()])
        .collect::<Vec<_>>()
        .into()
}

/// One route for everything. Which API, stage and route a request is for the filter decides, and
/// names the cluster.
fn route_config(sizes: &BTreeSet<u32>) -> Node {
    let action = |[timeout, idle, whole]: [Duration; 3]| {
        map! {
            "cluster_header": CLUSTER_HEADER,
            "cluster_not_found_response_code": "SERVICE_UNAVAILABLE",
            /// A copy goes where the filter says, if it does, and its answer nowhere.
            "request_mirror_policies": [map! {
                "cluster_header": SHADOW_HEADER,
                "disable_shadow_host_suffix_append": true,
                "request_headers_mutations": [map! { "remove": SHADOW_HEADER }],
            }],
            /// API Gateway's longest. The filter shortens it for each route.
            "timeout": timeout,
            "idle_timeout": (idle != IDLE).then(|| idle.into()),
            "max_stream_duration": (whole != connection::WHOLE)
                .then(|| map! { "max_stream_duration": whole }),
        }
    };
    let usual = action([Duration::from_secs(30), IDLE, connection::WHOLE]);
    let mut routes = vec![transfer::route(action(transfer::times()))];
    routes.extend(compressor::routes(sizes, &usual));
    routes.push(map! { "match": map! { "prefix": "/" }, "route": usual });
    map! {
        "name": "gateway",
        "virtual_hosts": [map! {
            "name": "gateway",
            "domains": ["*"],
            /// Between the filter and Envoy. (Envoy removes the ones it obeys, and the event becomes a body.)
            "request_headers_to_remove":
                [CLUSTER_HEADER, COMPRESSION_HEADER, TRANSFER_HEADER, SOURCE_ADDRESS_HEADER],
            "routes": routes,
            /// What the filter may hold back of a body.
            "request_body_buffer_limit": MAX_BODY_BYTES,
            "typed_per_filter_config": compressor::switched_off(sizes),
        }],
    }
}

/// The lines of the stages, and Envoy's own.
fn access_logs(settings: &Settings) -> Node {
    let own = envoys_own(settings.access_log);
    let (name, kind, path) = match &settings.log_destination {
        LogDestination::Stdout => ("stdout", "stream.v3.StdoutAccessLog", None),
        LogDestination::File(path) => {
            ("file", "file.v3.FileAccessLog", Some(Node::from(path.as_str())))
        }
    };
    let lines = map! {
        "name": format!("envoy.access_loggers.{name}"),
        "typed_config": map! {
            "@type": format!("type.googleapis.com/envoy.extensions.access_loggers.{kind}"),
            "path": path,
            "log_format": map! {
                /// The filter's, with its end. Nothing is written where a stage logs nothing.
                "omit_empty_values": true,
                "text_format_source": map! {
                    "inline_string": "%FILTER_STATE(wasm.tollgate.access_log:PLAIN)%",
                },
            },
        },
    };
    [lines].into_iter().chain(own).collect::<Vec<_>>().into()
}

/// What Envoy itself logs of each request.
pub(crate) fn access_log(access_log: AccessLog) -> Option<Node> {
    envoys_own(access_log).map(|log| [log].into())
}

fn envoys_own(access_log: AccessLog) -> Option<Node> {
    match access_log {
        AccessLog::Off => None,
        AccessLog::Stdout => Some(map! {
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
        }),
    }
}
