//! The Envoys that are measured. All of them answer by themselves: what it takes to pass a request on
//! is more than what a limit takes, and would hide it.

use std::fs;
use std::net::SocketAddr;
use std::os::unix::fs::symlink;
use std::path::Path;

use serde_json::{Value, json};
use tollgate_envoy_config::{Address, Files, Keys, Settings, files};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;
use tollgate_tests::{Envoy, Request, Service, alone, envoy, filter, wait};

use crate::filters;
use crate::keys;
use crate::process::Process;

/// Where nobody is. Nobody is asked either.
pub const NOBODY: &str = "http://127.0.0.1:9/";

/// A running Envoy.
#[derive(Debug)]
pub struct Proxy {
    envoy: Envoy,
    address: SocketAddr,
}

/// What an Envoy without a gateway has besides its router.
#[derive(Debug, Default)]
pub struct Bare {
    pub filters: Vec<Value>,
    /// What Envoy's own filter asks about.
    pub rate_limits: Vec<Value>,
    /// Where `tollgate counters` are.
    pub counters: Option<String>,
}

/// What a gateway has besides its definition.
#[derive(Clone, Copy, Debug, Default)]
pub struct Delivery<'a> {
    /// The folder of the keys.
    pub keys: Option<&'a Path>,
    /// Where `tollgate counters` are.
    pub counters: Option<&'a str>,
}

impl Proxy {
    /// Starts an Envoy without a gateway.
    pub fn bare(bare: Bare) -> Self {
        let folder = envoy::folder();
        let path = folder.path().to_str().expect("a path in UTF-8");
        let counters = bare.counters.map(|url| Service::http2("counters", url));
        // Envoy's own filter asks only where a route passes on. It is stopped before it does.
        let backend = Service::new("backend", NOBODY.to_owned());
        let services: Vec<_> = [backend].into_iter().chain(counters).collect();
        let mut bootstrap = alone::bootstrap(path, &filters::answered(bare.filters), &services);
        host(&mut bootstrap, "own")["rate_limits"] = bare.rate_limits.into();
        // JSON is YAML.
        fs::write(folder.path().join("envoy.yaml"), bootstrap.to_string()).expect("a file");
        Self::started(Envoy::start(folder, 1), "own")
    }

    /// Starts a gateway.
    pub fn gateway(definition: &Definition, delivery: Delivery<'_>, workers: u16) -> Self {
        let folder = envoy::folder();
        let path = folder.path();
        let text = |path: &Path| path.to_str().expect("a path in UTF-8").to_owned();
        let mut settings = Settings {
            listen: Address::Tcp(SocketAddr::from(([127, 0, 0, 1], 0))),
            admin: Address::Unix(text(&Envoy::admin_socket(path))),
            directory: text(path),
            ..Settings::default()
        };
        if let Some(keys) = delivery.keys {
            settings.keys = Keys::Folder;
            symlink(keys, path.join("keys")).expect("a link");
        }
        settings.counters = delivery.counters.map(|url| Endpoint::split(url).expect("a URL").0);
        let Files { bootstrap, clusters, gateway, secrets } =
            files(definition, &settings).expect("a definition that can be served");
        let bootstrap = answering(&bootstrap).to_string();
        for (name, content) in
            [("envoy.yaml", bootstrap), ("clusters.yaml", clusters), ("gateway.yaml", gateway)]
        {
            fs::write(path.join(name), content).expect("a written file");
        }
        for (name, content) in secrets {
            fs::write(path.join(name), content).expect("a written file");
        }
        symlink(filter("gateway"), path.join("gateway.wasm")).expect("a link");
        Self::started(Envoy::start(folder, workers), "gateway")
    }

    fn started(envoy: Envoy, listener: &str) -> Self {
        let address = envoy::listener(&envoy, listener);
        Self { envoy, address }
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

/// What the gateway starts with, but for its route, which answers instead of passing on.
fn answering(bootstrap: &str) -> Value {
    let mut bootstrap: Value = serde_saphyr::from_str(bootstrap).expect("YAML");
    let route = &mut host(&mut bootstrap, "gateway")["routes"][0];
    let route = route.as_object_mut().expect("a route");
    route.remove("route").expect("a route that passes on");
    let answer = json!({"status": 200, "body": {"inline_string": "ok"}});
    route.insert("direct_response".to_owned(), answer);
    bootstrap
}

/// The virtual host of a listener.
fn host<'a>(bootstrap: &'a mut Value, listener: &str) -> &'a mut Value {
    let listeners = bootstrap["static_resources"]["listeners"].as_array_mut().expect("listeners");
    let listener = listeners.iter_mut().find(|found| found["name"] == listener);
    let manager = &mut listener.expect("a listener")["filter_chains"][0]["filters"][0];
    &mut manager["typed_config"]["route_config"]["virtual_hosts"][0]
}
