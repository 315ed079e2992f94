//! Issuers that are slow, down, or answer nonsense.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Policy, Response};

use super::issuer;
use super::tokens::{ISSUER, NOW, token, token_by};
use super::worker::{Worker, down, key_set, of_key_one, ok};

const JWKS: &str = "https://issuer.example:443/jwks";
const REFUSED: &str = "401 OIDC discovery endpoint communication error";

fn status(status: u16, body: &str) -> Option<Response> {
    Some(Response { status, body: body.into(), ..Response::default() })
}

/// Answers every fetch with this, and expects it to be no key set.
#[track_caller]
fn check(answer: Option<Response>, expected: &str) {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    assert_eq!(worker.work(&|_| answer.clone()), [JWKS]);
    assert_eq!(host.logged(), [format!("the keys of `{ISSUER}`: key set: {expected}")]);
    assert!(worker.judge(&token(&json!({}))).starts_with("waits"));
}

#[test]
fn what_is_no_key_set_is_not_taken_for_one() {
    check(None, "there is no answer");
    check(status(500, &key_set(&[(1, "one")])), "the answer is 500");
    check(status(204, ""), "the answer is 204");
    check(
        status(302, &key_set(&[(1, "one")])),
        "the answer is 302, and redirects are not followed",
    );
    check(ok("<html>sign in</html>"), "the key set is not a JSON object");
    check(ok(""), "the key set is not a JSON object");
    check(ok([0xff, 0xfe]), "the key set is not a JSON object");
    check(ok(" ".repeat(200_000)), "the key set is longer than 150000 bytes");
    check(ok("{}"), "the key set has no array `keys`");
    check(ok(key_set(&[])), "there is no key that can be used");
    check(ok(r#"{"keys":[{"kty":"oct","k":"AAAA"}]}"#), "there is no key that can be used");
    check(ok(r#"{"keys":[],"keys":[]}"#), "the key set has a repeated member");
}

/// Discovers the issuer by this document, and expects it to lead nowhere.
#[track_caller]
fn discover(document: Option<Response>, expected: &str) {
    let host = FakeHost::at(NOW);
    let keys = json!({ "discovery": { "jwks_hosts": ["https://keys.example"] } });
    let worker = Worker::new(&issuer(&json!({ "keys": keys })), &host);
    let fetched = worker.work(&|path: &str| match path {
        "/.well-known/openid-configuration" => document.clone(),
        _ => of_key_one(path),
    });
    assert_eq!(fetched, ["https://issuer.example:443/.well-known/openid-configuration"]);
    assert_eq!(host.logged(), [format!("the keys of `{ISSUER}`: discovery: {expected}")]);
}

#[test]
fn a_document_about_something_else_leads_nowhere() {
    let document = |issuer: &str, jwks_uri: &str| {
        ok(json!({ "issuer": issuer, "jwks_uri": jwks_uri }).to_string())
    };
    let other = "the document is about another issuer";
    discover(document("https://other.example", "https://issuer.example/jwks"), other);
    discover(document("https://issuer.example/", "https://issuer.example/jwks"), other);
    let foreign = |host: &str| {
        format!(
            "its `jwks_uri` lies at `{host}`, which is not the issuer's own host: \
             name it in `jwks_hosts` to allow it"
        )
    };
    for (uri, host) in [
        ("https://evil.example/jwks", "https://evil.example:443"),
        ("https://issuer.example:8443/jwks", "https://issuer.example:8443"),
        ("http://issuer.example/jwks", "http://issuer.example:80"),
        ("https://issuer.example.evil.example/", "https://issuer.example.evil.example:443"),
        ("https://169.254.169.254/latest", "https://169.254.169.254:443"),
    ] {
        discover(document(ISSUER, uri), &foreign(host));
    }
    let no_url = "its `jwks_uri` is not an http or https URL";
    for uri in [
        "/jwks",
        "file:///etc/passwd",
        "https://issuer.example@evil.example/",
        "https://issuer.example/a b",
        "https://issuer.example/jwks HTTP/1.1\r\nx: y",
        "https://issuer.example/#jwks",
    ] {
        discover(document(ISSUER, uri), no_url);
    }
    let no_document = "the document is not JSON with `issuer` and `jwks_uri`";
    discover(ok("<html>"), no_document);
    discover(ok(json!({ "issuer": ISSUER }).to_string()), no_document);
    discover(ok("[".repeat(100_000)), no_document);
    discover(ok(" ".repeat(100_001)), "the document is larger than 100000 bytes");
    discover(status(404, "{}"), "the answer is 404");
    discover(status(301, "{}"), "the answer is 301, and redirects are not followed");
    discover(None, "there is no answer");
}

#[test]
fn a_document_may_lead_to_a_host_that_is_allowed() {
    let host = FakeHost::at(NOW);
    let keys = json!({ "discovery": { "jwks_hosts": ["https://keys.example"] } });
    let worker = Worker::new(&issuer(&json!({ "keys": keys })), &host);
    let fetched = worker.work(&|path: &str| match path {
        "/v1" => of_key_one(path),
        _ => ok(json!({ "issuer": ISSUER, "jwks_uri": "https://keys.example/v1" }).to_string()),
    });
    assert_eq!(fetched.last().map(String::as_str), Some("https://keys.example:443/v1"));
    assert_eq!(worker.judge(&token(&json!({}))), "admitted");
}

#[test]
fn a_document_that_leads_to_itself_is_no_key_set() {
    let host = FakeHost::at(NOW);
    let worker = Worker::new(&issuer(&json!({ "keys": { "discovery": {} } })), &host);
    let uri = format!("{ISSUER}/.well-known/openid-configuration");
    let fetched = worker.work(&|_| ok(json!({ "issuer": ISSUER, "jwks_uri": uri }).to_string()));
    assert_eq!(fetched.len(), 2);
    let logged = format!("the keys of `{ISSUER}`: key set: the key set has no array `keys`");
    assert_eq!(host.logged(), [logged]);
}

#[test]
fn keys_are_kept_while_the_issuer_is_down() {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    worker.work(&of_key_one);
    let long = token(&json!({ "exp": NOW.as_secs() + 1_000_000 }));
    for _ in 0..10 {
        host.pass(Duration::from_secs(24 * 60 * 60));
        assert_eq!(worker.work(&down), [JWKS]);
        assert_eq!(worker.judge(&long), "admitted");
    }
    let logged = host.logged();
    let expected =
        format!("the keys of `{ISSUER}`: key set: there is no answer; the keys it had are kept");
    assert_eq!((logged.len(), logged.last()), (11, Some(&expected)));
    // A key it does not have is not waited for as long as nothing can come.
    let unknown = token_by(2, Some("two"), &json!({ "exp": NOW.as_secs() + 1_000_000 }));
    assert_eq!(worker.judge(&unknown), "401 unable to find key");
}

#[test]
fn an_issuer_that_is_down_is_asked_ever_more_rarely() {
    let host = FakeHost::at(NOW);
    let (one, other) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    for millis in [250, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000, 60_000, 60_000] {
        assert_eq!(one.work(&down), [JWKS]);
        host.pass(Duration::from_millis(millis - 1));
        assert_eq!(other.work(&down), [""; 0], "before {millis} ms");
        assert_eq!(one.work(&down), [""; 0], "before {millis} ms");
        if millis > 2_500 {
            // The next attempt is after a request could have waited.
            host.pass(Duration::from_millis(1));
        } else {
            // The timer is told when to try again.
            let again = one.authorizer.work(&host).again.expect("a time");
            assert!((1..=2).contains(&again.as_millis()), "{again:?}");
            host.pass(again);
        }
    }
    assert_eq!(other.work(&of_key_one), [JWKS]);
    // Once it has worked, the next failure is a first one.
    host.pass(Duration::from_secs(480));
    assert_eq!(one.work(&down), [JWKS]);
    host.pass(Duration::from_millis(250));
    assert_eq!(one.work(&down), [JWKS]);
}

#[test]
fn nobody_waits_for_an_issuer_that_has_failed_for_long() {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    let judge = || worker.judge(&token(&json!({})));
    assert!(judge().starts_with("waits"));
    for millis in [250, 500, 1_000] {
        worker.work(&down);
        assert!(judge().starts_with("waits"), "after {millis}");
        host.pass(Duration::from_millis(millis));
    }
    worker.work(&down);
    assert_eq!(judge(), REFUSED);
}

#[test]
fn a_worker_that_dies_while_it_fetches_is_stood_in_for() {
    let host = FakeHost::at(NOW);
    let (dies, lives) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    assert_eq!(dies.authorizer.work(&host).fetches.len(), 1);
    drop(dies);
    host.pass(Duration::from_millis(4_999));
    assert_eq!(lives.work(&of_key_one), [""; 0]);
    host.pass(Duration::from_millis(1));
    assert_eq!(lives.work(&of_key_one), [JWKS]);
    assert_eq!(lives.judge(&token(&json!({}))), "admitted");
}

#[test]
fn a_reply_nobody_waits_for_is_dropped() {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    for id in [0, 1, u32::MAX] {
        worker.authorizer.on_fetched(id, of_key_one("/jwks"), &host);
    }
    assert!(worker.judge(&token(&json!({}))).starts_with("waits"));
    let fetch = worker.authorizer.work(&host).fetches.pop().expect("a fetch");
    worker.authorizer.on_fetched(fetch.id, of_key_one("/jwks"), &host);
    worker.authorizer.on_fetched(fetch.id, None, &host);
    assert_eq!(worker.judge(&token(&json!({}))), "admitted");
}

#[test]
fn every_issuer_has_a_fetch_of_its_own() {
    let host = FakeHost::at(NOW);
    let other = "https://other.example";
    let of = |issuer: &str| -> Value {
        json!({
            "issuer": issuer,
            "audiences": "unchecked",
            "keys": { "jwks_uri": { "uri": format!("{issuer}/jwks") } },
        })
    };
    let worker = Worker::new(&json!({ "issuers": [of(ISSUER), of(other)] }), &host);
    let fetches = worker.authorizer.work(&host).fetches;
    assert_eq!(fetches.iter().map(|fetch| fetch.id).collect::<Vec<_>>(), [0, 1]);
    worker.authorizer.on_fetched(1, ok(key_set(&[(2, "one")])), &host);
    worker.authorizer.on_fetched(0, ok(key_set(&[(1, "one")])), &host);
    assert_eq!(worker.judge(&token(&json!({}))), "admitted");
    assert_eq!(worker.judge(&token_by(2, Some("one"), &json!({ "iss": other }))), "admitted");
    let crossed = token_by(1, Some("one"), &json!({ "iss": other }));
    assert_eq!(worker.judge(&crossed), "401 the token signature is invalid");
}
