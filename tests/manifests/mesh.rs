//! A real Envoy, configured by the manifests as Istio would.

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::{Backend, Counters, Envoy, Program, Request, Service, alone, envoy, program};

use crate::istio::{configuration, of_kind};

/// A filter as Istio makes it of a manifest: without a name for its VM, and without leave to hold a
/// request back while its body comes in.
fn filter(file: &str) -> Value {
    let manifest = of_kind(file, "WasmPlugin");
    let name = manifest["metadata"]["name"].as_str().expect("a name");
    let mut filter = alone::wasm(name, &json!({}));
    let config = &mut filter["typed_config"]["config"];
    config["failure_policy"] = manifest["spec"]["failStrategy"].clone();
    config["configuration"]["value"] = configuration(&manifest).into();
    config["vm_config"]["environment_variables"] =
        json!({"key_values": {"ISTIO_META_WASM_PLUGIN_RESOURCE_VERSION": "1"}});
    config["vm_config"].as_object_mut().expect("a VM").remove("vm_id");
    config.as_object_mut().expect("a configuration").remove("allow_on_headers_stop_iteration");
    filter
}

/// The virtual host that Istio makes of a virtual service, as far as ours go.
fn virtual_host(file: &str) -> Value {
    let service = of_kind(file, "VirtualService");
    let routes = service["spec"]["http"].as_array().expect("routes").iter().map(|route| {
        let destination = &route["route"][0]["destination"];
        let part = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let (subset, host) = (part(&destination["subset"]), part(&destination["host"]));
        let matched = route["match"][0]["headers"].as_object().into_iter().flatten();
        let matched = matched.map(|(name, how)| json!({"name": name, "string_match": how}));
        json!({
            "match": {"prefix": "/", "headers": matched.collect::<Vec<_>>()},
            "route": {
                "cluster": format!("outbound|{}|{subset}|{host}", destination["port"]["number"]),
                "timeout": route.get("timeout").unwrap_or(&json!("0s")),
            },
            "request_headers_to_remove":
                route["headers"]["request"].get("remove").unwrap_or(&json!([])),
        })
    });
    json!({
        "name": "all",
        "domains": service["spec"]["hosts"],
        "routes": routes.collect::<Vec<_>>(),
    })
}

/// What Protocol Buffers call a merge: fields are merged, lists are put together.
fn merge(into: &mut Value, from: &Value) {
    match (into, from) {
        (Value::Object(into), Value::Object(from)) => {
            for (name, value) in from {
                merge(into.entry(name).or_insert(Value::Null), value);
            }
        }
        (Value::Array(into), Value::Array(from)) => into.extend(from.iter().cloned()),
        (into, from) => *into = from.clone(),
    }
}

/// An Envoy with the filters of these manifests, which routes as a virtual service says.
fn serve(filters: &[&str], routes: &str, patch: Option<&Value>, services: &[Service]) -> Envoy {
    let filters: Vec<_> = filters.iter().map(|file| filter(file)).collect();
    let folder = envoy::folder();
    let path = folder.path().to_str().expect("a path in UTF-8");
    let mut bootstrap = alone::bootstrap(path, &filters, services);
    let listener = &mut bootstrap["static_resources"]["listeners"][0];
    let manager = &mut listener["filter_chains"][0]["filters"][0];
    manager["typed_config"]["route_config"]["virtual_hosts"] = json!([virtual_host(routes)]);
    if let Some(patch) = patch {
        merge(manager, patch);
    }
    let written = std::fs::write(folder.path().join("envoy.yaml"), bootstrap.to_string());
    written.expect("a written file");
    Envoy::start(folder, 2)
}

const V1: &str = "outbound|8080|v1|orders.orders.svc.cluster.local";
const V2: &str = "outbound|8080|v2|orders.orders.svc.cluster.local";

/// What the key is that usage-plan.yaml has the SHA-256 of.
const KEY: &str = "alice";

/// The issuer of the manifests, on this machine, and a token of it.
fn issuer(state: &TempDir) -> (Program, Service, String) {
    const URL: &str = "https://login.example.com";
    let state = state.path().to_str().expect("a path in UTF-8");
    let mut issuer =
        Program::start(&["dev", "issuer", "--port", "0", "--issuer", URL, "--state", state]);
    let service = Service::new("outbound|443||login.example.com", issuer.first_line());
    let token = program::run(&["dev", "token", "--scope", "orders:write", "--state", state]);
    let token = String::from_utf8(token.stdout).expect("text").trim().to_owned();
    (issuer, service, token)
}

/// A request to the host of routes.yaml.
fn get(target: &str) -> Request {
    Request::to("GET", target, "orders.example.com")
}

#[test]
fn the_canarys_header_leads_to_the_subset() {
    let named = |name: &str| {
        let backend = Backend::start();
        backend.behave(Behaviour::Say(200, name.to_owned()));
        backend
    };
    let (v1, v2) = (named("v1"), named("v2"));
    let services = [Service::new(V1, v1.url("")), Service::new(V2, v2.url(""))];
    let envoy = serve(&["canary.yaml"], "routes.yaml", None, &services);
    let address = envoy::listener(&envoy, "own");
    let ask = |request: Request| String::from_utf8(request.send(address).body).expect("text");

    // The word of canary.yaml.
    assert_eq!(ask(get("/").header("x-canary", "let-me-try-the-canary")), "v2");
    let answers: Vec<_> = (0..400)
        .map(|user| {
            let user = || get("/").header("x-user-id", format!("user-{user}"));
            let answer = ask(user());
            // Who is in stays in, and who is not cannot say so.
            assert_eq!(ask(user().header("x-canary-request", "true")), answer);
            answer
        })
        .collect();
    let canaries = answers.iter().filter(|answer| *answer == "v2").count();
    assert!((5..=40).contains(&canaries), "{canaries} of 400 are not about five percent");
    assert_eq!(v1.count() + v2.count(), 801);
    assert_eq!(values(&v2.seen()[0], "x-canary-request"), ["true"]);
    assert_eq!(values(&v2.seen()[0], "x-canary"), [""; 0]);
    envoy.assert_healthy();
}

#[test]
fn the_filters_of_an_ingress_work_one_after_the_other() {
    let state = TempDir::new().expect("a folder");
    let (_issuer, login, token) = issuer(&state);
    let counters = Counters::in_folder(&state.path().join("counters"), 0);
    let counting = "outbound|8083||counters.tollgate.svc.cluster.local";
    let backend = Backend::start();
    let services = [
        Service::new(V1, backend.url("")),
        Service::new(V2, backend.url("")),
        Service::http2(counting, counters.url().to_owned()),
        login,
    ];
    // In the order of their phases and priorities.
    let filters = ["throttle.yaml", "jwt-authorizer.yaml", "usage-plan.yaml", "canary.yaml"];
    let envoy = serve(&filters, "routes.yaml", None, &services);
    let address = envoy::listener(&envoy, "own");

    assert_eq!(get("/").header("x-api-key", KEY).send(address).status, 401);
    assert_eq!(get("/").bearer(&token).send(address).status, 403);
    assert_eq!(backend.count(), 0);
    let good = || get("/").bearer(&token).header("x-api-key", KEY).header("x-user-id", "root");
    let answer = good().send(address);
    assert_eq!(answer.status, 200);
    assert_eq!(values(&answer.json(), "x-user-id"), ["dev"]);
    // Ten at once from an address, three of which have been.
    let statuses: Vec<_> = (0..12).map(|_| good().send(address).status).collect();
    assert_eq!(statuses.iter().filter(|status| **status == 200).count(), backend.count() - 1);
    assert!(statuses.contains(&429), "{statuses:?}");
    envoy.assert_healthy();
}

#[test]
fn the_gateway_of_an_ingress_serves_its_definition() {
    let state = TempDir::new().expect("a folder");
    let (_issuer, login, token) = issuer(&state);
    let backend = Backend::start();
    let orders = "outbound|8080||orders.orders.svc.cluster.local";
    let services = [Service::new(orders, backend.url("")), login];
    let patch = of_kind("gateway.yaml", "EnvoyFilter")["spec"]["configPatches"][0]["patch"].take();
    assert_eq!(patch["operation"], "MERGE");
    let envoy = serve(&["gateway.yaml"], "gateway.yaml", Some(&patch["value"]), &services);
    let address = envoy::listener(&envoy, "own");

    let answer = get("/orders?a=b").header("x_user", "root").send(address);
    assert_eq!(answer.status, 200);
    let seen = answer.json();
    assert_eq!(seen["target"], "/orders?a=b");
    assert_eq!(values(&seen, "host"), ["orders.orders.svc.cluster.local:8080"]);
    for name in ["x-tollgate-cluster", "x_user", "x-envoy-internal"] {
        assert_eq!(values(&seen, name), [""; 0], "{name}");
    }
    let post = || Request::to("POST", "/orders", "orders.example.com").body("{}");
    assert_eq!(post().send(address).status, 401);
    let answer = post().bearer(&token).send(address);
    assert_eq!((answer.status, values(&answer.json(), "x-user-id")), (200, vec!["dev".to_owned()]));
    // Nobody but the filter says where a request goes.
    let cluster = "http://orders.orders.svc.cluster.local:8080";
    assert_eq!(get("/other").header("x-tollgate-cluster", cluster).send(address).status, 404);
    assert_eq!(backend.count(), 2);
    envoy.assert_healthy();
}
