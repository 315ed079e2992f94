//! A new definition takes effect without a lost request, and a wrong one does not take effect.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;

use serde_json::json;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::gateway::Outcome;
use tollgate_tests::wait::OverOnDrop;
use tollgate_tests::{Backend, Connection, Gateway, Issuer, Request, definition, wait};

/// A backend that says its name.
fn named(name: &str) -> Backend {
    let backend = Backend::start();
    backend.behave(Behaviour::Say(200, name.to_owned()));
    backend
}

#[test]
fn several_new_definitions_under_load_lose_no_request() {
    let backends = [named("one"), named("two"), named("three")];
    let api = |number: usize| definition::http_api(&backends[number].url(""), &["$default"]);
    let mut gateway = Gateway::serving(api(0));
    let address = gateway.address();
    let over = AtomicBool::new(false);
    let hammer = |kept: bool| {
        let (mut count, mut connection) = (0, Connection::open(address).expect("a connection"));
        while !over.load(Ordering::SeqCst) {
            if !kept {
                connection = Connection::open(address).expect("a connection");
            }
            let answer = connection.exchange(Request::get("/x")).expect("an answer");
            assert_eq!(answer.status, 200, "{answer:?}");
            assert!(["one", "two", "three"].contains(&answer.text()), "{answer:?}");
            if answer.header("connection") == Some("close") {
                connection = Connection::open(address).expect("a connection");
            }
            count += 1;
        }
        count
    };
    thread::scope(|scope| {
        let end = OverOnDrop(&over);
        let clients: Vec<_> = (0..4).map(|n| scope.spawn(move || hammer(n % 2 == 0))).collect();
        for number in [1, 2, 0, 1, 2, 0] {
            assert_eq!(gateway.replace(api(number)), Outcome::TakenUp);
            let name = ["one", "two", "three"][number];
            // All workers have it now: whoever asks from here on sees the new one.
            wait::until_true(name, wait::PATIENCE, || {
                (0..16).all(|_| Request::get("/x").send(address).text() == name)
            });
        }
        drop(end);
        for client in clients {
            let count: u32 = client.join().expect("a client that lost nothing");
            assert!(count > 50, "only {count} requests: that is no load");
        }
    });
    gateway.assert_healthy();
}

#[test]
fn a_wrong_definition_is_refused_and_the_one_before_it_serves_on() {
    let backend = named("one");
    let mut gateway =
        Gateway::serving(definition::http_api(&backend.url(""), &["GET /a", "GET /b"]));
    let good = gateway.file("gateway.yaml");
    let wrong = [
        (good.replace("\"version\": 1", "\"version\": 2"), "version: version `2` is not known"),
        (good.replace("\"GET /b\"", "\"GET /{b\""), "apis.a.routes"),
        (good.replace("\"integration\":", "\"integrations\":"), "unknown field `integrations`"),
        (good.replace("\"version\"", "\"version"), "the configuration is refused"),
    ];
    for (text, why) in wrong {
        assert_ne!(text, good, "{why}");
        let refused = gateway.counts().refused;
        gateway.put("gateway.yaml", &text);
        wait::until_true(why, wait::PATIENCE, || gateway.counts().refused > refused);
        assert!(gateway.log().contains(why), "{why}: {}", gateway.log());
        for path in ["/a", "/b"] {
            assert_eq!(Request::get(path).send(&gateway).text(), "one");
        }
    }
    gateway.put("gateway.yaml", "no: [yaml");
    gateway.put("gateway.yaml", "");
    assert_eq!(Request::get("/a").send(&gateway).text(), "one");
    let next = definition::http_api(&backend.url(""), &["GET /c"]);
    assert_eq!(gateway.replace(next), Outcome::TakenUp);
    wait::until_true("new definition", wait::PATIENCE, || {
        Request::get("/c").send(&gateway).status == 200
    });
    assert_eq!(Request::get("/a").send(&gateway).status, 404);
    gateway.assert_healthy();
}

#[test]
fn keys_and_verified_tokens_outlive_a_new_definition() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let api = |scopes: &[&str]| {
        definition::authorized_api(&backend.url(""), &issuer.authorizer(), scopes)
    };
    let mut gateway = Gateway::serving(api(&["a"]));
    let token = issuer.token_with(&json!({"scope": "b"}));
    let ask = |gateway: &Gateway, target: &str, token: &str| {
        Request::get(target).bearer(token).send(gateway).status
    };
    assert_eq!(ask(&gateway, "/", &token), 200);
    assert_eq!(ask(&gateway, "/scoped", &token), 403);
    issuer.go_down();
    assert_eq!(gateway.replace(api(&["b"])), Outcome::TakenUp);
    wait::until_true("new scopes", wait::PATIENCE, || ask(&gateway, "/scoped", &token) == 200);
    for number in 0..16 {
        // What was verified before, and what was not.
        assert_eq!(ask(&gateway, "/", &token), 200);
        assert_eq!(ask(&gateway, "/", &issuer.token_with(&json!({"n": number}))), 200);
    }
    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (1, 1));
    gateway.assert_healthy();
}

#[test]
fn a_request_that_is_under_way_is_finished_by_the_definition_it_began_with() {
    let backend = Backend::start();
    backend.behave(Behaviour::Late(std::time::Duration::from_secs(2)));
    let mut gateway = Gateway::serving(definition::http_api(&backend.url("/old"), &["$default"]));
    let mut connection = Connection::open(&gateway).expect("a connection");
    connection.send(&Request::get("/x").into_bytes()).expect("a request");
    wait::until_true("request at the backend", wait::PATIENCE, || backend.count() == 1);
    let next = definition::rest_api(&backend.url("/new/{proxy}"), &["ANY /{proxy+}"]);
    assert_eq!(gateway.replace(next), Outcome::TakenUp);
    let answer = connection.receive(false).expect("an answer");
    assert_eq!((answer.status, &answer.json()["target"]), (200, &json!("/old/x")));
    assert!(answer.header("apigw-requestid").is_some(), "{answer:?}");
    gateway.assert_healthy();
}
