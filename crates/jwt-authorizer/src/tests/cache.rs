//! Tokens that were verified before.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_jose::{Claims, Jws, Key, PureRust};
use tollgate_policy::Policy;
use tollgate_policy::fake::FakeHost;

use super::tokens::{ISSUER, NOW, RSA_JWK, RSA_TOKEN};
use super::worker::{Counting, ok};
use super::{authorizer, bearing, issuer, outcome};
use crate::JwtAuthorizer;
use crate::cache::Cache;
use crate::verified::Verified;

fn keys() -> Value {
    let key: Value = serde_json::from_str(RSA_JWK).expect("JSON");
    json!({ "keys": [key] })
}

fn of_rsa() -> Value {
    issuer(&json!({ "keys": { "jwks": keys() } }))
}

#[track_caller]
fn check(authorizer: &JwtAuthorizer, host: &Counting<'_>, expected: &str, asked: u32) {
    assert_eq!(outcome(authorizer, &mut bearing(RSA_TOKEN), host), expected);
    assert_eq!(host.asked.get(), asked, "signatures verified");
}

#[test]
fn a_token_is_verified_once() {
    let clock = FakeHost::at(NOW);
    let host = Counting::new(&clock);
    let authorizer = authorizer(&of_rsa());
    check(&authorizer, &host, "admitted", 1);
    check(&authorizer, &host, "admitted", 1);
    let mut exchange = bearing(RSA_TOKEN);
    assert_eq!(outcome(&authorizer, &mut exchange, &host), "admitted");
    let caller = exchange.context.authorizer.expect("an identity");
    assert_eq!(caller.principal_id.as_deref(), Some("alice"));
}

#[test]
fn the_host_is_believed_where_it_can_verify() {
    let clock = FakeHost::at(NOW);
    let authorizer = authorizer(&of_rsa());
    let no = Counting { says: Some(false), ..Counting::new(&clock) };
    check(&authorizer, &no, "401 the token signature is invalid", 1);
    check(&authorizer, &no, "401 the token signature is invalid", 2);
    let yes = Counting { says: Some(true), ..Counting::new(&clock) };
    check(&authorizer, &yes, "admitted", 1);
}

#[test]
fn a_token_that_was_verified_still_expires() {
    let clock = FakeHost::at(NOW);
    let host = Counting::new(&clock);
    let mut config = of_rsa();
    config["leeway_secs"] = json!(5);
    let authorizer = authorizer(&config);
    check(&authorizer, &host, "admitted", 1);
    clock.pass(Duration::from_millis(64_999));
    check(&authorizer, &host, "admitted", 1);
    clock.pass(Duration::from_millis(1));
    check(&authorizer, &host, "401 the token has expired", 1);
    assert_eq!(authorizer.remembered(), 0);
}

#[test]
fn a_token_that_was_verified_still_needs_its_scopes() {
    let clock = FakeHost::at(NOW);
    let authorizer = authorizer(&of_rsa());
    let host = Counting::new(&clock);
    check(&authorizer, &host, "admitted", 1);
    let (mut notes, mut exchange) = (crate::Notes::default(), bearing(RSA_TOKEN));
    let verdict = authorizer.authorize(&mut notes, &mut exchange, &["read".to_owned()], &host);
    assert_eq!(super::text(&verdict), "403 the token does not have any of the required scopes");
}

#[test]
fn a_flood_of_bad_tokens_drives_no_good_one_out() {
    let clock = FakeHost::at(NOW);
    let host = Counting::new(&clock);
    let authorizer = authorizer(&of_rsa());
    check(&authorizer, &host, "admitted", 1);
    for number in 0..40_000 {
        let bad = format!("{RSA_TOKEN}{number}");
        let outcome = outcome(&authorizer, &mut bearing(&bad), &clock);
        assert!(outcome.starts_with("401"), "{outcome}");
    }
    assert_eq!(authorizer.remembered(), 1);
    check(&authorizer, &host, "admitted", 1);
}

#[test]
fn the_next_configuration_remembers_what_is_still_true() {
    let clock = FakeHost::at(NOW);
    let host = Counting::new(&clock);
    let before = authorizer(&of_rsa());
    check(&before, &host, "admitted", 1);
    let same = authorizer(&of_rsa());
    same.inherit(&before);
    check(&same, &host, "admitted", 1);
    let mut config = of_rsa();
    config["issuers"][0]["audiences"] = json!({ "any_of": ["shop"] });
    let other = authorizer(&config);
    other.inherit(&before);
    check(&other, &host, "401 the token does not have a valid audience", 1);
}

#[test]
fn the_next_configuration_has_the_keys_at_once() {
    let clock = FakeHost::at(NOW);
    let host = Counting::new(&clock);
    let config = issuer(&json!({ "keys": { "jwks_uri": { "uri": format!("{ISSUER}/jwks") } } }));
    let before = authorizer(&config);
    let fetch = before.work(&host).fetches.pop().expect("a fetch");
    before.on_fetched(fetch.id, ok(keys().to_string()), &host);
    check(&before, &host, "admitted", 1);
    let next = authorizer(&config);
    next.inherit(&before);
    check(&next, &host, "admitted", 1);
    let stranger = authorizer(&config);
    check(&stranger, &host, "admitted", 2);
}

/// A verified token to fill memories with.
fn verified() -> Rc<Verified> {
    let key = Key::parse(RSA_JWK.as_bytes()).expect("a key");
    let jws = Jws::parse(RSA_TOKEN).expect("a token");
    let proof = key.verify(&jws, &PureRust).expect("a good signature");
    let claims = Claims::parse(jws.payload()).expect("claims");
    Rc::new(Verified::new(proof, 0, key.thumbprint(), 0.0, claims))
}

#[test]
fn the_memory_is_bounded_in_tokens_and_in_bytes() {
    #[track_caller]
    fn fill(bytes: usize, most: usize) {
        let verified = verified();
        let mut cache = Cache::default();
        for number in 0..80_000_usize {
            let mut token = vec![b'a'; bytes];
            token.extend_from_slice(&number.to_le_bytes());
            cache.insert(&token, verified.clone());
            assert!(cache.len() <= most, "{} after {number}", cache.len());
            assert!(cache.get(&token).is_some());
        }
        assert!(cache.len() >= most / 2);
    }
    fill(8, 32_768);
    fill(8 * 1024, 2 * 1024);
}

#[test]
fn what_is_used_is_not_forgotten() {
    let verified = verified();
    let mut cache = Cache::default();
    cache.insert(b"often", verified.clone());
    cache.insert(b"once", verified.clone());
    for number in 0..70_000_u32 {
        cache.insert(&number.to_le_bytes(), verified.clone());
        assert!(cache.get(b"often").is_some(), "after {number}");
    }
    assert!(cache.get(b"once").is_none());
    cache.remove(b"often");
    assert!(cache.get(b"often").is_none());
}
