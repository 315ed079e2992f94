//! A filter on its own, in an Envoy that somebody else configured.

use std::fs;
use std::net::SocketAddr;
use std::ops::Deref;

use serde_json::{Value, json};

use crate::envoy::{self, Envoy};
use crate::filter;

/// An Envoy with one of the filters before its router.
#[derive(Debug)]
pub struct Alone {
    envoy: Envoy,
    address: SocketAddr,
}

/// A service that an Envoy's operator has given a name.
#[derive(Clone, Debug)]
pub struct Service {
    /// The cluster's name. The one called `backend` gets all requests; without one, Envoy itself
    /// answers `200 ok`.
    pub name: &'static str,
    /// `http://address:port`
    pub url: String,
    /// Whether it speaks HTTP/2 only.
    pub http2: bool,
}

impl Service {
    /// A service that speaks HTTP/1.1.
    #[must_use]
    pub const fn new(name: &'static str, url: String) -> Self {
        Self { name, url, http2: false }
    }

    /// A service that speaks HTTP/2, as gRPC does.
    #[must_use]
    pub const fn http2(name: &'static str, url: String) -> Self {
        Self { name, url, http2: true }
    }

    fn cluster(&self) -> Value {
        let address = self.url.strip_prefix("http://").unwrap_or(&self.url);
        let (host, port) = address.trim_end_matches('/').rsplit_once(':').expect("a port");
        let mut cluster = json!({
            "name": self.name,
            "type": "STATIC",
            "load_assignment": {"cluster_name": self.name, "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": {"socket_address": {
                    "address": host,
                    "port_value": port.parse::<u16>().expect("a port"),
                }}}},
            ]}]},
        });
        if self.http2 {
            let options = "envoy.extensions.upstreams.http.v3.HttpProtocolOptions";
            cluster["typed_extension_protocol_options"] = json!({options: {
                "@type": format!("type.googleapis.com/{options}"),
                "explicit_http_config": {"http2_protocol_options": {}},
            }});
        }
        cluster
    }
}

impl Alone {
    /// Starts an Envoy with so many workers.
    ///
    /// # Errors
    /// With its log, if Envoy does not take the configuration.
    pub fn try_start(
        name: &str,
        config: &Value,
        services: &[Service],
        workers: u16,
    ) -> Result<Self, String> {
        let folder = envoy::folder();
        let path = folder.path().to_str().expect("a path in UTF-8");
        // JSON is YAML.
        let text = bootstrap(path, &[wasm(name, config)], services).to_string();
        fs::write(folder.path().join("envoy.yaml"), text).expect("a written file");
        let envoy = Envoy::try_start(folder, workers)?;
        let address = envoy::listener(&envoy, "own");
        Ok(Self { envoy, address })
    }

    /// Starts an Envoy with so many workers.
    ///
    /// # Panics
    /// If Envoy does not take the configuration.
    #[must_use]
    #[track_caller]
    pub fn start(name: &str, config: &Value, services: &[Service], workers: u16) -> Self {
        match Self::try_start(name, config, services, workers) {
            Ok(alone) => alone,
            Err(log) => panic!("Envoy does not serve:\n{log}"),
        }
    }

    /// Where it listens.
    #[must_use]
    pub const fn address(&self) -> SocketAddr {
        self.address
    }
}

impl Deref for Alone {
    type Target = Envoy;

    fn deref(&self) -> &Envoy {
        &self.envoy
    }
}

impl From<&Alone> for SocketAddr {
    fn from(alone: &Alone) -> Self {
        alone.address
    }
}

/// One of the filters, as an Envoy's operator loads it.
#[must_use]
pub fn wasm(name: &str, config: &Value) -> Value {
    json!({
        "name": name,
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": name,
                "vm_config": {
                    "vm_id": name,
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": filter(name)}},
                },
                "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": true,
                "configuration": {
                    "@type": "type.googleapis.com/google.protobuf.StringValue",
                    "value": config.to_string(),
                },
            },
        },
    })
}

/// What an Envoy with these filters before its router starts with, in a folder of its own.
#[must_use]
pub fn bootstrap(folder: &str, filters: &[Value], services: &[Service]) -> Value {
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config":
            {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    });
    let filters = [filters, &[router]].concat();
    let mut route = json!({"match": {"prefix": "/"}});
    if services.iter().any(|service| service.name == "backend") {
        route["route"] = json!({"cluster": "backend"});
    } else {
        route["direct_response"] = json!({"status": 200, "body": {"inline_string": "ok"}});
    }
    let hcm = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let manager = json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": format!("type.googleapis.com/{hcm}"),
            "stat_prefix": "own",
            "use_remote_address": true,
            "xff_num_trusted_hops": 1,
            "route_config": {"virtual_hosts": [
                {"name": "all", "domains": ["*"], "routes": [route]},
            ]},
            "http_filters": filters,
        },
    });
    json!({
        "admin": {"address": {"pipe": {"path": format!("{folder}/admin.sock")}}},
        "static_resources": {
            "listeners": [{
                "name": "own",
                "address": {"socket_address": {"address": "127.0.0.1", "port_value": 0}},
                "filter_chains": [{"filters": [manager]}],
            }],
            "clusters": services.iter().map(Service::cluster).collect::<Vec<_>>(),
        },
    })
}
