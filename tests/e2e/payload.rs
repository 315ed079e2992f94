//! Bodies in a coding, and bodies that are bytes.

use serde_json::{Value, json};
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::{Backend, Gateway, Request, definition};

/// `{"a":1}`, as gzip writes it.
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0,
    0, 0,
];

fn serving(backend: &Backend, integration: &Value) -> Gateway {
    let mut service = json!({"uri": backend.url("/")});
    for (name, value) in integration.as_object().into_iter().flatten() {
        service[name] = value.clone();
    }
    Gateway::with_workers(
        definition(json!({
            "version": 1,
            "default_api": "api",
            "apis": {"api": {
                "name": "Api",
                "protocol": "rest",
                "binary_media_types": ["image/*"],
                "models": {"order": {"type": "object", "required": ["a"]}},
                "integrations": {"backend": {"http_proxy": service}},
                "routes": {
                    "ANY /x": {"authorization": "none", "integration": "backend"},
                    "POST /checked": {
                        "authorization": "none",
                        "integration": "backend",
                        "validation": {"models": {"application/json": "order"}},
                    },
                },
                "stages": {"prod": {}},
            }},
        })),
        1,
    )
}

fn post(target: &str) -> Request {
    Request::new("POST", target)
}

#[test]
fn a_coded_body_is_decoded_before_anything_reads_it() {
    let backend = Backend::start();
    let gateway = serving(&backend, &json!({}));
    for target in ["/prod/x", "/prod/checked"] {
        let echo = post(target).header("content-encoding", "gzip").body(GZIP).send(&gateway).json();
        assert_eq!(echo["body"], r#"{"a":1}"#);
        assert_eq!(values(&echo, "content-length"), ["7"]);
        assert!(values(&echo, "content-encoding").is_empty());
    }
    let answer = post("/prod/x").header("content-encoding", "gzip").body(b"no gzip").send(&gateway);
    assert_eq!((answer.status, answer.text()), (415, r#"{"message": "Unsupported Media Type"}"#));
    let answer = post("/prod/x").header("content-encoding", "br").body(b"a").send(&gateway);
    assert_eq!(answer.status, 415);
    assert_eq!(backend.count(), 2);
}

/// 20 MB of zeros, in 20 KB.
#[test]
fn no_bomb_goes_off() {
    let backend = Backend::start();
    let gateway = serving(&backend, &json!({}));
    let bomb = include_bytes!("../data/payload/zeros.gz");
    let answer =
        post("/prod/x").header("content-encoding", "gzip").body(bomb.as_slice()).send(&gateway);
    assert_eq!((answer.status, answer.text()), (413, r#"{"message":"Request Too Long"}"#));
    assert_eq!(backend.count(), 0);
}

#[test]
fn bytes_and_text_are_converted_as_either_side_says() {
    let backend = Backend::start();
    let gateway = serving(&backend, &json!({"content_handling": "convert_to_text"}));
    let image = post("/prod/x").header("content-type", "image/png").header("accept", "text/plain");
    let echo = image.body([0, 0xff]).send(&gateway).json();
    assert_eq!(
        (&echo["body"], values(&echo, "content-length")),
        (&json!("AP8="), vec!["4".to_owned()])
    );
    // Text, for a client that takes images first, is what an image was encoded in.
    backend.behave(Behaviour::Say(200, "AP8=".to_owned()));
    let answer = Request::get("/prod/x").header("accept", "image/png").send(&gateway);
    assert_eq!((answer.status, answer.body.as_slice()), (200, &[0, 0xff][..]));
    assert_eq!(answer.header("content-length"), Some("2"));
    let answer = Request::get("/prod/x").header("accept", "text/plain").send(&gateway);
    assert_eq!(answer.text(), "AP8=");
    backend.behave(Behaviour::Say(200, "no base64".to_owned()));
    let answer = Request::get("/prod/x").header("accept", "image/png").send(&gateway);
    assert_eq!((answer.status, answer.text()), (500, r#"{"message": "Internal server error"}"#));
}
