//! The services a definition reaches.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::{definition, jwt, open_api};
use crate::{Definition, upstreams};

fn read(definition: Value) -> Definition {
    serde_json::from_value(definition).expect("a definition")
}

#[track_caller]
fn check(definition: Value, expected: &[&str]) {
    let found = upstreams(&read(definition)).expect("good URIs");
    let clusters: Vec<_> = found.iter().map(|upstream| upstream.cluster.as_str()).collect();
    assert_eq!(clusters, expected);
}

#[test]
fn every_service_is_there_once() {
    let routes = [
        ("GET /a", "https://b.example/a"),
        ("GET /b", "https://B.example:443/b"),
        ("GET /c", "http://b.example/"),
        ("GET /d", "http://[::1]:8080/"),
    ];
    let mut api = open_api("http", &routes, &["$default"]);
    api["integrations"]["named"] = json!({ "http_proxy": { "uri": "https://b.example", "server_name_to_verify": "c.example" } });
    check(
        definition(&[("one", api.clone()), ("two", api)]),
        &[
            "http://[::1]:8080",
            "http://b.example:80",
            "https://b.example:443",
            "https://b.example:443#c.example",
        ],
    );
}

#[test]
fn each_stage_may_reach_another_service() {
    let mut api =
        open_api("http", &[("GET /a", "https://${stageVariables.host}/")], &["blue", "green"]);
    api["stages"]["blue"]["variables"] = json!({ "host": "blue.example" });
    api["stages"]["green"]["variables"] = json!({ "host": "green.example" });
    check(
        definition(&[("a", api.clone())]),
        &["https://blue.example:443", "https://green.example:443"],
    );
    api["stages"]["green"]["variables"] = json!({});
    let refusal = upstreams(&read(definition(&[("a", api)]))).expect_err("no variable");
    assert_eq!(
        refusal.to_string(),
        "apis.a.integrations.GET /a.http_proxy.uri (stage `green`): the stage has no variable `host`"
    );
}

#[test]
fn issuers_are_services_unless_their_cluster_is_the_operators() {
    let issuers = |keys: &[Value]| {
        let issuers: Vec<_> = keys
            .iter()
            .enumerate()
            .map(|(number, keys)| {
                json!({
                    "issuer": format!("https://i{number}.example/realm"),
                    "audiences": "unchecked",
                    "keys": keys,
                })
            })
            .collect();
        let mut api = open_api("http", &[("GET /a", "http://b")], &["$default"]);
        api["authorizers"] = json!({ "tokens": jwt(&json!({ "issuers": issuers })) });
        definition(&[("a", api)])
    };
    check(
        issuers(&[
            json!({ "discovery": { "jwks_hosts": ["https://keys.example"] } }),
            json!({ "discovery": { "cluster": "own", "jwks_hosts": ["https://more.example"] } }),
            json!({ "jwks_uri": { "uri": "http://j.example:81/jwks" } }),
            json!({ "jwks_uri": { "uri": "http://own.example/jwks", "cluster": "own" } }),
            json!({ "jwks": { "keys": [] } }),
        ]),
        &[
            "http://b:80",
            "http://j.example:81",
            "https://i0.example:443",
            "https://keys.example:443",
            "https://more.example:443",
        ],
    );
    let refusal = upstreams(&read(issuers(&[json!({ "jwks_uri": { "uri": "x" } })])));
    assert_eq!(
        refusal.expect_err("no URL").to_string(),
        "apis.a.authorizers.tokens.jwt.issuers[0]: `x` is not a URL: it must start with \
         `https://` or `http://`"
    );
}
