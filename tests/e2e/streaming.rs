//! Responses of REST APIs that come as a stream.

use std::io::{BufRead, BufReader, ErrorKind, Write};
use std::net::{TcpListener, TcpStream};
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_tests::{Connection, Gateway, Request, definition, wait};

/// An image, which an API with binary media types would turn into text for who does not accept any.
const HEAD: &str =
    "HTTP/1.1 200 OK\r\ncontent-type: image/png\r\ntransfer-encoding: chunked\r\n\r\n";

/// A gateway before this service, and the service.
fn serving(changes: &Value) -> (Gateway, TcpListener) {
    let service = TcpListener::bind("127.0.0.1:0").expect("a port");
    let mut proxy = json!({
        "uri": format!("http://{}/", service.local_addr().expect("an address")),
    });
    for (name, value) in changes.as_object().into_iter().flatten() {
        proxy[name] = value.clone();
    }
    let definition = definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "rest",
            "binary_media_types": ["image/*"],
            "minimum_compression_size": 0,
            "integrations": {"i": {"http_proxy": proxy}},
            "routes": {"GET /": {"authorization": "none", "integration": "i"}},
            "stages": {"prod": {}},
        }},
    }));
    (Gateway::with_workers(definition, 1), service)
}

/// A request under way: the client, and the service that has read it.
fn asked(gateway: &Gateway, service: &TcpListener) -> (Connection, TcpStream) {
    let mut client = Connection::open(gateway).expect("a connection");
    let request = Request::get("/prod/").header("accept", "text/html");
    client.send(&request.header("accept-encoding", "gzip").into_bytes()).expect("a request");
    let (stream, _) = service.accept().expect("a connection of the gateway");
    let mut reader = BufReader::new(stream);
    let mut line = String::new();
    while reader.read_line(&mut line).expect("a request") > 2 {
        line.clear();
    }
    (client, reader.into_inner())
}

#[test]
fn the_first_bytes_of_a_stream_arrive_before_the_last_are_sent() {
    let stream = json!({"response_transfer_mode": "stream", "timeout_millis": 60_000});
    let (gateway, service) = serving(&stream);
    let (mut client, mut sends) = asked(&gateway, &service);
    sends.write_all(format!("{HEAD}6\r\nfirst\n\r\n").as_bytes()).expect("a first piece");
    let head = client.head().expect("a head");
    assert_eq!(head.status, 200);
    assert_eq!(head.header("content-type"), Some("image/png"));
    assert_eq!(head.header("content-encoding"), None);
    assert_eq!(client.chunk().expect("a first piece"), b"first\n");
    sends.write_all(b"5\r\nlast\n\r\n0\r\n\r\n").expect("a last piece");
    assert_eq!(client.chunk().expect("a last piece"), b"last\n");
    assert_eq!(client.chunk().expect("an end"), b"");

    gateway.assert_healthy();

    // What does not come as a stream is held back where the gateway reads it, here to say it in base64.
    let (gateway, service) = serving(&json!({}));
    let (mut client, mut sends) = asked(&gateway, &service);
    sends.write_all(format!("{HEAD}6\r\nfirst\n\r\n").as_bytes()).expect("a first piece");
    client.wait_at_most(Duration::from_millis(500)).expect("a limit");
    let nothing = client.head().expect_err("nothing that has come yet");
    assert!(matches!(nothing.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut), "{nothing}");
    client.wait_at_most(wait::PATIENCE).expect("a limit");
    sends.write_all(b"5\r\nlast\n\r\n0\r\n\r\n").expect("a last piece");
    let answer = client.receive(false).expect("an answer");
    assert_eq!((answer.status, answer.text()), (200, "Zmlyc3QKbGFzdAo="));
    gateway.assert_healthy();
}

#[test]
fn a_stream_ends_when_its_time_is_over() {
    let brief = json!({"response_transfer_mode": "stream", "timeout_millis": 400});
    let (gateway, service) = serving(&brief);
    let (mut client, _silent) = asked(&gateway, &service);
    let answer = client.receive(false).expect("an answer");
    let said = r#"{"message": "Endpoint request timed out"}"#;
    assert_eq!((answer.status, answer.text()), (504, said));

    let (mut client, mut sends) = asked(&gateway, &service);
    let begun = Instant::now();
    sends.write_all(format!("{HEAD}6\r\nfirst\n\r\n").as_bytes()).expect("a first piece");
    assert_eq!(client.head().expect("a head").status, 200);
    assert_eq!(client.chunk().expect("a first piece"), b"first\n");
    // It is cut, so that nobody takes it for the whole.
    assert!(client.chunk().is_err());
    let passed = begun.elapsed();
    assert!((300..10_000).contains(&passed.as_millis()), "{passed:?}");
    gateway.assert_healthy();
}
