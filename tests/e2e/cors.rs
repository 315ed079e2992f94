//! `cors.wasm` on its own, before a backend that has a mind of its own about CORS.

use serde_json::json;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{Alone, Answer, Backend, Request, Service};

const ALLOWED: &str = "https://www.example.com";

/// A backend that would let everybody read everything, and an Envoy that would not.
fn start() -> (Backend, Alone) {
    let backend = Backend::start();
    backend.behave(Behaviour::EchoWith(vec![
        ("access-control-allow-origin", "*"),
        ("access-control-allow-origin", "https://evil.example"),
        ("access-control-allow-credentials", "true"),
        ("access-control-allow-private-network", "true"),
        ("access-control-max-age", "999999"),
        ("vary", "Accept-Encoding"),
        ("vary", "Accept"),
    ]));
    let config = json!({
        "allow_origins": [ALLOWED, "https://*.preview.example"],
        "allow_methods": ["PUT", "DELETE"],
        "allow_headers": ["authorization", "x-api-key"],
        "expose_headers": ["x-request-id"],
        "max_age_secs": 300,
        "allow_credentials": true,
    });
    let services = [Service::new("backend", backend.url(""))];
    let envoy = Alone::start("cors", &config, &services, 2);
    (backend, envoy)
}

/// The header fields that are about CORS, in alphabetical order.
fn told(answer: &Answer) -> Vec<(&str, &str)> {
    let about = |name: &str| name.starts_with("access-control-") || name == "vary";
    let mut fields: Vec<_> = (answer.headers.iter())
        .filter(|(name, _)| about(name))
        .map(|(name, value)| (&**name, str::from_utf8(value).expect("text")))
        .collect();
    fields.sort_unstable();
    fields
}

fn preflight(origin: impl AsRef<[u8]>) -> Request {
    let request = Request::new("OPTIONS", "/orders").header("origin", origin);
    request
        .header("access-control-request-method", "PUT")
        .header("access-control-request-headers", "authorization")
}

#[test]
fn a_preflight_is_answered_before_it_reaches_the_backend() {
    let (backend, envoy) = start();
    for origin in [ALLOWED, "https://one.preview.example"] {
        let answer = preflight(origin).send(&envoy);
        assert_eq!((answer.status, answer.text()), (204, ""));
        assert_eq!(answer.header("content-type"), None);
        assert_eq!(
            told(&answer),
            [
                ("access-control-allow-credentials", "true"),
                ("access-control-allow-headers", "authorization,x-api-key"),
                ("access-control-allow-methods", "PUT,DELETE"),
                ("access-control-allow-origin", origin),
                ("access-control-expose-headers", "x-request-id"),
                ("access-control-max-age", "300"),
                ("vary", "Origin"),
            ]
        );
    }
    for stranger in ["https://evil.example", "https://preview.example", "null", ""] {
        let answer = preflight(stranger).send(&envoy);
        assert_eq!((answer.status, told(&answer)), (204, vec![("vary", "Origin")]), "{stranger}");
    }
    assert_eq!(backend.count(), 0);
    // What is no preflight is the backend's.
    let answer = Request::new("OPTIONS", "/orders").header("origin", ALLOWED).send(&envoy);
    assert_eq!((answer.status, backend.count()), (200, 1));
    envoy.assert_healthy();
}

#[test]
fn a_page_reads_only_what_the_configuration_says() {
    let (_backend, envoy) = start();
    let answer = Request::get("/").header("origin", ALLOWED).send(&envoy);
    assert_eq!(answer.status, 200);
    assert_eq!(
        told(&answer),
        [
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-origin", ALLOWED),
            ("access-control-expose-headers", "x-request-id"),
            ("vary", "Accept-Encoding, Accept, Origin"),
        ]
    );
    let nothing = [("vary", "Accept-Encoding, Accept, Origin")];
    assert_eq!(told(&Request::get("/").send(&envoy)), nothing);
    for stranger in [
        &b"https://evil.example"[..],
        b"http://www.example.com",
        b"https://www.example.com.evil.example",
        b"https://evil.example/.preview.example",
        b"https://www.example.com,https://evil.example",
        b"\xff\xfe",
        &[b'a'; 8_000],
    ] {
        let answer = Request::get("/").header("origin", stranger).send(&envoy);
        assert_eq!(answer.status, 200, "{}", stranger.escape_ascii());
        assert_eq!(told(&answer), nothing, "{}", stranger.escape_ascii());
    }
    let twice = Request::get("/").header("origin", ALLOWED).header("origin", ALLOWED);
    assert_eq!(told(&twice.send(&envoy)), nothing);
    envoy.assert_healthy();
}

#[test]
fn a_page_can_read_why_there_was_no_answer() {
    let (backend, envoy) = start();
    drop(backend);
    let answer = Request::get("/").header("origin", ALLOWED).send(&envoy);
    assert_eq!(answer.status, 503);
    assert_eq!(
        told(&answer),
        [
            ("access-control-allow-credentials", "true"),
            ("access-control-allow-origin", ALLOWED),
            ("access-control-expose-headers", "x-request-id"),
            ("vary", "Origin"),
        ]
    );
    let stranger = Request::get("/").header("origin", "https://evil.example").send(&envoy);
    assert_eq!((stranger.status, told(&stranger)), (503, vec![("vary", "Origin")]));
    assert_eq!(preflight(ALLOWED).send(&envoy).status, 204);
    envoy.assert_healthy();
}

#[test]
fn a_star_is_for_every_page() {
    let envoy = Alone::start("cors", &json!({"allow_origins": ["*"]}), &[], 1);
    for origin in [ALLOWED, "null"] {
        let answer = Request::get("/").header("origin", origin).send(&envoy);
        assert_eq!(told(&answer), [("access-control-allow-origin", "*")], "{origin}");
    }
    assert_eq!(told(&Request::get("/").send(&envoy)), []);
    envoy.assert_healthy();
}

#[test]
fn a_wrong_configuration_keeps_envoy_from_starting_and_says_which_field() {
    let config = json!({"allow_origins": [ALLOWED, "https://www.example.com/"]});
    let log = Alone::try_start("cors", &config, &[], 1).expect_err("a refusal");
    let expected = "allow_origins[1]: `https://www.example.com/` is more than an origin";
    assert!(log.contains(expected), "{log}");
}
