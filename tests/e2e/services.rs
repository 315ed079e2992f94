//! How services are spoken to: in which protocol, and whose certificate is good.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{
    Authority, Backend, Connection, Gateway, Refusing, Request, Terminator, definition, wait,
};

/// What a client is told where nobody answers.
const UNREACHABLE: &str = r#"{"message": "Network error communicating with endpoint"}"#;

/// A REST API with a path for each of these services, which may have any method.
fn api(services: &[(&str, Value)]) -> Definition {
    let integrations: serde_json::Map<_, _> = services
        .iter()
        .map(|(name, service)| ((*name).to_owned(), json!({"http_proxy": service})))
        .collect();
    let route = |name: &str| json!({"authorization": "none", "integration": name});
    let routes: serde_json::Map<_, _> =
        services.iter().map(|(name, _)| (format!("ANY /{name}"), route(name))).collect();
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "integrations": integrations,
            "routes": routes,
            "stages": {"prod": {}},
        }},
    }))
}

/// A gateway that trusts the certificates of an authority.
fn trusting(authority: &Authority, services: &[(&str, Value)]) -> Gateway {
    Gateway::prepared(api(services), 1, |folder, settings| {
        settings.authorities = authority.write(&folder.join("trusted.pem")).display().to_string();
    })
}

#[track_caller]
fn version(gateway: &Gateway, path: &str) -> String {
    let answer = Request::new("POST", path).body("x".repeat(100_000)).send(gateway);
    assert_eq!(answer.status, 200, "{path}: {answer:?}");
    let echo = answer.json();
    assert_eq!(echo["body_bytes"], 100_000, "{path}");
    echo["version"].as_str().expect("a version").to_owned()
}

#[test]
fn over_tls_service_and_gateway_agree_on_http_2_and_in_the_clear_the_operator_says_so() {
    let (authority, backend) = (Authority::new("trusted"), Backend::start());
    let identity = authority.certify(&["127.0.0.1"]);
    let tls = |protocols: &[&str]| Terminator::start(&identity, protocols, backend.address());
    let (newer, older, silent) = (tls(&["h2", "http/1.1"]), tls(&["http/1.1"]), tls(&[]));
    let clear = backend.url("/");
    let gateway = trusting(
        &authority,
        &[
            ("newer", json!({"uri": newer.url("/")})),
            ("older", json!({"uri": older.url("/")})),
            ("silent", json!({"uri": silent.url("/")})),
            ("clear", json!({"uri": clear})),
            ("clear2", json!({"uri": clear, "http2": true})),
        ],
    );
    for _ in 0..2 {
        assert_eq!(version(&gateway, "/prod/newer"), "HTTP/2.0");
        assert_eq!(version(&gateway, "/prod/older"), "HTTP/1.1");
        assert_eq!(version(&gateway, "/prod/silent"), "HTTP/1.1");
        assert_eq!(version(&gateway, "/prod/clear"), "HTTP/1.1");
        assert_eq!(version(&gateway, "/prod/clear2"), "HTTP/2.0");
    }
    assert!(newer.agreed().iter().all(|it| it == "h2"), "{:?}", newer.agreed());
    assert!(older.agreed().iter().all(|it| it == "http/1.1"), "{:?}", older.agreed());
    gateway.assert_healthy();
}

#[test]
fn a_certificate_that_is_not_good_is_good_for_who_does_not_look() {
    let (authority, other) = (Authority::new("trusted"), Authority::new("nobody's"));
    let backend = Backend::start();
    let tls = |authority: &Authority, name: &str| {
        let identity = authority.certify(&[name]);
        Terminator::start(&identity, &["h2", "http/1.1"], backend.address())
    };
    let good = tls(&authority, "127.0.0.1");
    let (foreign, misnamed) = (tls(&other, "127.0.0.1"), tls(&authority, "old.internal"));
    let checked = |service: &Terminator| json!({"uri": service.url("/")});
    let unchecked =
        |service: &Terminator| json!({"uri": service.url("/"), "insecure_skip_verification": true});
    let gateway = trusting(
        &authority,
        &[
            ("good", checked(&good)),
            ("foreign", checked(&foreign)),
            ("misnamed", checked(&misnamed)),
            ("good-unchecked", unchecked(&good)),
            ("foreign-unchecked", unchecked(&foreign)),
            ("misnamed-unchecked", unchecked(&misnamed)),
        ],
    );
    for name in ["good", "good-unchecked", "foreign-unchecked", "misnamed-unchecked"] {
        assert_eq!(version(&gateway, &format!("/prod/{name}")), "HTTP/2.0", "{name}");
    }
    let seen = backend.count();
    for name in ["foreign", "misnamed"] {
        let answer = Request::get(&format!("/prod/{name}")).header("x-secret", "1").send(&gateway);
        let said = (answer.status, answer.text().to_owned());
        assert_eq!(said, (504, UNREACHABLE.to_owned()), "{name}");
    }
    assert_eq!(backend.count(), seen, "somebody was told");
    gateway.assert_healthy();
}

#[test]
fn clients_who_do_not_read_keep_nobody_elses_response_from_coming() {
    const SLOW: usize = 20;
    let backend = Backend::start();
    let gateway =
        Gateway::with_workers(api(&[("b", json!({"uri": backend.url("/"), "http2": true}))]), 1);
    backend.behave(Behaviour::Say(200, "x".repeat(8 << 20)));
    let slow: Vec<Connection> = (0..SLOW)
        .map(|_| {
            let mut client = Connection::open(&gateway).expect("a connection");
            client.read_little().expect("a small window");
            client.send(&Request::get("/prod/b").into_bytes()).expect("a request");
            client
        })
        .collect();
    wait::until_true("slow clients", wait::PATIENCE, || backend.count() == SLOW);
    backend.behave(Behaviour::Echo);
    // Until nothing more fits in what the system keeps for them.
    let (mut before, mut polls) = (0, 0);
    wait::until_true("stand-still", wait::PATIENCE, || {
        let now = gateway.admin().stat("http.gateway.downstream_cx_tx_bytes_total");
        polls = if now == std::mem::replace(&mut before, now) { polls + 1 } else { 0 };
        polls > 20
    });
    let mut client = Connection::open(&gateway).expect("a connection");
    client.wait_at_most(Duration::from_secs(5)).expect("a limit");
    for _ in 0..3 {
        let answer = client.exchange(Request::get("/prod/b")).expect("an answer in time");
        assert_eq!((answer.status, &answer.json()["version"]), (200, &json!("HTTP/2.0")));
    }
    drop(slow);
    gateway.assert_healthy();
}

#[test]
fn what_a_service_has_not_looked_at_is_sent_once_more() {
    let service = Refusing::start();
    let gateway =
        Gateway::with_workers(api(&[("b", json!({"uri": service.url("/"), "http2": true}))]), 1);
    let get = || Request::get("/prod/b");
    let post = || Request::new("POST", "/prod/b");
    for request in [get(), post().body("short"), get()] {
        let seen = service.count();
        assert_eq!(request.send(&gateway).status, 200);
        assert_eq!(service.count(), seen + 2);
    }
    // What is too long to be kept is not, and what does not say is not known to be short.
    let chunked =
        post().header("transfer-encoding", "chunked").body_as_it_is("3\r\nabc\r\n0\r\n\r\n");
    for request in [post().body("x".repeat(40_000)), chunked] {
        let seen = service.count();
        let answer = request.send(&gateway);
        assert_eq!((answer.status, answer.text()), (504, UNREACHABLE));
        assert_eq!(service.count(), seen + 1);
        assert_eq!(get().send(&gateway).status, 200);
    }
    gateway.assert_healthy();
}
