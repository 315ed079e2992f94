//! Header fields: what a client may not say, and what nobody may make the gateway say.

use std::sync::LazyLock;

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::envoy::Watch;
use tollgate_tests::{Backend, Connection, Gateway, Issuer, Request, Scripted, definition};

struct Scene {
    gateway: Gateway,
    issuer: Issuer,
    _backend: Backend,
}

static SCENE: LazyLock<Scene> = LazyLock::new(|| {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let api = definition::authorized_api(&backend.url(""), &issuer.authorizer(), &[]);
    Scene { gateway: Gateway::serving(api), issuer, _backend: backend }
});

fn scene() -> (&'static Scene, Watch<'static>) {
    (&SCENE, SCENE.gateway.watch())
}

fn names(echo: &Value) -> Vec<&str> {
    let pairs = echo["headers"].as_array().expect("header fields");
    pairs.iter().filter_map(|pair| pair[0].as_str()).collect()
}

#[test]
fn a_client_cannot_say_who_it_is() {
    let (scene, _watch) = scene();
    for name in ["x-subject", "X-Subject", "X-SUBJECT"] {
        let forged = || Request::get("/").header(name, "root").header(name, "admin");
        let answer = forged().bearer(&scene.issuer.token()).send(&scene.gateway);
        assert_eq!(values(&answer.json(), "x-subject"), ["user-1"]);
        // A token without the claim.
        let token = scene.issuer.token_with(&json!({"sub": null}));
        let answer = forged().bearer(&token).send(&scene.gateway);
        assert!(values(&answer.json(), "x-subject").is_empty());
    }
    // Nor on a route that asks for no token.
    let answer = Request::get("/open/x").header("x-subject", "root").send(&scene.gateway);
    assert_eq!(answer.status, 200);
    assert!(values(&answer.json(), "x-subject").is_empty());
}

#[test]
fn a_client_cannot_steer_the_proxy() {
    let (scene, _watch) = scene();
    let elsewhere = Scripted::answering("HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n");
    let control = [
        ("x-tollgate-cluster", elsewhere.url("")),
        ("X-Tollgate-Cluster", "xds".to_owned()),
        ("x-tollgate-anything", "1".to_owned()),
        ("x-envoy-upstream-rq-timeout-ms", "1".to_owned()),
        ("x-envoy-upstream-rq-per-try-timeout-ms", "1".to_owned()),
        ("x-envoy-retry-on", "5xx".to_owned()),
        ("x-envoy-max-retries", "9".to_owned()),
        ("x-envoy-original-path", "/".to_owned()),
        ("X-Envoy-Internal", "true".to_owned()),
        ("x-envoy-force-trace", "1".to_owned()),
        ("x-envoy-decorator-operation", "x".to_owned()),
        ("x-envoy-ip-tags", "x".to_owned()),
    ];
    let mut request = Request::get("/open/x");
    for (name, value) in &control {
        request = request.header(name, value).header(name, value);
    }
    let answer = request.send(&scene.gateway);
    assert_eq!(answer.status, 200, "{answer:?}");
    let echo = answer.json();
    let found: Vec<_> = names(&echo)
        .into_iter()
        .filter(|name| name.starts_with("x-tollgate-") || name.starts_with("x-envoy-"))
        .collect();
    assert!(found.is_empty(), "{found:?}");
    assert!(elsewhere.request_lines().is_empty());
    assert!(answer.headers.iter().all(|(name, _)| !name.starts_with("x-envoy-")), "{answer:?}");
}

#[test]
fn values_are_bytes_and_pass_unchanged() {
    let (scene, _watch) = scene();
    let all: Vec<u8> = (0x21..=0xff).filter(|byte| *byte != 0x7f).collect();
    let shown: String = all.iter().copied().map(char::from).collect();
    let check = |values_sent: &[&[u8]], expected: &[&str]| {
        let mut request = Request::get("/open/x");
        for value in values_sent {
            request = request.header("x-value", value);
        }
        let answer = request.send(&scene.gateway);
        assert_eq!(answer.status, 200, "{values_sent:?}");
        assert_eq!(values(&answer.json(), "x-value"), expected);
    };
    check(&[b"\xff\xfe"], &["\u{ff}\u{fe}"]);
    check(&[b""], &[""]);
    check(&[b"one", b"", b"two"], &["one", "", "two"]);
    check(&[b"a,b", b"a,b"], &["a,b", "a,b"]);
    check(&[&all], &[&shown]);
}

#[test]
fn hostile_values_where_the_gateway_reads_kill_no_worker() {
    let (scene, _watch) = scene();
    let hostile: [&[u8]; 10] = [
        b"\xff\xfe",
        b"Bearer \xff.\xff.\xff",
        b"Bearer ..",
        b"Bearer a.b.c",
        b"Bearer e30.e30.",
        b"Bearer \xe2\x82",
        b"Bearer ${jndi:ldap://x}.%00.\"",
        b"Basic dXNlcjpwYXNz",
        b"Bearer eyJhbGciOiJub25lIn0.e30.",
        b"Bearer eyJhbGciOiJSUzI1NiIsImtpZCI6Ii4uLy4uLy4uL2V0Yy9wYXNzd2QifQ.e30.AA",
    ];
    for value in hostile {
        for name in ["authorization", "cookie", "x-amzn-requestid", "x-forwarded-for", "accept"] {
            let answer = Request::get("/").header(name, value).send(&scene.gateway);
            assert_eq!(answer.status, 401, "{name}: {}", value.escape_ascii());
        }
    }
    for host in [&b"\xff\xfe"[..], b"a b", b"[", b"a:b:c", b"a:99999", b"a\"b", b"%00"] {
        let bytes = [b"GET /open/x HTTP/1.1\r\nhost: ", host, b"\r\n\r\n"].concat();
        let mut connection = Connection::open(&scene.gateway).unwrap();
        connection.send(&bytes).unwrap();
        let answer = connection.receive(false).expect("an answer");
        assert!(answer.status < 500, "{}: {}", host.escape_ascii(), answer.status);
    }
    assert_eq!(Request::get("/open/x").send(&scene.gateway).status, 200);
    scene.gateway.assert_healthy();
}

#[test]
fn a_header_of_a_megabyte_is_refused_and_the_next_request_is_not() {
    let (scene, _watch) = scene();
    let megabyte = vec![b'a'; 1 << 20];
    for name in ["x-value", "authorization", "cookie"] {
        let request = Request::get("/open/x").header(name, &megabyte);
        // Envoy may close before it has read everything, and the answer is lost then.
        if let Ok(answer) = request.try_send(&scene.gateway) {
            assert_eq!(answer.status, 431, "{name}");
        }
        assert_eq!(Request::get("/open/x").send(&scene.gateway).status, 200);
    }
    let mut many = Request::get("/open/x");
    for number in 0..500 {
        many = many.header(format!("x-{number}"), "");
    }
    assert_eq!(many.send(&scene.gateway).status, 431);
    scene.gateway.assert_healthy();
}

#[test]
fn what_is_no_header_field_is_refused_before_anyone_reads_it() {
    let (scene, _watch) = scene();
    for line in ["x-a\0: b", "x-a: b\0c", "x a: b", ": b", "x-a : b"] {
        let bytes = format!("GET /open/x HTTP/1.1\r\nhost: a\r\n{line}\r\n\r\n");
        let mut connection = Connection::open(&scene.gateway).unwrap();
        connection.send(bytes.as_bytes()).unwrap();
        let answer = connection.receive(false).expect("an answer");
        assert_eq!(answer.status, 400, "{}", line.escape_default());
    }
}

#[test]
fn a_carriage_return_in_a_value_starts_no_field() {
    let (scene, _watch) = scene();
    let bytes = b"GET /open/x HTTP/1.1\r\nhost: a\r\nx-a: b\rx-b: c\r\n\r\n";
    let mut connection = Connection::open(&scene.gateway).unwrap();
    connection.send(bytes).unwrap();
    let answer = connection.receive(false).expect("an answer");
    // Envoy may refuse it or blank it, but not pass it on.
    if answer.status != 400 {
        let echo = answer.json();
        assert!(values(&echo, "x-b").is_empty(), "{echo}");
        assert!(!values(&echo, "x-a")[0].contains('\r'), "{echo}");
    }
}

#[test]
fn a_claim_cannot_add_header_fields() {
    let (scene, _watch) = scene();
    let check = |subject: &str, expected: &str| {
        let token = scene.issuer.token_with(&json!({"sub": subject}));
        let answer = Request::get("/").bearer(&token).send(&scene.gateway);
        assert_eq!(answer.status, 200, "{}", subject.escape_default());
        let echo = answer.json();
        assert_eq!(values(&echo, "x-subject"), [expected]);
        assert!(values(&echo, "x-evil").is_empty());
    };
    check("a\r\nx-evil: 1", "ax-evil: 1");
    check("a\nx-evil: 1", "ax-evil: 1");
    check("a\0b\x1b[31m\x7f", "ab[31m");
    check("a\r\n\r\nGET /smuggled HTTP/1.1", "aGET /smuggled HTTP/1.1");
    // In UTF-8, seen byte by byte.
    check("J\u{f6}rg", "J\u{c3}\u{b6}rg");
}

#[test]
fn an_answer_carries_nothing_of_the_request_it_refuses() {
    let (scene, _watch) = scene();
    let marked = format!("Bearer {}.MARK.x", "MARK");
    let answer = Request::get("/MARK?MARK=MARK")
        .header("authorization", marked)
        .header("x-mark", "MARK")
        .send(&scene.gateway);
    assert_eq!(answer.status, 401);
    let shown = format!("{answer:?}{}", answer.text());
    assert!(!shown.contains("MARK"), "{shown}");
    assert!(!scene.gateway.log().contains("MARK"));
}

#[test]
fn a_backend_cannot_pass_for_the_gateway_in_what_identifies_a_request() {
    let backend = Scripted::answering(
        "HTTP/1.1 200 OK\r\ncontent-length: 2\r\napigw-requestid: forged\r\n\
         apigw-requestid: forged\r\nset-cookie: a=1\r\nset-cookie: b=2\r\nserver: own\r\n\
         x-bytes: \u{ff}\r\n\r\nok",
    );
    let api = definition::http_api(&backend.url("/"), &["$default"]);
    let gateway = Gateway::with_workers(api, 1);
    let answer = Request::get("/").send(&gateway);
    assert_eq!(answer.text(), "ok");
    assert_ne!(answer.header("apigw-requestid"), Some("forged"));
    assert_eq!(answer.header("server"), Some("own"));
    let cookies = answer.headers.iter().filter(|(name, _)| name == "set-cookie").count();
    assert_eq!(cookies, 2);
}
