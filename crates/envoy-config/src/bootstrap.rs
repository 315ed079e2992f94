//! `envoy.yaml`: what Envoy starts with, and never has to be restarted for a new definition.

use std::collections::BTreeSet;
use std::time::Duration;

use crate::MADE_BY;
use crate::keys;
use crate::listener;
use crate::settings::{Address, Settings, within};
use crate::yaml::{Node, map};

/// `sizes` are those from which responses are compressed.
pub(crate) fn document(settings: &Settings, sizes: &BTreeSet<u32>) -> String {
    map! {
        "node": map! { "id": &settings.node, "cluster": "tollgate" },
        "admin": map! {
            "address": address(&settings.admin, Some(0o600)),
            /// Reachable when the gateway has all the connections it may have.
            "ignore_global_conn_limit": true,
        },
        "static_resources": map! {
            "listeners": [Some(listener::gateway(settings, sizes)), keys::listener(settings)]
                .into_iter()
                .flatten()
                .collect::<Vec<_>>(),
            "clusters": keys::cluster(settings).map(|cluster| Node::from([cluster])),
        },
        "dynamic_resources": map! {
            "cds_config": source("clusters.yaml", &settings.directory),
        },
        "overload_manager": overload(settings.max_heap_bytes, settings.max_connections),
        /// How late histograms may be: a canary's latencies belong to the time they are compared for.
        "stats_flush_interval": Duration::from_secs(1),
        "stats_config": map! {
            /// `tollgate_count{api="orders",stage="prod"}` for Prometheus,
            /// `tollgate_limit_admitted{limit="stage/orders/prod/GET_/orders"}` and
            /// `tollgate_canary_requests{stage="orders/prod",release="7",variant="canary"}`.
            "stats_tags": [
                tag("limit", r"^wasmcustom\.tollgate_limit_[a-z]+(\.limit=(.*);)$"),
                tag("api", r"^wasmcustom\.tollgate_[a-z0-9_]+(\.api=([^;]+);)"),
                tag("stage", r"^wasmcustom\.tollgate_[a-z0-9_]+(?:\.api=[^;]+;)?(\.stage=([^;]+);)"),
                tag("method", r"^wasmcustom\.tollgate_route_[a-z0-9_]+.*(\.method=([A-Z]+);)"),
                tag("resource", r"^wasmcustom\.tollgate_route_[a-z0-9_]+.*(\.resource=(.+);)$"),
                tag("release", r"^wasmcustom\.tollgate_canary_.*(\.release=([0-9]+);)\."),
                tag("variant", r"^wasmcustom\.tollgate_canary_.*(\.variant=([a-z]+);)$"),
            ],
            /// Fine enough to compare two 99th percentiles by. (Envoy's own are up to five times apart.)
            "histogram_bucket_settings": [map! {
                "match": map! { "prefix": "wasmcustom.tollgate_canary_latency_micros" },
                "buckets": latency_buckets(),
            }],
        },
    }
    .document(MADE_BY)
}

fn tag(name: &str, regex: &str) -> Node {
    map! { "tag_name": name, "regex": regex }
}

/// From a quarter of a millisecond to a minute, each a quarter longer than the one before it.
fn latency_buckets() -> Vec<Node> {
    const LAST_MICROS: u32 = 60_000_000;
    let longer = |micros: &u32| {
        let next = micros.saturating_add(micros / 4);
        (next < LAST_MICROS).then_some(next)
    };
    std::iter::successors(Some(250), longer).chain([LAST_MICROS]).map(Node::from).collect()
}

/// A file that Envoy watches. It sees a file that is renamed into place, not one that is written to.
pub(crate) fn source(file: &str, directory: &str) -> Node {
    map! {
        "resource_api_version": "V3",
        "path_config_source": map! {
            "path": within(directory, file),
            "watched_directory": map! { "path": directory },
        },
    }
}

/// The mode is that of a Unix socket; the umask decides where there is none.
pub(crate) fn address(address: &Address, mode: Option<u32>) -> Node {
    match address {
        Address::Tcp(address) => map! {
            "socket_address": map! {
                "address": address.ip().to_string(),
                "port_value": address.port(),
            },
        },
        Address::Unix(path) => map! {
            "pipe": map! { "path": path, "mode": mode.map(Node::from) },
        },
    }
}

/// What happens when the machine is too small for the traffic: refuse, rather than fall over.
pub(crate) fn overload(max_heap_bytes: u64, max_connections: u32) -> Node {
    const HEAP: &str = "envoy.resource_monitors.fixed_heap";
    const CONNECTIONS: &str = "envoy.resource_monitors.global_downstream_max_connections";
    let when_heap_is = |percent: u32| -> Node {
        let share = Node::Text(format!("{}", f64::from(percent) / 100.0));
        [map! { "name": HEAP, "threshold": map! { "value": share } }].into()
    };
    map! {
        "refresh_interval": Duration::from_millis(250),
        "resource_monitors": [
            map! {
                "name": HEAP,
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.resource_monitors.fixed_heap.v3.FixedHeapConfig",
                    "max_heap_size_bytes": max_heap_bytes,
                },
            },
            map! {
                "name": CONNECTIONS,
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.resource_monitors.downstream_connections.v3.DownstreamConnectionsConfig",
                    "max_active_downstream_connections": max_connections,
                },
            },
        ],
        "actions": [
            map! { "name": "envoy.overload_actions.shrink_heap", "triggers": when_heap_is(90) },
            map! { "name": "envoy.overload_actions.stop_accepting_requests", "triggers": when_heap_is(95) },
        ],
        "loadshed_points": [
            map! { "name": "envoy.load_shed_points.tcp_listener_accept", "triggers": when_heap_is(95) },
        ],
    }
}
