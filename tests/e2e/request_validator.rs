//! `request-validator.wasm` on its own: what it refuses, and what reaches the backend.

use std::fs;
use std::net::SocketAddr;

use serde_json::{Value, json};
use tollgate_tests::alone::{bootstrap, wasm};
use tollgate_tests::{Alone, Answer, Backend, Envoy, Request, Service, envoy};

/// As much as a body that must be seen may have.
const MAX_BODY_BYTES: usize = 10 * 1024 * 1024;

fn config() -> Value {
    json!({
        "models": {
            "Pet": {
                "$schema": "http://json-schema.org/draft-04/schema#",
                "type": "object",
                "required": ["name"],
                "properties": {
                    "name": {"type": "string", "pattern": "^[A-Z][a-z]*$"},
                    "owner": {"$ref": "https://apigateway.amazonaws.com/restapis/a1/models/Person"},
                },
            },
            "Person": {"type": "object", "properties": {"pets": {"items": {"$ref": "#/definitions/Pet"}}}},
            // Every level is looked at three times over.
            "Deep": {"anyOf": [{"allOf": [{"items": {"$ref": "#"}}]}]},
            "Endless": {"anyOf": [{"$ref": "#"}, {"$ref": "#"}]},
        },
        "rules": [
            {"methods": ["POST"], "path": "/pets/{id}", "validation": {
                "required_parameters": [
                    "method.request.querystring.qs1",
                    "method.request.path.id",
                    "method.request.header.x-header-param",
                ],
                "models": {"application/json": "Pet"},
            }},
            {"path": "/pets", "validation": {"models": {"$default": "Pet"}}},
            {"path": "/deep", "validation": {"models": {"$default": "Deep"}}},
            {"path": "/endless", "validation": {"models": {"$default": "Endless"}}},
            {"path": "/open/{rest+}", "validation": {}},
        ],
        "unmatched": "refuse",
    })
}

fn start() -> (Backend, Alone) {
    let backend = Backend::start();
    let service = Service::new("backend", backend.url(""));
    let envoy = Alone::start("request-validator", &config(), &[service], 2);
    (backend, envoy)
}

/// An Envoy that holds more of a request than its usual megabyte, as the gateway's own does.
fn roomy(backend: &Backend) -> (Envoy, SocketAddr) {
    let folder = envoy::folder();
    let path = folder.path().to_str().expect("a path in UTF-8").to_owned();
    let services = [Service::new("backend", backend.url(""))];
    let mut config = bootstrap(&path, &[wasm("request-validator", &config())], &services);
    config["static_resources"]["listeners"][0]["per_connection_buffer_limit_bytes"] =
        json!(2 * MAX_BODY_BYTES);
    fs::write(folder.path().join("envoy.yaml"), config.to_string()).expect("a written file");
    let envoy = Envoy::start(folder, 2);
    let address = envoy::listener(&envoy, "own");
    (envoy, address)
}

#[track_caller]
fn check_refusal(answer: &Answer, body: &str) {
    assert_eq!((answer.status, answer.text()), (400, body));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-errortype"), Some("BadRequestException"));
}

const INVALID_BODY: &str = r#"{"message": "Invalid request body"}"#;

#[test]
fn missing_parameters_are_told() {
    let (backend, envoy) = start();
    let answer = Request::new("POST", "/pets/%20").send(&envoy);
    check_refusal(
        &answer,
        r#"{"message": "Missing required request parameters: [x-header-param, id, qs1]"}"#,
    );
    let answer = Request::new("POST", "/pets/7?qs1=1").body("{").send(&envoy);
    check_refusal(
        &answer,
        r#"{"message": "Missing required request parameters: [x-header-param]"}"#,
    );
    let request = Request::new("POST", "/pets/7?qs1=1").header("X-Header-Param", "1");
    check_refusal(&request.body("{").send(&envoy), INVALID_BODY);
    assert_eq!(backend.count(), 0);
    envoy.assert_healthy();
}

#[test]
fn a_good_body_reaches_the_backend_as_it_was_sent() {
    let (backend, envoy) = start();
    let body =
        "\n {\"name\" : \"Rex\", \"owner\": {\"pets\": [{\"name\": \"Tom\"}]}, \"x\": 1.50}\n";
    let answer = Request::new("POST", "/pets?a=b").body(body).send(&envoy);
    assert_eq!((answer.status, &answer.json()["body"]), (200, &json!(body)));
    let answer = Request::new("POST", "/open/a").body("no JSON").send(&envoy);
    assert_eq!((answer.status, &answer.json()["body"]), (200, &json!("no JSON")));
    assert_eq!(backend.targets(), ["/pets?a=b", "/open/a"]);
    envoy.assert_healthy();
}

#[test]
fn bad_bodies_are_refused_and_tell_nothing() {
    let (backend, envoy) = start();
    let deep = "[".repeat(100_000);
    let nested = format!(r#"{{"name": "Rex", "x": {}{}}}"#, "[".repeat(200), "]".repeat(200));
    for body in [
        "",
        "{}",
        "{",
        "null",
        "[]",
        r#"{"name": 7}"#,
        r#"{"name": "rex"}"#,
        r#"{"name": "Rex", "owner": {"pets": [{}]}}"#,
        r#"{"name": "Rex", "x": 1e999}"#,
        &deep,
        &nested,
    ] {
        check_refusal(&Request::new("POST", "/pets").body(body).send(&envoy), INVALID_BODY);
    }
    let mut bytes = br#"{"name": "Rex", "x": ""}"#.to_vec();
    bytes[22] = 0xff;
    check_refusal(&Request::new("POST", "/pets").body(bytes).send(&envoy), INVALID_BODY);
    assert_eq!(backend.count(), 0);
    envoy.assert_healthy();
}

#[test]
fn a_request_without_a_body_is_held_against_the_model() {
    let (backend, envoy) = start();
    for method in ["POST", "GET", "DELETE"] {
        check_refusal(&Request::new(method, "/pets").send(&envoy), INVALID_BODY);
    }
    assert_eq!(backend.count(), 0);
    envoy.assert_healthy();
}

#[test]
fn a_body_may_be_as_large_as_api_gateway_allows_and_no_larger() {
    let backend = Backend::start();
    let (envoy, address) = roomy(&backend);
    let of = |bytes: usize| {
        let (start, end) = (r#"{"name": "Rex", "x": ""#, r#""}"#);
        format!("{start}{}{end}", "a".repeat(bytes - start.len() - end.len()))
    };
    let answer = Request::new("POST", "/pets").body(of(MAX_BODY_BYTES)).send(address);
    assert_eq!(answer.status, 200);
    let answer = Request::new("POST", "/pets").body(of(MAX_BODY_BYTES + 1)).send(address);
    assert_eq!(answer.status, 413);
    // Many small values are no small matter.
    let many = format!("[{}0]", r#"{"":0},"#.repeat(1_400_000));
    check_refusal(&Request::new("POST", "/pets").body(many).send(address), INVALID_BODY);
    assert_eq!(backend.count(), 1);
    envoy.assert_healthy();
}

#[test]
fn what_is_deep_or_endless_ends() {
    let (backend, envoy) = start();
    let nested = |levels: usize| "[".repeat(levels) + &"]".repeat(levels);
    for _ in 0..4 {
        let answer = Request::new("POST", "/deep").body(nested(127)).send(&envoy);
        assert_eq!(answer.status, 200);
        check_refusal(&Request::new("POST", "/endless").body("{}").send(&envoy), INVALID_BODY);
        check_refusal(&Request::new("POST", "/deep").body(nested(128)).send(&envoy), INVALID_BODY);
    }
    assert_eq!(backend.count(), 4);
    envoy.assert_healthy();
}

#[test]
fn what_is_under_no_rule_is_refused_where_that_is_said() {
    let (backend, envoy) = start();
    let answer = Request::new("POST", "/pets/7/toys").send(&envoy);
    assert_eq!(
        (answer.status, answer.text()),
        (403, r#"{"message": "Missing Authentication Token"}"#)
    );
    assert_eq!(backend.count(), 0);
}

#[test]
fn a_model_that_cannot_be_honoured_keeps_envoy_from_starting_and_says_where() {
    let mut config = config();
    config["models"]["Pet"]["properties"]["name"]["pattern"] = json!("^(?!rex)");
    let log = Alone::try_start("request-validator", &config, &[], 1).expect_err("a refusal");
    assert!(
        log.contains("models.Pet: `#/properties/name/pattern` cannot be served: `^(?!rex)` has a"),
        "{log}"
    );
}
