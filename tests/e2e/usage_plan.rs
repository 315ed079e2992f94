//! API keys and usage plans: `usage-plan.wasm` on its own, and as a step of the gateway.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};
use tollgate_api_keys::{Key, compile, digest, hex};
use tollgate_envoy_config::{Keys, Settings};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;
use tollgate_tests::{
    Alone, Answer, Backend, Counters, Gateway, Issuer, Request, definition, wait,
};

const ALICE: &str = "alice-alice-alice-alice";
const BOB: &str = "bob-bob-bob-bob-bob-bob";

fn limit(rate: f64, burst: u32) -> Value {
    json!({"rate_limit": rate, "burst_limit": burst})
}

fn key(value: &str, plans: &[&str]) -> Value {
    json!({"sha256": hex(&digest(value.as_bytes())), "usage_plans": plans})
}

#[track_caller]
fn check(answer: &Answer, status: u16, error_type: &str, message: &str) {
    let body = format!(r#"{{"message":"{message}"}}"#);
    assert_eq!((answer.status, answer.text()), (status, body.as_str()));
    assert_eq!(answer.header("x-amzn-errortype"), Some(error_type));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("retry-after"), None);
}

#[test]
fn the_filter_alone_admits_keys_and_holds_them_to_their_plans() {
    let config = json!({
        "usage_plans": {
            "free": {"throttle": limit(0.001, 4), "methods": {"/slow/GET": limit(0.001, 1)}},
            "gold": {"throttle": limit(1_000.0, 1_000)},
        },
        "api_keys": {"alice": key(ALICE, &["free"]), "bob": key(BOB, &["gold"])},
    });
    let envoy = Alone::start("usage-plan", &config, &[], 2);
    let ask = |path: &str, key: &[u8]| Request::get(path).header("X-API-Key", key).send(&envoy);
    check(&Request::get("/").send(&envoy), 403, "ForbiddenException", "Forbidden");
    let long = [b'a'; 9_000];
    for stranger in [&b""[..], b"nobody-nobody-nobody", b"\xff\xfe", &long] {
        check(&ask("/", stranger), 403, "ForbiddenException", "Forbidden");
    }
    assert_eq!(ask("/slow", ALICE.as_bytes()).status, 200);
    let throttled = ("TooManyRequestsException", "Too Many Requests");
    check(&ask("/slow", ALICE.as_bytes()), 429, throttled.0, throttled.1);
    for _ in 0..3 {
        assert_eq!(ask("/", ALICE.as_bytes()).status, 200);
    }
    check(&ask("/", ALICE.as_bytes()), 429, throttled.0, throttled.1);
    for _ in 0..50 {
        assert_eq!(ask("/slow", BOB.as_bytes()).status, 200);
    }
    envoy.assert_healthy();
    // The plain value is nowhere to be seen.
    let dump = envoy.admin().get("/config_dump").expect("a dump");
    let dump = String::from_utf8_lossy(&dump);
    assert!(!dump.contains(ALICE) && dump.contains(&hex(&digest(ALICE.as_bytes()))));
    assert!(!envoy.log().contains(ALICE));
}

/// A REST API whose `/keyed` needs a key.
fn keyed(backend: &str, changes: Value) -> Definition {
    let route = |needs_key: bool| json!({"authorization": "none", "integration": "backend", "api_key_required": needs_key});
    let mut whole = json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "integrations": {"backend": {"http_proxy": {"uri": backend}}},
            "routes": {"GET /open": route(false), "GET /keyed": route(true)},
            "stages": {"prod": {}, "dev": {}},
        }},
        "usage_plans": {"free": {
            "throttle": limit(0.001, 5),
            "api_stages": [{"api": "a", "stage": "prod"}, {"api": "a", "stage": "dev"}],
        }},
        "api_keys": {"alice": key(ALICE, &["free"])},
    });
    for (name, value) in changes.as_object().expect("changes") {
        whole[name] = value.clone();
    }
    definition(whole)
}

#[test]
fn the_gateway_answers_as_api_gateway_does() {
    let (backend, folder) = (Backend::start(), tempfile::tempdir().unwrap());
    let counters = Counters::in_folder(folder.path(), 0);
    let plans = json!({
        "free": {
            "throttle": limit(0.001, 5),
            "api_stages": [{"api": "a", "stage": "prod"}, {"api": "a", "stage": "dev"}],
        },
        "tiny": {
            "quota": {"limit": 3, "period": "DAY"},
            "api_stages": [{"api": "a", "stage": "prod"}],
        },
    });
    let changes = json!({
        "usage_plans": plans,
        "api_keys": {"alice": key(ALICE, &["free"]), "bob": key(BOB, &["tiny"])},
        "counters": {"cluster": tollgate_envoy_config::COUNTERS, "wait_millis": 1_000},
    });
    let endpoint = Endpoint::split(counters.url()).unwrap().0;
    let gateway = Gateway::prepared(keyed(&backend.url("/"), changes), 2, |_, settings| {
        settings.counters = Some(endpoint);
    });
    let ask = |path: &str, key: &str| Request::get(path).header("x-api-key", key).send(&gateway);
    check(&Request::get("/prod/keyed").send(&gateway), 403, "ForbiddenException", "Forbidden");
    check(&ask("/prod/keyed", "nobody-nobody-nobody"), 403, "ForbiddenException", "Forbidden");
    check(&ask("/dev/keyed", BOB), 403, "ForbiddenException", "Forbidden");
    for path in ["/prod/keyed", "/dev/keyed", "/prod/keyed", "/dev/keyed", "/prod/keyed"] {
        assert_eq!(ask(path, ALICE).status, 200);
    }
    let answer = ask("/dev/keyed", ALICE);
    check(&answer, 429, "TooManyRequestsException", "Too Many Requests");
    assert!(answer.header("x-amzn-requestid").is_some() && answer.header("ratelimit").is_none());
    for _ in 0..3 {
        assert_eq!(ask("/prod/keyed", BOB).status, 200);
    }
    check(&ask("/prod/keyed", BOB), 429, "LimitExceededException", "Limit Exceeded");
    // Only requests that got through count, and only those for routes that need a key.
    assert_eq!(ask("/prod/open", BOB).status, 200);
    gateway.assert_healthy();
    let page = || {
        let page = gateway.admin().get("/stats/prometheus").expect("statistics");
        String::from_utf8_lossy(&page).into_owned()
    };
    wait::until_true("metrics", wait::PATIENCE, || {
        page().contains(r#"tollgate_limit_admitted{limit="plan/free"} 5"#)
    });
    assert!(!page().contains(ALICE));
}

#[test]
fn a_key_may_come_from_the_authorizer() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let whole = serde_json::to_value(keyed(&backend.url("/"), json!({}))).expect("JSON");
    let mut api = whole["apis"]["a"].clone();
    api["api_key_source"] = "authorizer".into();
    api["authorizers"] = json!({"users": {"jwt": issuer.authorizer()}});
    api["routes"]["GET /keyed"]["authorization"] = json!({"jwt": {"authorizer": "users"}});
    let gateway = Gateway::serving(keyed(&backend.url("/"), json!({"apis": {"a": api}})));
    let ask = |claims: Value| {
        let token = format!("Bearer {}", issuer.token_with(&claims));
        let request = Request::get("/prod/keyed").header("authorization", token);
        request.header("x-api-key", ALICE).send(&gateway)
    };
    // What the client says counts for nothing.
    check(&ask(json!({})), 403, "ForbiddenException", "Forbidden");
    for stranger in [json!(BOB), json!(""), json!([ALICE]), json!({"key": ALICE})] {
        let answer = ask(json!({"usageIdentifierKey": stranger}));
        check(&answer, 403, "ForbiddenException", "Forbidden");
    }
    for _ in 0..5 {
        assert_eq!(ask(json!({"usageIdentifierKey": ALICE})).status, 200);
    }
    let answer = ask(json!({"usageIdentifierKey": ALICE}));
    check(&answer, 429, "TooManyRequestsException", "Too Many Requests");
}

/// Writes keys as `tollgate run --keys` does, over those that are there.
fn deliver(folder: &Path, keys: &[([u8; 32], Key)]) {
    let compiled = compile(keys.iter().map(|(digest, key)| (digest, key))).expect("keys");
    let keys = folder.join("keys");
    fs::create_dir_all(&keys).expect("a folder");
    let put = |name: &str, content: &[u8]| {
        let path = keys.join(name);
        if !path.exists() || name == "manifest" {
            fs::write(keys.join("next"), content).expect("a file");
            fs::rename(keys.join("next"), path).expect("a file");
        }
    };
    for file in &compiled.segments {
        put(&file.name, &file.content);
    }
    put("manifest", &compiled.manifest);
}

#[test]
fn keys_that_come_as_files_are_known_and_so_is_a_change() {
    let backend = Backend::start();
    let value = |number: u32| format!("key-number-{number:09}");
    let mut keys: Vec<_> = (0..20_000)
        .map(|number| {
            let key =
                Key { id: format!("k{number}"), enabled: true, usage_plans: vec!["free".into()] };
            (digest(value(number).as_bytes()), key)
        })
        .collect();
    let changes = json!({
        "api_keys": {},
        "api_key_files": {},
        "usage_plans": {"free": {"throttle": limit(100.0, 100), "api_stages": [{"api": "a", "stage": "prod"}]}},
    });
    let mut folder = None;
    let gateway =
        Gateway::prepared(keyed(&backend.url("/"), changes), 2, |path, settings: &mut Settings| {
            settings.keys = Keys::Folder;
            deliver(path, &keys);
            folder = Some(path.to_owned());
        });
    let folder = folder.expect("a folder");
    let status = |number: u32| {
        Request::get("/prod/keyed").header("x-api-key", value(number)).send(&gateway).status
    };
    // The first request waits until they are there.
    assert_eq!(status(7), 200);
    for number in (0..20_000).step_by(1_999) {
        assert_eq!(status(number), 200, "{number}");
    }
    assert_eq!(status(20_001), 403);
    keys[7].1.enabled = false;
    deliver(&folder, &keys);
    // Both workers know it.
    let always = |expected| (0..16).all(|_| status(7) == expected);
    wait::until_true("the key to be disabled", wait::PATIENCE, || always(403));
    assert_eq!(status(8), 200);
    // A manifest that is no manifest changes nothing.
    fs::write(folder.join("keys/manifest"), b"nonsense").expect("a file");
    wait::until_true("the complaint", wait::PATIENCE, || {
        gateway.log().contains("those it had are kept")
    });
    keys[7].1.enabled = true;
    for _ in 0..20 {
        assert_eq!((status(7), status(8)), (403, 200));
    }
    deliver(&folder, &keys);
    wait::until_true("the key to be enabled", wait::PATIENCE, || always(200));
    gateway.assert_healthy();
}
