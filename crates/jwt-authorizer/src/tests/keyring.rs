//! The life of keys that are fetched.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Expect, Host, Policy, Response};

use super::tokens::{ISSUER, NOW, token, token_by};
use super::worker::{Worker, key_set, of_key_one, ok};
use super::{bearing, issuer};
use crate::Notes;

const SECOND: Duration = Duration::from_secs(1);
const JWKS: &str = "https://issuer.example:443/jwks";

fn good() -> String {
    token(&json!({}))
}

fn waits(millis: u64) -> String {
    format!("waits until {:?}", NOW.after(Duration::from_millis(millis)).0)
}

fn discovery(path: &str) -> Option<Response> {
    match path {
        "/.well-known/openid-configuration" => {
            let jwks_uri = format!("{ISSUER}/keys?v=1");
            ok(json!({ "issuer": ISSUER, "jwks_uri": jwks_uri, "more": [] }).to_string())
        }
        _ => of_key_one(path),
    }
}

#[test]
fn discovery_leads_to_the_keys() {
    let host = FakeHost::at(NOW);
    let worker = Worker::new(&issuer(&json!({ "keys": { "discovery": {} } })), &host);
    let fetched = worker.work(&discovery);
    assert_eq!(
        fetched,
        [
            "https://issuer.example:443/.well-known/openid-configuration",
            "https://issuer.example:443/keys?v=1",
        ]
    );
    assert_eq!(worker.judge(&good()), "admitted");
    assert_eq!(worker.work(&discovery), [""; 0]);
    assert_eq!(host.logged(), ["the keys of `https://issuer.example`: 1 in use, 0 skipped"]);
}

#[test]
fn a_cluster_may_have_a_name_of_its_own() {
    let host = FakeHost::at(NOW);
    let keys = json!({ "discovery": { "cluster": "idp" } });
    let worker = Worker::new(&issuer(&json!({ "keys": keys })), &host);
    let expected = ["idp/.well-known/openid-configuration", "idp/keys?v=1"];
    assert_eq!(worker.work(&discovery), expected);
    let host = FakeHost::at(NOW);
    let keys = json!({ "jwks_uri": { "uri": "https://keys.example?a=b", "cluster": "idp" } });
    let worker = Worker::new(&issuer(&json!({ "keys": keys })), &host);
    assert_eq!(worker.work(&of_key_one), ["idp/?a=b"]);
}

#[test]
fn one_worker_fetches_for_all() {
    let host = FakeHost::at(NOW);
    let (one, other) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    let fetch = one.authorizer.work(&host).fetches.pop().expect("a fetch");
    for _ in 0..3 {
        assert!(one.authorizer.work(&host).fetches.is_empty());
        assert!(other.authorizer.work(&host).fetches.is_empty());
    }
    let (mut notes, mut exchange) = (Notes::default(), bearing(&good()));
    assert_eq!(other.send(&mut notes, &mut exchange), waits(1_500));
    one.authorizer.on_fetched(fetch.id, of_key_one("/jwks"), &host);
    assert_eq!(one.judge(&good()), "admitted");
    // The other hears of it from its timer, or sees for itself.
    let late = Worker::of_jwks_uri(&host);
    assert_eq!(late.judge(&good()), "admitted");
    let work = other.authorizer.work(&host);
    assert!(work.news && work.fetches.is_empty());
    assert_eq!(other.wake(&mut notes, &mut exchange), "admitted");
    assert!(!other.authorizer.work(&host).news);
}

#[test]
fn the_first_requests_wait_and_not_for_ever() {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    let (mut notes, mut exchange) = (Notes::default(), bearing(&good()));
    assert_eq!(worker.send(&mut notes, &mut exchange), waits(1_500));
    host.pass(SECOND);
    assert_eq!(worker.wake(&mut notes, &mut exchange), waits(1_500));
    host.pass(SECOND / 2);
    let refused = "401 OIDC discovery endpoint communication error";
    assert_eq!(worker.wake(&mut notes, &mut exchange), refused);
    assert!(exchange.context.authorizer.is_none());
    // Nothing is waited for that could not make the request good.
    let expired = token(&json!({ "exp": 1 }));
    assert_eq!(worker.judge(&expired), "401 the token has expired");
    assert_eq!(worker.judge(&token_by(1, None, &json!({}))), "401 unable to find key");
}

#[test]
fn how_long_a_request_waits_is_configured() {
    #[track_caller]
    fn check(millis: u32, expected: &str) {
        let host = FakeHost::at(NOW);
        let mut config =
            issuer(&json!({ "keys": { "jwks_uri": { "uri": format!("{ISSUER}/jwks") } } }));
        config["key_wait_millis"] = json!(millis);
        assert_eq!(Worker::new(&config, &host).judge(&good()), expected);
    }
    check(10_000, &waits(10_000));
    check(1, &waits(1));
    check(0, "401 OIDC discovery endpoint communication error");
}

#[test]
fn keys_are_fetched_again_before_they_are_old() {
    #[track_caller]
    fn check(cache_control: Option<&str>, after: u64) {
        let host = FakeHost::at(NOW);
        let worker = Worker::of_jwks_uri(&host);
        let answer = |path: &str| {
            let mut answer = of_key_one(path)?;
            cache_control.inspect(|value| answer.headers.append("cache-control", value));
            Some(answer)
        };
        assert_eq!(worker.work(&answer), [JWKS]);
        host.pass(Duration::from_secs(after).saturating_sub(Duration::from_millis(1)));
        assert_eq!(worker.work(&answer), [""; 0], "{cache_control:?}");
        host.pass(Duration::from_millis(1));
        assert_eq!(worker.work(&answer), [JWKS], "{cache_control:?}");
        assert_eq!(worker.work(&answer), [""; 0], "{cache_control:?}");
    }
    check(None, 480);
    check(Some("public, max-age=100"), 80);
    check(Some("max-age=0"), 48);
    check(Some("max-age=99999999999"), 5_760);
    check(Some("max-age=-1, no-store"), 480);
}

#[test]
fn an_unknown_key_has_the_keys_fetched_once_in_a_while() {
    let host = FakeHost::at(NOW);
    let worker = Worker::of_jwks_uri(&host);
    worker.work(&of_key_one);
    let rotated = |_: &str| ok(key_set(&[(1, "one"), (2, "two")]));
    let (two, made_up) =
        (token_by(2, Some("two"), &json!({})), token_by(2, Some("made-up"), &json!({})));
    host.pass(10 * SECOND - Duration::from_millis(1));
    assert_eq!(worker.judge(&two), "401 unable to find key");
    assert_eq!(worker.work(&rotated), [""; 0]);
    host.pass(Duration::from_millis(1));
    let (mut notes, mut exchange) = (Notes::default(), bearing(&two));
    assert_eq!(worker.send(&mut notes, &mut exchange), waits(11_500));
    assert_eq!(worker.judge(&made_up), waits(11_500));
    assert_eq!(worker.work(&rotated), [JWKS]);
    assert_eq!(worker.wake(&mut notes, &mut exchange), "admitted");
    for _ in 0..9 {
        assert_eq!(worker.judge(&made_up), "401 unable to find key");
        assert_eq!(worker.work(&rotated), [""; 0]);
        host.pass(SECOND);
    }
    // What an expired or otherwise bad token names is not looked for.
    host.pass(10 * SECOND);
    let expired = token_by(2, Some("made-up"), &json!({ "exp": 1 }));
    assert_eq!(worker.judge(&expired), "401 the token has expired");
    assert_eq!(worker.work(&rotated), [""; 0]);
}

#[test]
fn the_cool_down_is_that_of_all_workers() {
    let host = FakeHost::at(NOW);
    let (one, other) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    one.work(&of_key_one);
    host.pass(10 * SECOND);
    let made_up = token_by(1, Some("made-up"), &json!({}));
    assert_eq!(one.judge(&made_up), waits(11_500));
    assert_eq!(one.work(&of_key_one), [JWKS]);
    // The other has never seen any keys: it takes those of the first, which are fresh.
    assert_eq!(other.judge(&made_up), "401 unable to find key");
    assert_eq!(other.work(&of_key_one), [""; 0]);
}

#[test]
fn a_key_that_is_withdrawn_is_no_key() {
    let host = FakeHost::at(NOW);
    let (one, other) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    one.work(&of_key_one);
    assert_eq!(other.judge(&good()), "admitted");
    host.pass(480 * SECOND);
    let later = token(&json!({ "exp": NOW.as_secs() + 3_600 }));
    assert_eq!(other.judge(&later), "admitted");
    one.work(&|_| ok(key_set(&[(2, "one")])));
    assert_eq!(one.judge(&later), "401 the token signature is invalid");
    assert!(other.authorizer.work(&host).news);
    assert_eq!(other.judge(&later), "401 the token signature is invalid");
}

#[test]
fn who_trusts_other_hosts_shares_no_keys() {
    let host = FakeHost::at(NOW);
    let at = |hosts: Value| {
        let keys = json!({ "discovery": { "jwks_hosts": hosts } });
        Worker::new(&issuer(&json!({ "keys": keys })), &host)
    };
    let elsewhere = |path: &str| match path {
        "/jwks" => of_key_one(path),
        _ => ok(json!({ "issuer": ISSUER, "jwks_uri": "https://a.example/jwks" }).to_string()),
    };
    let (trusting, strict) = (at(json!(["https://a.example"])), at(json!(["https://b.example"])));
    trusting.work(&elsewhere);
    strict.work(&elsewhere);
    assert_eq!(trusting.judge(&good()), "admitted");
    assert_eq!(strict.judge(&good()), waits(1_500));
}

#[test]
fn a_board_that_contradicts_itself_hangs_nobody() {
    let host = FakeHost::at(NOW);
    let (one, other) = (Worker::of_jwks_uri(&host), Worker::of_jwks_uri(&host));
    one.work(&of_key_one);
    let stamp = "tollgate.jwks.stamp|https://issuer.example:443|issuer.example|/jwks";
    assert!(host.shared(stamp).is_some());
    host.share(stamp, &[7; 16], Expect::Anything).expect("a write");
    let unknown = token_by(2, Some("two"), &json!({}));
    assert_eq!(other.judge(&unknown), "401 unable to find key");
    assert_eq!(other.judge(&good()), "admitted");
    for broken in [&[][..], &[1], &[0xff; 64]] {
        for what in ["stamp", "keys", "lease"] {
            host.share(&stamp.replace("stamp", what), broken, Expect::Anything).expect("a write");
            assert_eq!(other.judge(&unknown), "401 unable to find key");
            assert_eq!(other.judge(&good()), "admitted");
            other.work(&of_key_one);
        }
    }
}

#[test]
fn keys_in_the_configuration_are_never_fetched() {
    let host = FakeHost::at(NOW);
    let worker = Worker::new(&super::config(&json!({})), &host);
    let work = worker.authorizer.work(&host);
    assert!(work.fetches.is_empty() && work.again.is_none() && !work.news);
    host.pass(10 * SECOND);
    let mut exchange: Exchange = bearing(&token_by(2, Some("two"), &json!({})));
    assert_eq!(worker.send(&mut Notes::default(), &mut exchange), "401 unable to find key");
}
