//! What a client sees when the gateway refuses or fails, byte for byte, for both kinds of APIs.

use std::time::{Duration, Instant};

use serde_json::json;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{Answer, Backend, Connection, Gateway, Request, Scripted, definition};

/// Checks everything of an HTTP API's error but its id and date.
#[track_caller]
fn check_http(answer: &Answer, status: u16, body: &str) {
    assert_eq!((answer.status, answer.text()), (status, body));
    let id = answer.header("apigw-requestid").expect("an id");
    assert!(id.len() == 16 && id.ends_with('='), "{id}");
    check_fields(answer, &["apigw-requestid"]);
}

/// Checks everything of a REST API's error but its ids and date.
#[track_caller]
fn check_rest(answer: &Answer, status: u16, error_type: &str, body: &str) {
    assert_eq!((answer.status, answer.text()), (status, body));
    assert_eq!(answer.header("x-amzn-errortype"), Some(error_type));
    let id = answer.header("x-amzn-requestid").expect("an id");
    let parts: Vec<_> = id.split('-').map(str::len).collect();
    assert_eq!(parts, [8, 4, 4, 4, 12], "{id}");
    assert_eq!(answer.header("x-amz-apigw-id").expect("an id").len(), 16);
    check_fields(answer, &["x-amz-apigw-id", "x-amzn-errortype", "x-amzn-requestid"]);
}

#[track_caller]
fn check_fields(answer: &Answer, own: &[&str]) {
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("content-length"), Some(answer.body.len().to_string().as_str()));
    let mut expected = [&["content-length", "content-type", "date"], own].concat();
    expected.sort_unstable();
    let mut names: Vec<_> = answer.headers.iter().map(|(name, _)| name.as_str()).collect();
    names.retain(|name| *name != "connection");
    names.sort_unstable();
    assert_eq!(names, expected);
}

/// A gateway with an HTTP and a REST API on hosts of their own, that take everything below `/ok`
/// to a backend, and what is below `/quick` as well, but wait for 50 ms only.
fn both(backend: &str) -> Gateway {
    let api = |protocol: &str, stage: &str| {
        let route =
            |integration: &str| json!({"authorization": "none", "integration": integration});
        json!({
            "name": protocol,
            "protocol": protocol,
            "integrations": {
                "backend": {"http_proxy": {"uri": backend}},
                "quick": {"http_proxy": {"uri": backend, "timeout_millis": 50}},
            },
            "routes": {"ANY /ok": route("backend"), "ANY /quick": route("quick")},
            "stages": {stage: {}},
        })
    };
    let domain = |api: &str, stage: &str| json!({"mappings": {"": {"api": api, "stage": stage}}});
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "apis": {"h": api("http", "$default"), "r": api("rest", "prod")},
            "domains": {
                "http.example": domain("h", "$default"),
                "rest.example": domain("r", "prod"),
            },
        })),
        1,
    )
}

fn http(target: &str) -> Request {
    Request::to("GET", target, "http.example")
}

fn rest(target: &str) -> Request {
    Request::to("GET", target, "rest.example")
}

const NOWHERE: &str = "http://127.0.0.1:1/";

#[test]
fn no_route_is_not_found_or_a_missing_authentication_token() {
    let gateway = both(NOWHERE);
    check_http(&http("/nowhere").send(&gateway), 404, r#"{"message":"Not Found"}"#);
    check_rest(
        &rest("/nowhere").send(&gateway),
        403,
        "MissingAuthenticationTokenException",
        r#"{"message":"Missing Authentication Token"}"#,
    );
}

#[test]
fn a_host_nobody_serves_is_forbidden() {
    let gateway = both(NOWHERE);
    for host in ["gw.example", "h.execute-api", "", "http.example.evil.example"] {
        let answer = Request::to("GET", "/ok", host).send(&gateway);
        check_http(&answer, 403, r#"{"message":"Forbidden"}"#);
    }
    let own = Request::to("GET", "/ok", "r.execute-api.eu-west-1.amazonaws.com").send(&gateway);
    check_rest(&own, 403, "ForbiddenException", r#"{"message":"Forbidden"}"#);
}

#[test]
fn a_path_that_could_be_misread_is_a_bad_request() {
    let gateway = both(NOWHERE);
    check_http(&http("/ok/..%2f").send(&gateway), 400, r#"{"message":"Bad Request"}"#);
    check_rest(
        &rest("/ok%zz").send(&gateway),
        400,
        "BadRequestException",
        r#"{"message":"Bad Request"}"#,
    );
}

#[test]
fn a_backend_that_cannot_be_reached_is_unavailable() {
    let gateway = both(NOWHERE);
    check_http(&http("/ok").send(&gateway), 503, r#"{"message":"Service Unavailable"}"#);
    check_rest(
        &rest("/ok").send(&gateway),
        504,
        "InternalServerErrorException",
        r#"{"message": "Network error communicating with endpoint"}"#,
    );
}

#[test]
fn a_backend_that_is_late_has_timed_out() {
    let backend = Backend::start();
    backend.behave(Behaviour::Silent);
    let gateway = both(&backend.url("/"));
    let start = Instant::now();
    check_http(&http("/quick").send(&gateway), 503, r#"{"message":"Service Unavailable"}"#);
    check_rest(
        &rest("/quick").send(&gateway),
        504,
        "InternalServerErrorException",
        r#"{"message": "Endpoint request timed out"}"#,
    );
    assert!(start.elapsed() < Duration::from_secs(10), "{:?}", start.elapsed());
    // On a busy machine the time may be over before the backend has seen anything.
    assert!(backend.count() <= 2, "a request is never repeated");
}

#[test]
fn a_backend_that_answers_nonsense_is_unavailable() {
    let backend = Scripted::answering("");
    let gateway = both(&backend.url("/"));
    let endless = format!("HTTP/1.1 200 OK\r\nx: {}\r\n\r\n", "a".repeat(1 << 20));
    let nonsense: [&[u8]; 5] = [
        b"",
        b"nonsense\r\n\r\n",
        b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n",
        b"HTTP/1.1 200 OK\r\nno colon\r\n\r\n",
        endless.as_bytes(),
    ];
    for (number, bytes) in nonsense.into_iter().enumerate() {
        backend.answer(bytes);
        let answer = http("/ok").send(&gateway);
        assert_eq!(answer.status, 503, "{number}: {answer:?}");
        check_http(&answer, 503, r#"{"message":"Service Unavailable"}"#);
        let answer = rest("/ok").send(&gateway);
        check_rest(
            &answer,
            504,
            "InternalServerErrorException",
            r#"{"message": "Network error communicating with endpoint"}"#,
        );
    }
    backend.answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(http("/ok").send(&gateway).text(), "ok");
    gateway.assert_healthy();
}

#[test]
fn what_the_backend_says_is_passed_on_with_the_gateways_ids() {
    let backend = Backend::start();
    let gateway = both(&backend.url("/"));
    for status in [200, 400, 401, 403, 404, 413, 429, 431, 500, 502, 503, 504] {
        backend.behave(Behaviour::Say(status, format!("the backend's own {status}")));
        let answer = http("/ok").send(&gateway);
        assert_eq!(answer.status, status);
        assert_eq!(answer.text(), format!("the backend's own {status}"));
        assert_eq!(answer.header("content-type"), Some("text/plain"));
        assert_eq!(answer.header("apigw-requestid").map(str::len), Some(16));
        let answer = rest("/ok").send(&gateway);
        assert_eq!(answer.text(), format!("the backend's own {status}"));
        assert_eq!(answer.header("x-amzn-requestid").map(str::len), Some(36));
        assert_eq!(answer.header("x-amz-apigw-id").map(str::len), Some(16));
        assert_eq!(answer.header("x-amzn-errortype"), None);
    }
}

#[test]
fn a_request_envoy_cannot_read_is_refused_in_the_same_form() {
    let gateway = both(NOWHERE);
    let long = "a".repeat(25 * 1024);
    let unreadable: [(&str, String, u16, &str); 4] = [
        ("no host", "GET /ok HTTP/1.1\r\n\r\n".into(), 400, r#"{"message":"Bad Request"}"#),
        ("no request", "nonsense\r\n\r\n".into(), 400, ""),
        (
            "two lengths",
            "POST /ok HTTP/1.1\r\nhost: http.example\r\ncontent-length: 1\r\n\
             transfer-encoding: chunked\r\n\r\n0\r\n\r\n"
                .into(),
            400,
            "",
        ),
        (
            "too long",
            format!("GET /ok HTTP/1.1\r\nhost: http.example\r\nx: {long}\r\n\r\n"),
            431,
            r#"{"message":"Request Header Fields Too Large"}"#,
        ),
    ];
    for (what, bytes, status, body) in unreadable {
        let mut connection = Connection::open(&gateway).unwrap();
        connection.send(bytes.as_bytes()).unwrap();
        let answer = connection.receive(false).expect(what);
        assert_eq!(answer.status, status, "{what}: {answer:?}");
        if !body.is_empty() {
            assert_eq!(answer.text(), body, "{what}");
            assert_eq!(answer.header("content-type"), Some("application/json"), "{what}");
        }
        assert_eq!(answer.header("server"), None, "{what}");
    }
}

#[test]
fn a_body_that_says_it_is_too_long_is_refused_before_it_is_sent() {
    let backend = Backend::start();
    let gateway = both(&backend.url("/"));
    let post = |host: &str, bytes: u64| {
        Request::to("POST", "/ok", host).header("content-length", bytes.to_string()).send(&gateway)
    };
    let too_long = 10 * 1024 * 1024 + 1;
    let body = r#"{"message":"Request Entity Too Large"}"#;
    check_http(&post("http.example", too_long), 413, body);
    let body = r#"{"message":"Request Too Long"}"#;
    check_rest(&post("rest.example", u64::MAX), 413, "RequestTooLargeException", body);
    assert_eq!(backend.count(), 0);
}

#[test]
fn a_body_that_turns_out_to_be_too_long_is_refused_while_it_is_sent() {
    let backend = Backend::start();
    let gateway = both(&backend.url("/"));
    let mut connection = Connection::open(&gateway).unwrap();
    let head = "POST /ok HTTP/1.1\r\nhost: http.example\r\ntransfer-encoding: chunked\r\n\r\n";
    connection.send(head.as_bytes()).unwrap();
    let chunk = [b"100000\r\n".as_slice(), &[b'a'; 1 << 20], b"\r\n"].concat();
    // The last of them may not be taken any more.
    let sent = (0..11).map_while(|_| connection.send(&chunk).ok()).count();
    assert!(sent >= 10, "{sent}");
    let answer = connection.receive(false).expect("an answer");
    let body = r#"{"message":"Request Entity Too Large"}"#;
    assert_eq!((answer.status, answer.text()), (413, body));
}

#[test]
fn a_head_that_is_too_long_is_refused_in_the_words_of_the_api() {
    let backend = Backend::start();
    let gateway = both(&backend.url("/"));
    let path = format!("/ok?{}", "a".repeat(10_240));
    let body = r#"{"message":"Request Header Fields Too Large"}"#;
    check_http(&http(&path).send(&gateway), 431, body);
    let long = r#"{"message":"URI Too Long"}"#;
    check_rest(&rest(&path).send(&gateway), 414, "BadRequestException", long);
    let field = "a".repeat(10_240);
    check_http(&http("/ok").header("x", &field).send(&gateway), 431, body);
    let error_type = "RequestHeaderFieldsTooLargeException";
    check_rest(&rest("/ok").header("x", &field).send(&gateway), 431, error_type, body);
    // A REST API counts the one without the other.
    let path = format!("/ok?{}", "a".repeat(8_000));
    let field = "a".repeat(8_000);
    assert_eq!(rest(&path).header("x", &field).send(&gateway).status, 200);
    assert_eq!(http(&path).header("x", &field).send(&gateway).status, 431);
}

/// It says it is longer than it is, stops in the middle, or sends a byte now and then.
#[test]
fn a_backend_that_lies_about_its_body_ends_the_answer_and_nothing_else() {
    let short = "HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nshort";
    let backend = Scripted::answering(short);
    let gateway = both(&backend.url("/"));
    for _ in 0..3 {
        let mut connection = Connection::open(&gateway).unwrap();
        connection.send(&http("/quick").into_bytes()).unwrap();
        assert!(connection.receive(false).is_err(), "the answer ends early");
    }
    let long = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nlonger than it says";
    backend.answer(long);
    let answer = http("/ok").send(&gateway);
    assert_eq!((answer.status, answer.text()), (200, "lo"));
    let wide =
        format!("HTTP/1.1 200 OK\r\nx: {}\r\ncontent-length: 0\r\n\r\n", "a".repeat(200_000));
    backend.answer(wide);
    check_http(&http("/ok").send(&gateway), 503, r#"{"message":"Service Unavailable"}"#);
    backend.answer("HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok");
    assert_eq!(http("/ok").send(&gateway).text(), "ok");
}

#[test]
fn every_request_has_an_id_of_its_own_and_a_rest_client_may_bring_one() {
    let gateway = both(NOWHERE);
    let mut ids: Vec<_> = (0..50)
        .map(|_| http("/nowhere").send(&gateway).header("apigw-requestid").unwrap().to_owned())
        .collect();
    ids.sort();
    ids.dedup();
    assert_eq!(ids.len(), 50);
    let own = "0f8fad5b-d9cb-469f-a165-70867728950e";
    let request = |id: &str| rest("/nowhere").header("x-amzn-requestid", id).send(&gateway);
    assert_eq!(request(own).header("x-amzn-requestid"), Some(own));
    assert_ne!(request("not a uuid").header("x-amzn-requestid"), Some("not a uuid"));
}
