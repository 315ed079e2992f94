//! Responses that are compressed from a size on.

use serde_json::json;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{Answer, Backend, Gateway, Request, definition};

fn serving(backend: &Backend) -> Gateway {
    let api = |size: Option<u32>| {
        json!({
            "name": "Api",
            "protocol": "rest",
            "integrations": {"backend": {"http_proxy": {"uri": backend.url("/")}}},
            "routes": {"ANY /{proxy+}": {"authorization": "none", "integration": "backend"}},
            "minimum_compression_size": size,
            "stages": {"prod": {}},
        })
    };
    let domain = |api: &str| json!({"mappings": {"": {"api": api, "stage": "prod"}}});
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "apis": {"small": api(Some(100)), "large": api(Some(1000)), "never": api(None)},
            "domains": {
                "small.example": domain("small"),
                "large.example": domain("large"),
                "never.example": domain("never"),
            },
        })),
        1,
    )
}

fn get(gateway: &Gateway, host: &str, coding: &str) -> Answer {
    Request::to("GET", "/x", host).header("accept-encoding", coding).send(gateway)
}

#[test]
fn what_is_as_long_as_the_api_says_is_compressed_for_who_asks() {
    let backend = Backend::start();
    let gateway = serving(&backend);
    let check = |host: &str, coding: &str, bytes: usize, compressed: bool| {
        backend.behave(Behaviour::Say(200, "a".repeat(bytes)));
        let answer = get(&gateway, host, coding);
        let said = answer.header("content-encoding");
        assert_eq!(said, compressed.then_some("gzip"), "{host} {coding} {bytes}");
        assert_eq!(answer.body.len() == bytes, !compressed, "{host} {coding} {bytes}");
        assert!(answer.header("x-tollgate-compression").is_none());
    };
    check("small.example", "gzip", 99, false);
    check("small.example", "gzip", 100, true);
    check("small.example", "deflate, gzip;q=0.5", 100, true);
    check("small.example", "br", 100, false);
    check("small.example", "*", 100, false);
    check("small.example", "", 100, false);
    check("large.example", "gzip", 999, false);
    check("large.example", "gzip", 1000, true);
    check("never.example", "gzip", 5000, false);
}

#[test]
fn what_is_compressed_already_stays_as_it_is() {
    let backend = Backend::start();
    let gateway = serving(&backend);
    backend.behave(Behaviour::EchoWith(vec![
        ("content-encoding", "br"),
        ("content-type", "text/plain"),
    ]));
    let answer = get(&gateway, "small.example", "gzip");
    assert_eq!(answer.header("content-encoding"), Some("br"));
    // The client's own header of that name changes nothing.
    backend.behave(Behaviour::Say(200, "a".repeat(5000)));
    let request = Request::to("GET", "/x", "never.example").header("x-tollgate-compression", "100");
    let answer = request.header("accept-encoding", "gzip").send(&gateway);
    assert_eq!(answer.header("content-encoding"), None);
}
