//! The Envoys that are measured. Most answer by themselves: what it takes to pass a request on is more
//! than what most filters take, and would hide it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_envoy_config::{Address, Files, Keys, LogDestination, Settings, files};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;
use tollgate_tests::{Envoy, Request, Service, alone, envoy, filter, wait};

use crate::filters;
use crate::keys;
use crate::process::Process;

/// Where nobody is. Nobody is asked either.
pub const NOBODY: &str = "http://127.0.0.1:9/";

/// Where access logs go: what a disk takes is not what is measured.
const NOWHERE: &str = "/dev/null";

/// A running Envoy.
#[derive(Debug)]
pub struct Proxy {
    envoy: Envoy,
    address: SocketAddr,
    settings: Option<Settings>,
}

/// Who answers.
#[derive(Clone, Debug, Default)]
pub enum Answers {
    /// Envoy, where a route says what.
    #[default]
    Direct,
    /// A filter after all others, on a route that would pass the request on.
    Fault,
    /// What the definition says: the gateway, or a service.
    Defined,
    /// This service.
    Backend(String),
}

/// What an Envoy without a gateway has besides its router.
#[derive(Clone, Debug, Default)]
pub struct Bare {
    pub filters: Vec<Value>,
    pub answers: Answers,
    /// What Envoy's own filter asks about.
    pub rate_limits: Vec<Value>,
    /// Services that filters ask.
    pub services: Vec<Service>,
    /// What filters are told for the route.
    pub for_route: Value,
    /// Whether a tenth goes to another cluster.
    pub is_weighted: bool,
    /// Whether there is an access log.
    pub is_logged: bool,
    /// Routes that come before the one for everything, and are like it.
    pub more_paths: Vec<String>,
}

/// What a gateway has besides its definition.
#[derive(Clone, Debug, Default)]
pub struct Delivery<'a> {
    pub answers: Answers,
    /// The folder of the keys.
    pub keys: Option<&'a Path>,
    /// Where `tollgate counters` are.
    pub counters: Option<&'a str>,
}

impl Proxy {
    /// Starts an Envoy without a gateway, with so many workers.
    pub fn bare(bare: Bare, workers: u16) -> Self {
        let folder = envoy::folder();
        let path = folder.path().to_str().expect("a path in UTF-8");
        let backend = match bare.answers {
            Answers::Direct | Answers::Defined => None,
            Answers::Fault => Some(NOBODY.to_owned()),
            Answers::Backend(ref url) => Some(url.clone()),
        };
        let mut services = bare.services;
        services.extend(
            backend
                .iter()
                .flat_map(|url| ["backend", "canary"].map(|name| Service::new(name, url.clone()))),
        );
        let filters = match bare.answers {
            Answers::Fault => filters::answered(bare.filters),
            _ => bare.filters,
        };
        let mut bootstrap = alone::bootstrap(path, &filters, &services);
        if bare.is_logged {
            manager(&mut bootstrap, "own")["access_log"] = json!([{
                "name": "envoy.access_loggers.file",
                "typed_config": {
                    "@type": "type.googleapis.com/envoy.extensions.access_loggers.file.v3.FileAccessLog",
                    "path": NOWHERE,
                    "log_format": {"text_format_source": {"inline_string": LOG}},
                },
            }]);
        }
        let host = host(&mut bootstrap, "own");
        host["rate_limits"] = bare.rate_limits.into();
        let mut route = host["routes"][0].clone();
        if bare.is_weighted {
            route["route"] = json!({"weighted_clusters": {"clusters": [
                {"name": "backend", "weight": 90},
                {"name": "canary", "weight": 10},
            ]}});
        }
        if !bare.for_route.is_null() {
            route["typed_per_filter_config"] = bare.for_route;
        }
        let for_path = |path: &String| {
            let mut route = route.clone();
            route["match"] = json!({"path": path});
            route
        };
        let mut routes: Vec<_> = bare.more_paths.iter().map(for_path).collect();
        routes.push(route);
        host["routes"] = routes.into();
        // JSON is YAML.
        fs::write(folder.path().join("envoy.yaml"), bootstrap.to_string()).expect("a file");
        Self::own(folder, workers)
    }

    /// Starts an Envoy in a folder that has its `envoy.yaml`.
    pub fn own(folder: TempDir, workers: u16) -> Self {
        Self::started(Envoy::start(folder, workers), "own", None)
    }

    /// Starts a gateway.
    pub fn gateway(definition: &Definition, delivery: &Delivery<'_>, workers: u16) -> Self {
        let folder = envoy::folder();
        let path = folder.path();
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut settings = Settings {
            listen: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            admin: Address::Unix(text(&Envoy::admin_socket(path))),
            directory: text(path),
            log_destination: LogDestination::File(NOWHERE.to_owned()),
            ..Settings::default()
        };
        if let Some(keys) = delivery.keys {
            settings.keys = Keys::Folder;
            symlink(keys, path.join("keys")).expect("a link");
        }
        settings.counters = delivery.counters.map(|url| Endpoint::split(url).expect("a URL").0);
        let Files { bootstrap, clusters, gateway, secrets } =
            files(definition, &settings).expect("a definition that can be served");
        let bootstrap = match delivery.answers {
            Answers::Direct | Answers::Fault => answering(&bootstrap).to_string(),
            Answers::Defined | Answers::Backend(_) => bootstrap,
        };
        for (name, content) in
            [("envoy.yaml", bootstrap), ("clusters.yaml", clusters), ("gateway.yaml", gateway)]
        {
            fs::write(path.join(name), content).expect("a written file");
        }
        for (name, content) in secrets {
            fs::write(path.join(name), content).expect("a written file");
        }
        symlink(filter("gateway"), path.join("gateway.wasm")).expect("a link");
        Self::started(Envoy::start(folder, workers), "gateway", Some(settings))
    }

    fn started(envoy: Envoy, listener: &str, settings: Option<Settings>) -> Self {
        let address = envoy::listener(&envoy, listener);
        Self { envoy, address, settings }
    }

    /// Writes a definition over the one that is served.
    pub fn replace(&self, definition: &Definition) {
        let settings = self.settings.as_ref().expect("a gateway");
        let gateway = files(definition, settings).expect("a definition that can be served").gateway;
        let path = self.folder().join("gateway.yaml");
        let next = path.with_extension("next");
        fs::write(&next, gateway).expect("a written file");
        fs::rename(&next, &path).expect("a replaced file");
    }

    fn folder(&self) -> PathBuf {
        self.envoy.folder().to_path_buf()
    }

    /// Where it listens.
    pub const fn address(&self) -> SocketAddr {
        self.address
    }

    /// Its process.
    pub fn process(&self) -> Process {
        Process(self.envoy.process())
    }

    /// How often it has asked the counters.
    pub fn asked(&self) -> u64 {
        self.envoy.admin().stat("counters.upstream_rq_total")
    }

    /// How often the counters did not answer. It goes on without them, and every request is admitted:
    /// that is other work than asking.
    pub fn unanswered(&self) -> u64 {
        self.envoy.admin().stat("tollgate_counters_failures")
    }

    /// What it answers a caller with.
    pub fn status(&self, key: u32) -> u16 {
        let request = Request::get("/prod/orders").header("x-api-key", keys::value(key));
        request.send(self.address).status
    }

    /// Waits until a worker answers so.
    pub fn wait_for_one(&self, key: u32, status: u16) {
        wait::until_true("answer", wait::PATIENCE, || self.status(key) == status);
    }

    /// Waits until every worker answers so. Each new connection is some worker's.
    pub fn wait_for(&self, key: u32, status: u16) {
        const CONNECTIONS: usize = 32;
        self.wait_for_one(key, status);
        wait::until_true("answer of every worker", wait::PATIENCE, || {
            (0..CONNECTIONS).all(|_| self.status(key) == status)
        });
    }

    /// Fails if a filter has.
    pub fn assert_healthy(&self) {
        self.envoy.assert_healthy();
    }
}

/// What is logged of each request where Envoy's own filters do the job.
const LOG: &str = "%REQ(X-REQUEST-ID)% %DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT% %REQ(:METHOD)% \
                   %REQ(:PATH)% %RESPONSE_CODE% %BYTES_SENT% \
                   %DYNAMIC_METADATA(envoy.filters.http.jwt_authn:claims:sub)%\n";

/// What the gateway starts with, but for its routes, which answer instead of passing on.
fn answering(bootstrap: &str) -> Value {
    let mut bootstrap: Value = serde_saphyr::from_str(bootstrap).expect("YAML");
    let routes = host(&mut bootstrap, "gateway")["routes"].as_array_mut().expect("routes");
    for route in routes {
        let route = route.as_object_mut().expect("a route");
        route.remove("route").expect("a route that passes on");
        let answer = json!({"status": 200, "body": {"inline_string": "ok"}});
        route.insert("direct_response".to_owned(), answer);
    }
    bootstrap
}

/// The virtual host of a listener.
fn host<'a>(bootstrap: &'a mut Value, listener: &str) -> &'a mut Value {
    &mut manager(bootstrap, listener)["route_config"]["virtual_hosts"][0]
}

/// What a listener does with connections.
fn manager<'a>(bootstrap: &'a mut Value, listener: &str) -> &'a mut Value {
    let listeners = bootstrap["static_resources"]["listeners"].as_array_mut().expect("listeners");
    let listener = listeners.iter_mut().find(|found| found["name"] == listener);
    &mut listener.expect("a listener")["filter_chains"][0]["filters"][0]["typed_config"]
}
