//! `resource-policy.wasm` on its own, before a backend that answers everybody.

use serde_json::{Value, json};
use tollgate_tests::{Alone, Answer, Backend, Request, Service};

fn statement(effect: &str, resource: &str, condition: Value) -> Value {
    json!({
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": resource,
        "Condition": condition,
    })
}

fn config(statements: &[Value]) -> Value {
    json!({
        "policy": {"Version": "2012-10-17", "Statement": statements},
        "region": "eu-central-1",
        "account_id": "111122223333",
        "api_id": "shop",
        "stage": "prod",
    })
}

fn start(statements: &[Value]) -> (Backend, Alone) {
    let backend = Backend::start();
    let services = [Service::new("backend", backend.url(""))];
    let envoy = Alone::start("resource-policy", &config(statements), &services, 2);
    (backend, envoy)
}

/// What whoever is refused reads, of the resource after the stage.
fn told(resource: &str, how: &str) -> String {
    let message = format!(
        "User: anonymous is not authorized to perform: execute-api:Invoke on resource: \
         arn:aws:execute-api:eu-central-1:********3333:shop/prod/{resource}{how}"
    );
    json!({ "Message": message }).to_string()
}

#[track_caller]
fn assert_refused(answer: &Answer, told: &str) {
    assert_eq!((answer.status, answer.text()), (403, told));
    assert_eq!(answer.header("content-type"), Some("application/json"));
    assert_eq!(answer.header("x-amzn-errortype"), Some("AccessDeniedException"));
}

#[test]
fn only_whom_the_policy_allows_reaches_the_backend() {
    let (backend, envoy) = start(&[
        statement("Allow", "execute-api:/prod/GET/pets/*", json!({})),
        statement("Allow", "execute-api:/prod/POST/pets", json!({})),
        statement("Deny", "execute-api:/prod/*/pets/secret*", json!({})),
    ]);
    for (method, path) in [("GET", "/pets/1"), ("GET", "/pets/1/toys?all=1"), ("POST", "/pets")] {
        let answer = Request::new(method, path).send(&envoy);
        assert_eq!(answer.status, 200, "{method} {path}: {}", answer.text());
    }
    assert_eq!(backend.count(), 3);
    for (method, path, resource, how) in [
        ("GET", "/pets", "GET/pets", ""),
        ("POST", "/pets/1", "POST/pets/1", ""),
        ("GET", "/", "GET/", ""),
        ("DELETE", "/pets/1?x=/pets", "DELETE/pets/1", ""),
        ("GET", "/pets/secret", "GET/pets/secret", " with an explicit deny"),
        ("GET", "/pets/%73ecret/1", "GET/pets/%73ecret/1", " with an explicit deny"),
        ("GET", "//pets//secret", "GET//pets//secret", " with an explicit deny"),
        ("GET", "/pets/x%2f..%2fsecret", "GET/pets/x%2f..%2fsecret", ""),
    ] {
        assert_refused(&Request::new(method, path).send(&envoy), &told(resource, how));
    }
    assert_eq!(backend.count(), 3);
    envoy.assert_healthy();
}

#[test]
fn conditions_are_about_what_envoy_knows_of_the_client() {
    let network = json!({"NotIpAddress": {"aws:SourceIp": ["203.0.113.0/24", "2001:db8::/32"]}});
    let (backend, envoy) = start(&[
        statement("Allow", "execute-api:/*", json!({})),
        statement("Deny", "execute-api:/*", network),
        statement("Deny", "execute-api:/*", json!({"Bool": {"aws:SecureTransport": "false"}})),
        statement("Deny", "execute-api:/*", json!({"StringLike": {"aws:UserAgent": "*bot*"}})),
        statement("Deny", "*", json!({"DateGreaterThan": {"aws:CurrentTime": "2999-01-01"}})),
        statement("Deny", "*", json!({"DateLessThan": {"aws:CurrentTime": "2020-01-01"}})),
    ]);
    // The proxy before this Envoy is trusted: what it says of the client holds.
    let request = |from: &str, protocol: &str, agent: &[u8]| {
        let request = Request::get("/pets").header("x-forwarded-for", from);
        request.header("x-forwarded-proto", protocol).header("user-agent", agent).send(&envoy)
    };
    for from in ["203.0.113.7", "198.51.100.1, 203.0.113.255", "2001:db8::7"] {
        assert_eq!(request(from, "https", b"curl/8").status, 200, "{from}");
    }
    assert_eq!(backend.count(), 3);
    for (from, protocol, agent) in [
        ("198.51.100.1", "https", &b"curl/8"[..]),
        ("203.0.113.7, 198.51.100.1", "https", b"curl/8"),
        ("2001:db9::7", "https", b"curl/8"),
        ("203.0.113.7", "http", b"curl/8"),
        ("203.0.113.7", "https", b"a bot of somebody"),
        ("203.0.113.7", "https", b"\xff bot"),
    ] {
        let answer = request(from, protocol, agent);
        assert_refused(&answer, &told("GET/pets", " with an explicit deny"));
    }
    assert_eq!(backend.count(), 3);
    envoy.assert_healthy();
}

#[test]
fn a_policy_that_is_not_understood_is_not_served() {
    let unknown = statement("Deny", "*", json!({"IpAdress": {"aws:SourceIp": "10.0.0.0/8"}}));
    let config = config(&[statement("Allow", "*", json!({})), unknown]);
    let log = Alone::try_start("resource-policy", &config, &[], 1).unwrap_err();
    let expected = "policy.Statement[1].Condition.IpAdress: there is no operator `IpAdress`";
    assert!(log.contains(expected), "{log}");
}
