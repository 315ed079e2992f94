//! `jwt-authorizer.wasm` on its own, in an Envoy that somebody else configured.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::{Backend, Envoy, Issuer, Request, envoy, filter};

/// An Envoy as its operator has it, with the filter before the router.
fn bootstrap(folder: &str, backend: &str, issuer: &str, config: &Value) -> String {
    let cluster = |name: &str, url: &str| {
        let address = url.strip_prefix("http://").unwrap_or(url);
        let (host, port) = address.split_once(':').expect("a port");
        json!({
            "name": name,
            "type": "STATIC",
            "load_assignment": {"cluster_name": name, "endpoints": [{"lb_endpoints": [
                {"endpoint": {"address": {"socket_address": {
                    "address": host,
                    "port_value": port.parse::<u16>().expect("a port"),
                }}}},
            ]}]},
        })
    };
    let string = "type.googleapis.com/google.protobuf.StringValue";
    let wasm = json!({
        "name": "jwt-authorizer",
        "typed_config": {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.wasm.v3.Wasm",
            "config": {
                "name": "jwt-authorizer",
                "vm_config": {
                    "vm_id": "jwt-authorizer",
                    "runtime": "envoy.wasm.runtime.v8",
                    "code": {"local": {"filename": filter("jwt-authorizer")}},
                },
                "failure_policy": "FAIL_RELOAD",
                "allow_on_headers_stop_iteration": true,
                "configuration": {"@type": string, "value": config.to_string()},
            },
        },
    });
    let hcm = "envoy.extensions.filters.network.http_connection_manager.v3.HttpConnectionManager";
    let router = json!({
        "name": "envoy.filters.http.router",
        "typed_config":
            {"@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router"},
    });
    let manager = json!({
        "name": "envoy.filters.network.http_connection_manager",
        "typed_config": {
            "@type": format!("type.googleapis.com/{hcm}"),
            "stat_prefix": "own",
            "route_config": {"virtual_hosts": [{
                "name": "all",
                "domains": ["*"],
                "routes": [{"match": {"prefix": "/"}, "route": {"cluster": "backend"}}],
            }]},
            "http_filters": [wasm, router],
        },
    });
    let local = json!({"socket_address": {"address": "127.0.0.1", "port_value": 0}});
    json!({
        "admin": {"address": {"pipe": {"path": format!("{folder}/admin.sock")}}},
        "static_resources": {
            "listeners": [{
                "name": "own",
                "address": local,
                "filter_chains": [{"filters": [manager]}],
            }],
            "clusters": [cluster("backend", backend), cluster("the-issuer", issuer)],
        },
    })
    .to_string()
}

fn start(backend: &Backend, issuer: &Issuer, config: &Value) -> Result<Envoy, String> {
    let folder = envoy::folder();
    let path = folder.path().to_str().expect("a path in UTF-8");
    let text = bootstrap(path, &backend.url(""), &issuer.url(), config);
    // JSON is YAML.
    fs::write(folder.path().join("envoy.yaml"), text).expect("a written file");
    Envoy::try_start(folder, 2)
}

fn config(issuer: &Issuer) -> Value {
    let mut config = issuer.authorizer();
    config["issuers"][0]["keys"]["discovery"]["cluster"] = "the-issuer".into();
    config["scopes"] = json!(["read"]);
    config["claims_to_headers"] = json!({"x-user": "sub", "x-groups": "groups"});
    config
}

#[test]
fn the_filter_alone_admits_and_refuses_as_the_gateway_does() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let envoy = start(&backend, &issuer, &config(&issuer)).expect("an Envoy that serves");
    let address: SocketAddr = envoy::listener(&envoy, "own");

    let answer = Request::get("/a").send(address);
    assert_eq!((answer.status, answer.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("content-type"), Some("application/json"));

    let answer = Request::get("/a").bearer(&issuer.token()).send(address);
    assert_eq!((answer.status, answer.text()), (403, r#"{"message":"Forbidden"}"#));
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with(r#"Bearer scope="read" error="insufficient_scope""#));

    let token = issuer.token_with(&json!({"scope": "read", "groups": ["a", "b"]}));
    let answer = Request::get("/a?b=c")
        .bearer(&token)
        .header("x-user", "root")
        .header("X-USER", "root")
        .header("x-groups", "admins")
        .send(address);
    assert_eq!(answer.status, 200);
    let echo = answer.json();
    assert_eq!(echo["target"], "/a?b=c");
    assert_eq!(values(&echo, "x-user"), ["user-1"]);
    assert_eq!(values(&echo, "x-groups"), ["[a b]"]);

    // A claim the token does not have leaves nothing, not what the client sent.
    let token = issuer.token_with(&json!({"scope": "read", "sub": null}));
    let answer = Request::get("/a").bearer(&token).header("x-user", "root").send(address);
    assert!(values(&answer.json(), "x-user").is_empty());

    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (1, 1));
    envoy.assert_healthy();
}

#[test]
fn a_wrong_configuration_keeps_envoy_from_starting_and_says_which_field() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let refused = |change: &dyn Fn(&mut Value), why: &str| {
        let mut config = config(&issuer);
        change(&mut config);
        let log = start(&backend, &issuer, &config).expect_err("a refusal");
        assert!(log.contains("the configuration is refused"), "{log}");
        assert!(log.contains(why), "{why}: {log}");
    };
    refused(&|config| config["issuers"] = json!([]), "issuers: must be 1 to 100");
    refused(&|config| config["issuer"] = "x".into(), "unknown field `issuer`");
    refused(
        &|config| config["issuers"][0]["issuer"] = "http://login.example.com".into(),
        "issuers[0]",
    );
}
