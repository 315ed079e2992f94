//! The whole chain: hosts, domains and stages, and one pass through everything.

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::{Backend, Gateway, Issuer, Request, definition};

fn api(protocol: &str, uri: &str, stages: &Value) -> Value {
    json!({
        "name": "An API",
        "protocol": protocol,
        "integrations": {"backend": {"http_proxy": {"uri": uri}}},
        "routes": {"ANY /{proxy+}": {"authorization": "none", "integration": "backend"}},
        "stages": stages,
    })
}

#[test]
fn hosts_and_mappings_choose_the_api_and_the_stage() {
    let backend = Backend::start();
    let mut hidden = api("http", &backend.url("/hidden/{proxy}"), &json!({"$default": {}}));
    hidden["disable_execute_api_endpoint"] = true.into();
    let of_stage = backend.url("/${stageVariables.name}/{proxy}");
    let stages = json!({
        "$default": {"variables": {"name": "default"}},
        "v1": {"variables": {"name": "one"}},
    });
    let gateway = Gateway::with_workers(
        definition(json!({
            "version": 1,
            "apis": {
                "shop": api("http", &of_stage, &stages),
                "old": api("rest", &backend.url("/old/{proxy}"), &json!({"prod": {}})),
                "hidden": hidden,
            },
            "domains": {
                "api.example.com": {"mappings": {
                    "": {"api": "old", "stage": "prod"},
                    "shop": {"api": "shop", "stage": "$default"},
                    "shop/v1": {"api": "shop", "stage": "v1"},
                    "hidden": {"api": "hidden", "stage": "$default"},
                }},
            },
        })),
        1,
    );
    let check = |host: &str, target: &str, expected: Result<&str, u16>| {
        let answer = Request::to("GET", target, host).send(&gateway);
        let seen = match answer.status {
            200 => Ok(answer.json()["target"].as_str().unwrap_or_default().to_owned()),
            status => Err(status),
        };
        assert_eq!(seen, expected.map(str::to_owned), "{host} {target}");
    };
    let own = |id: &str| format!("{id}.execute-api.eu-west-1.amazonaws.com");
    check(&own("shop"), "/a", Ok("/default/a"));
    check(&own("shop"), "/v1/a", Ok("/one/a"));
    check(&own("SHOP"), "/v1/a", Ok("/one/a"));
    check(&own("old"), "/prod/a", Ok("/old/a"));
    check(&own("old"), "/a", Err(403));
    check(&own("hidden"), "/a", Err(403));
    check(&own("nobody"), "/a", Err(403));
    check("api.example.com", "/a", Ok("/old/a"));
    check("API.example.com:8443", "/a", Ok("/old/a"));
    check("api.example.com.", "/a", Ok("/old/a"));
    check("api.example.com", "/shop/a", Ok("/default/a"));
    check("api.example.com", "/shop/v1/a", Ok("/one/a"));
    check("api.example.com", "/shop/v10/a", Ok("/default/v10/a"));
    check("api.example.com", "/shopping/a", Ok("/old/shopping/a"));
    check("api.example.com", "/hidden/a", Ok("/hidden/a"));
}

#[test]
fn rules_of_a_domain_go_by_header_fields_and_paths() {
    let backend = Backend::start();
    let uri = backend.url("/${stageVariables.name}/{proxy}");
    let stages = json!({
        "old": {"variables": {"name": "old"}},
        "new": {"variables": {"name": "new"}},
    });
    let to = |stage: &str| json!({"api": "shop", "stage": stage, "strip_base_path": false});
    let version = json!({"match_headers": [{"header": "x-version", "value_glob": "2*"}]});
    let strips = json!({"api": "shop", "stage": "new", "strip_base_path": true});
    let gateway = Gateway::with_workers(
        definition(json!({
            "version": 1,
            "apis": {"shop": api("rest", &uri, &stages)},
            "domains": {"*.example.com": {
                "routing_rules": {
                    "10": {"conditions": [version], "invoke_api": to("new")},
                    "20": {"conditions": [{"match_base_paths": ["next"]}], "invoke_api": strips},
                },
                "mappings": {"": {"api": "shop", "stage": "old"}, "by-path": {"api": "shop"}},
            }},
        })),
        1,
    );
    let target = |version: &str, path: &str| {
        let request = Request::to("GET", path, "a.example.com").header("x-version", version);
        request.send(&gateway).json()["target"].as_str().unwrap_or_default().to_owned()
    };
    assert_eq!(target("1.0", "/a"), "/old/a");
    assert_eq!(target("2.1", "/a"), "/new/a");
    assert_eq!(target("2.1", "/next/a"), "/new/next/a");
    assert_eq!(target("1.0", "/next/a"), "/new/a");
    assert_eq!(target("1.0", "/by-path/new/a"), "/new/a");
    assert_eq!(Request::to("GET", "/a", "a.b.example.com").send(&gateway).status, 403);
}

#[test]
fn one_pass_routes_authorizes_and_tells_the_backend_who_calls() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let gateway = Gateway::serving(definition::authorized_api(
        &backend.url("/base"),
        &issuer.authorizer(),
        &["write"],
    ));
    let token = issuer.token_with(&json!({"scope": "read write"}));
    for target in ["/anything", "/scoped"] {
        let answer = Request::get(target).bearer(&token).send(&gateway);
        assert_eq!(answer.status, 200);
        let echo = answer.json();
        assert_eq!(
            echo["target"],
            format!("/base{}", if target == "/scoped" { "" } else { target })
        );
        assert_eq!(values(&echo, "x-subject"), ["user-1"]);
        // As API Gateway does for an HTTP API, the token goes on as it came.
        assert_eq!(values(&echo, "authorization"), [format!("Bearer {token}")]);
        let ours = ["x-envoy-", "x-tollgate-"];
        let pairs = echo["headers"].as_array().expect("header fields");
        let leaked = pairs.iter().filter_map(|pair| pair[0].as_str());
        let leaked: Vec<_> =
            leaked.filter(|name| ours.iter().any(|prefix| name.starts_with(prefix))).collect();
        assert!(leaked.is_empty(), "{leaked:?}");
    }
    assert_eq!(Request::get("/open/x").send(&gateway).status, 200);
    assert_eq!(Request::get("/x").send(&gateway).status, 401);
    gateway.assert_healthy();
}
