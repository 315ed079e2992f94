//! Canaries: as `canary.wasm` on its own, and as a step of the gateway.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use serde_json::{Value, json};
use tollgate_api_keys::{digest, hex};
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::gateway::Outcome;
use tollgate_tests::load::hammer;
use tollgate_tests::{Alone, Backend, Envoy, Gateway, Request, Service, definition, wait};

/// How many requests shares are measured over.
const MANY: u64 = 100_000;

fn alone(config: &Value) -> Alone {
    Alone::start("canary", config, &[], 2)
}

/// Sends so many requests, each with a number, and returns how many of them the canary got.
fn canary_share(envoy: &Alone, request: &(dyn Fn(u64) -> Request + Sync)) -> u64 {
    let sent = AtomicU64::new(0);
    let next = |_: usize| request(sent.fetch_add(1, Ordering::Relaxed));
    let over = |_| sent.load(Ordering::Relaxed) >= MANY;
    let load = hammer(&[envoy.address()], 4, &over, &next);
    let count = |variant: &str| {
        envoy.admin().stat(&format!("tollgate_canary_requests.stage=canary;.variant={variant};"))
    };
    let (base, canary) = (count("base"), count("canary"));
    assert_eq!(base + canary, load.admitted.len() as u64, "every answer is counted once");
    envoy.assert_healthy();
    // A few more were sent than asked for: one by each client.
    assert!(base + canary - MANY < 4);
    canary
}

/// A counter that Envoy has made of a metric and its labels.
fn count(envoy: &Envoy, what: &str, variant: &str) -> u64 {
    let page = envoy.admin().get("/stats/prometheus").expect("the statistics");
    let page = String::from_utf8(page).expect("text");
    let start = format!("tollgate_canary_{what}{{");
    let variant = format!("variant=\"{variant}\"");
    let found = page.lines().find(|line| line.starts_with(&start) && line.contains(&variant));
    found.map_or(0, |line| line.rsplit(' ').next().expect("a value").parse().expect("a number"))
}

/// Five standard deviations of what 5 % of [`MANY`] is when each is drawn.
#[track_caller]
fn assert_five_percent(canary: u64) {
    let (expected, most) = (5_000, 345);
    assert!(canary.abs_diff(expected) <= most, "{canary} of {MANY} for 5 %");
}

#[test]
fn five_percent_are_five_percent() {
    let envoy = alone(&json!({"percent_traffic": 5}));
    assert_five_percent(canary_share(&envoy, &|_| Request::get("/")));
}

#[test]
fn five_percent_of_the_callers_are_five_percent_too() {
    let envoy = alone(&json!({"percent_traffic": 5, "sticky": {"header": "x-user"}}));
    let user = |number: u64| Request::get("/").header("x-user", format!("user-{number}"));
    assert_five_percent(canary_share(&envoy, &user));
}

#[test]
fn the_filter_tells_whoever_routes() {
    let backend = Backend::start();
    let service = Service::new("backend", backend.url(""));
    let config = json!({"percent_traffic": 50, "sticky": {"cookie": "id"}});
    let envoy = Alone::start("canary", &config, &[service], 2);
    let mut seen = BTreeMap::new();
    for number in 0..50 {
        let ask = || {
            let request = Request::get("/").header("cookie", format!("a=b; id={number}"));
            let answer = request.header("x-canary-request", "maybe").send(&envoy);
            assert_eq!(answer.status, 200);
            values(&answer.json(), "x-canary-request")
        };
        let first = ask();
        // Whichever worker a connection comes to, the caller stays.
        for _ in 0..4 {
            assert_eq!(ask(), first);
        }
        *seen.entry(first).or_insert(0) += 1;
    }
    assert_eq!(seen.keys().collect::<Vec<_>>(), [&["false"], &["true"]], "{seen:?}");
    envoy.assert_healthy();
}

/// A backend that says its name.
fn named(name: &str) -> Backend {
    let backend = Backend::start();
    backend.behave(Behaviour::Say(200, name.to_owned()));
    backend
}

/// A stage that serves one backend, with a canary that is the other.
fn released(base: &Backend, canary: &Backend, settings: &Value) -> tollgate_gateway::Definition {
    let deployment = |backend: &Backend| {
        json!({
            "integrations": {"backend": {"http_proxy": {"uri": backend.url("")}}},
            "routes": {"$default": {"authorization": "none", "integration": "backend"}},
        })
    };
    let mut canary_settings = json!({"deployment": "two"});
    for (name, value) in settings.as_object().expect("an object") {
        canary_settings[name] = value.clone();
    }
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "http",
            "routes": {},
            "deployments": {"one": deployment(base), "two": deployment(canary)},
            "stages": {"$default": {"deployment": "one", "canary": canary_settings}},
        }},
    }))
}

#[test]
fn a_higher_percentage_moves_callers_to_the_canary_and_none_back() {
    let (base, canary) = (named("base"), named("canary"));
    let at = |percent: f64| {
        released(
            &base,
            &canary,
            &json!({
                "percent_traffic": percent,
                "sticky": {"header": "x-user"},
            }),
        )
    };
    let mut gateway = Gateway::serving(at(0.0));
    let callers = |gateway: &Gateway| {
        (0..100)
            .filter(|user| {
                let request = Request::get("/").header("x-user", format!("user-{user}"));
                request.send(gateway).text() == "canary"
            })
            .collect::<Vec<u32>>()
    };
    let mut before = callers(&gateway);
    assert!(before.is_empty());
    for percent in [5.0, 25.0, 50.0, 100.0] {
        assert_eq!(gateway.replace(at(percent)), Outcome::TakenUp);
        // One worker may have it later than the other.
        let now = wait::until("the callers of the canary", wait::PATIENCE, || {
            let first = callers(&gateway);
            (first == callers(&gateway) && first.len() >= before.len()).then_some(first)
        });
        assert!(before.iter().all(|user| now.contains(user)), "{before:?}, then {now:?}");
        before = now;
    }
    wait::until_true("all of them", wait::PATIENCE, || callers(&gateway).len() == 100);
    gateway.assert_healthy();
}

#[test]
fn testers_choose_by_a_secret_that_no_backend_sees() {
    let (base, canary) = (Backend::start(), named("canary"));
    let gateway = Gateway::serving(released(
        &base,
        &canary,
        &json!({
            "percent_traffic": 0,
            "override": {"header": "x-choice", "canary_sha256": sha256("canary-please")},
        }),
    ));
    let ask = |secret: &str| Request::get("/").header("x-choice", secret).send(&gateway);
    assert_eq!(ask("canary-please").text(), "canary");
    for guess in ["true", "canary", &*sha256("canary-please")] {
        assert_eq!(values(&ask(guess).json(), "x-choice"), Vec::<String>::new(), "{guess}");
    }
    gateway.assert_healthy();
}

fn sha256(text: &str) -> String {
    hex(&digest(text.as_bytes()))
}

#[test]
fn a_shadow_sees_what_the_base_answers() {
    let (base, canary) = (named("base"), Backend::start());
    let settings = json!({"percent_traffic": 0, "percent_shadow": 100});
    let gateway = Gateway::serving(released(&base, &canary, &settings));
    for number in 0..20 {
        let answer =
            Request::new("POST", format!("/orders/{number}?a=b")).body("a body").send(&gateway);
        assert_eq!((answer.status, answer.text()), (200, "base"));
    }
    wait::until_true("copies", wait::PATIENCE, || canary.count() == 20);
    assert_eq!(base.count(), 20);
    assert_eq!(base.targets(), canary.targets());
    for seen in canary.seen() {
        assert_eq!(values(&seen, "x-tollgate-shadow-cluster"), Vec::<String>::new());
    }
    // A shadow that fails, or never answers, is nobody's loss.
    for behaviour in [Behaviour::Say(500, String::new()), Behaviour::Silent] {
        canary.behave(behaviour);
        assert_eq!(Request::get("/").send(&gateway).text(), "base");
    }
    gateway.assert_healthy();
}

#[test]
fn what_becomes_of_each_of_the_two_is_counted() {
    let (base, canary) = (named("base"), Backend::start());
    canary.behave(Behaviour::Say(500, "broken".to_owned()));
    let settings = json!({
        "percent_traffic": 0,
        "override": {"header": "x-choice", "canary_sha256": sha256("canary-please")},
    });
    let gateway = Gateway::serving(released(&base, &canary, &settings));
    for _ in 0..10 {
        assert_eq!(Request::get("/").send(&gateway).status, 200);
        let chosen = Request::get("/").header("x-choice", "canary-please").send(&gateway);
        assert_eq!(chosen.status, 500);
    }
    assert_eq!(count(&gateway, "requests", "base"), 10);
    assert_eq!(count(&gateway, "requests", "canary"), 10);
    assert_eq!(count(&gateway, "5xx", "base"), 0);
    assert_eq!(count(&gateway, "5xx", "canary"), 10);
    let page = gateway.admin().get("/stats/prometheus").expect("the statistics");
    let page = String::from_utf8(page).expect("text");
    let bucket = page.lines().find(|line| {
        line.starts_with("tollgate_canary_latency_micros_bucket{")
            && [r#"stage="a/$default""#, r#"variant="canary""#, r#"release=""#, r#"le=""#]
                .iter()
                .all(|label| line.contains(label))
    });
    assert!(bucket.is_some(), "{page}");
    gateway.assert_healthy();
}
