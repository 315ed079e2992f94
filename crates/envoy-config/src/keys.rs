//! How API keys get from their folder to the filter: Envoy serves the folder to itself.
//!
//! A filter reads no files, but it can make requests. The server for them is a listener on a Unix
//! socket that only Envoy's own user can open. Envoy calls its file server work in progress, which
//! here means that it must not be let near strangers; the paths it is asked for are the filter's.

use std::time::Duration;

use tollgate_gateway::Definition;
use tollgate_policy::Invalid;

use crate::bootstrap::address;
use crate::settings::{Address, Keys, Settings};
use crate::yaml::{Node, map};

/// The cluster by which the filter reaches the keys.
const CLUSTER: &str = "tollgate.keys";

/// The longest path of a socket that Linux takes.
const MAX_SOCKET_BYTES: usize = 107;

fn socket(settings: &Settings) -> String {
    settings.path("keys.sock")
}

pub(crate) fn check(settings: &Settings) -> Result<(), Invalid> {
    let refuse = |reason| Err(Invalid::new("directory", reason));
    let socket = socket(settings);
    if socket.len() > MAX_SOCKET_BYTES {
        return refuse(format!(
            "`{socket}` is too long for a socket: at most {MAX_SOCKET_BYTES} bytes"
        ));
    }
    // Envoy would not serve from there: it does not tell who wrote the dots.
    if settings.directory.split('/').any(|name| name == "..") {
        return refuse(format!("`{}` must have no `..`", settings.directory));
    }
    Ok(())
}

/// Keys that a definition finds in a folder must be delivered there.
pub(crate) fn check_delivery(definition: &Definition, settings: &Settings) -> Result<(), Invalid> {
    let delivered = definition.api_key_files.as_ref().map(|files| files.cluster.as_str());
    match (delivered, settings.keys) {
        (Some(CLUSTER), Keys::None) => {
            Err(Invalid::new("api_key_files", "no file with keys is delivered"))
        }
        (Some(CLUSTER) | None, _) => Ok(()),
        (Some(other), _) => {
            let reason = format!("`{other}` is not there: it must be `{CLUSTER}`");
            Err(Invalid::new("api_key_files.cluster", reason))
        }
    }
}

/// The folder as Envoy's file server wants it: with nothing in it that means nothing.
fn folder(settings: &Settings) -> String {
    let path = settings.path("keys");
    let names: Vec<_> = path.split('/').filter(|name| !matches!(*name, "" | ".")).collect();
    let root = if path.starts_with('/') { "/" } else { "" };
    format!("{root}{}", names.join("/"))
}

pub(crate) fn listener(settings: &Settings) -> Option<Node> {
    if settings.keys == Keys::None {
        return None;
    }
    Some(map! {
        "name": "keys",
        "address": address(&Address::Unix(socket(settings)), Some(0o600)),
        /// Keys arrive even if clients hold all the connections they may have.
        "ignore_global_conn_limit": true,
        "filter_chains": [map! {
            "filters": [map! {
                "name": "envoy.filters.network.http_connection_manager",
                "typed_config": connection_manager(settings),
            }],
        }],
    })
}

fn connection_manager(settings: &Settings) -> Node {
    map! {
        "@type": "type.googleapis.com/envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager",
        "stat_prefix": "keys",
        "codec_type": "HTTP1",
        "stream_idle_timeout": Duration::from_secs(5),
        "route_config": map! {
            "name": "keys",
            "virtual_hosts": [map! {
                "name": "keys",
                "domains": ["*"],
                "routes": [map! {
                    "match": map! { "prefix": "/" },
                    "direct_response": map! { "status": 404_u32 },
                }],
            }],
        },
        "http_filters": [
            map! {
                "name": "envoy.filters.http.file_server",
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.file_server.v3.FileServerConfig",
                    /// Files are read by a thread that has no requests to serve.
                    "manager_config": map! {
                        "id": CLUSTER,
                        "thread_pool": map! { "thread_count": 1_u32 },
                    },
                    "path_mappings": [map! {
                        "request_path_prefix": "/",
                        "file_path_prefix": folder(settings),
                    }],
                },
            },
            map! {
                "name": "envoy.filters.http.router",
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
                    "suppress_envoy_headers": true,
                },
            },
        ],
    }
}

pub(crate) fn cluster(settings: &Settings) -> Option<Node> {
    if settings.keys == Keys::None {
        return None;
    }
    let socket = address(&Address::Unix(socket(settings)), None);
    Some(map! {
        "name": CLUSTER,
        "type": "STATIC",
        "connect_timeout": Duration::from_secs(1),
        "load_assignment": map! {
            "cluster_name": CLUSTER,
            "endpoints": [map! { "lb_endpoints": [map! { "endpoint": map! { "address": socket } }] }],
        },
    })
}
