//! How keys are fetched: once for all workers, again when they must be, and never so that a
//! request waits for ever.

use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tollgate_tests::issuer::{Algorithm, Behaviour, SigningKey};
use tollgate_tests::wait::OverOnDrop;
use tollgate_tests::{Backend, Gateway, Issuer, Request, definition, wait};

/// A little more than the time for which a made-up `kid` fetches nothing.
const COOLED_DOWN: Duration = Duration::from_secs(20);

fn serve(backend: &Backend, authorizer: &Value, workers: u16) -> Gateway {
    let api = definition::authorized_api(&backend.url(""), authorizer, &[]);
    Gateway::with_workers(api, workers)
}

fn ask(gateway: &Gateway, token: &str) -> u16 {
    Request::get("/").bearer(token).send(gateway).status
}

/// As many requests at once, each over its own connection, so that every worker gets some.
fn ask_at_once(gateway: &Gateway, count: usize, token: &str) -> Vec<u16> {
    thread::scope(|scope| {
        let all: Vec<_> = (0..count).map(|_| scope.spawn(|| ask(gateway, token))).collect();
        all.into_iter().map(|each| each.join().expect("an answer")).collect()
    })
}

fn one_fetch_for_all(workers: u16) {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    // Late enough for requests to come before the keys, as they will.
    let late = Behaviour::Late(Duration::from_millis(700));
    issuer.behave(late.clone(), late);
    let gateway = serve(&backend, &issuer.authorizer(), workers);
    let statuses = ask_at_once(&gateway, 32, &issuer.token());
    assert_eq!(statuses, [200; 32]);
    // Different tokens, so that none is remembered.
    for number in 0..32 {
        assert_eq!(ask(&gateway, &issuer.token_with(&json!({"n": number}))), 200);
    }
    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (1, 1));
    gateway.assert_healthy();
}

#[test]
fn two_workers_and_many_first_requests_fetch_once() {
    one_fetch_for_all(2);
}

#[test]
fn four_workers_and_many_first_requests_fetch_once() {
    one_fetch_for_all(4);
}

#[test]
fn an_unknown_kid_has_the_keys_fetched_again_once_in_a_while() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let gateway = serve(&backend, &issuer.authorizer(), 2);
    let start = Instant::now();
    assert_eq!(ask(&gateway, &issuer.token()), 200);
    let made_up = SigningKey::make(Algorithm::Es256, "made-up").sign(&issuer.claims(&json!({})));
    assert!(ask_at_once(&gateway, 16, &made_up).iter().all(|status| *status == 401));
    assert_eq!(issuer.key_fetches(), 1, "the keys have only just been fetched");
    // The rest of the cool-down, and a little more: one fetch for all of these.
    wait::until_true("second fetch", COOLED_DOWN, || {
        assert_eq!(ask(&gateway, &made_up), 401);
        issuer.key_fetches() > 1
    });
    assert!(start.elapsed() > Duration::from_secs(8), "it came too soon: {:?}", start.elapsed());
    assert!(ask_at_once(&gateway, 16, &made_up).iter().all(|status| *status == 401));
    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (2, 2));
    assert_eq!(ask(&gateway, &issuer.token_with(&json!({"n": 1}))), 200);
}

#[test]
fn keys_rotate_under_load_and_a_withdrawn_one_admits_nobody() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let gateway = serve(&backend, &issuer.authorizer(), 2);
    let old = issuer.token();
    assert_eq!(ask(&gateway, &old), 200);
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let (gateway, old, over) = (&gateway, &old, &over);
        let end = OverOnDrop(over);
        let load = scope.spawn(move || {
            let mut seen = Vec::new();
            while !over.load(Ordering::SeqCst) {
                seen.push(ask(gateway, old));
            }
            seen
        });
        issuer.publish(vec![SigningKey::make(Algorithm::EdDsa, "key-2")]);
        let new = issuer.token();
        wait::until_true("admission by the new key", COOLED_DOWN, || {
            let status = ask(gateway, &new);
            assert!(matches!(status, 200 | 401), "{status}");
            status == 200
        });
        // The other worker learns of it within its poll.
        wait::until_true("end of the old key", Duration::from_secs(10), || {
            ask_at_once(gateway, 8, old).iter().all(|status| *status == 401)
        });
        drop(end);
        let seen = load.join().expect("the load");
        assert!(seen.iter().all(|status| matches!(status, 200 | 401)), "{seen:?}");
        assert!(ask_at_once(gateway, 16, &new).iter().all(|status| *status == 200));
        assert!(ask_at_once(gateway, 16, old).iter().all(|status| *status == 401));
    });
    assert_eq!(issuer.key_fetches(), 2);
    gateway.assert_healthy();
}

#[test]
fn the_keys_are_kept_while_the_issuer_is_down() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let gateway = serve(&backend, &issuer.authorizer(), 2);
    assert_eq!(ask(&gateway, &issuer.token()), 200);
    issuer.go_down();
    let made_up = SigningKey::make(Algorithm::Es256, "made-up").sign(&issuer.claims(&json!({})));
    wait::until_true("failed fetch", COOLED_DOWN, || {
        assert_eq!(ask(&gateway, &made_up), 401);
        gateway.log().contains("the keys it had are kept")
    });
    for number in 0..16 {
        assert_eq!(ask(&gateway, &issuer.token_with(&json!({"n": number}))), 200);
    }
    // Nor does a made-up `kid` make anyone wait for long while it is down.
    let start = Instant::now();
    assert!(ask_at_once(&gateway, 8, &made_up).iter().all(|status| *status == 401));
    assert!(start.elapsed() < Duration::from_secs(5), "{:?}", start.elapsed());
    gateway.assert_healthy();
}

#[test]
fn a_gateway_that_starts_before_its_issuer_admits_once_that_is_there() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    issuer.go_down();
    let gateway = serve(&backend, &issuer.authorizer(), 2);
    let answer = Request::get("/").bearer(&issuer.token()).send(&gateway);
    assert_eq!(answer.status, 401);
    let expected = r#"Bearer scope="" error="invalid_token" error_description="OIDC discovery endpoint communication error""#;
    assert_eq!(answer.header("www-authenticate"), Some(expected));
    assert_eq!(Request::get("/open/x").send(&gateway).status, 200);
    issuer.come_back();
    wait::until_true("admission", COOLED_DOWN, || ask(&gateway, &issuer.token()) == 200);
}

#[test]
fn an_issuer_that_does_not_answer_holds_a_request_for_a_bounded_time() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    issuer.behave(Behaviour::Late(Duration::from_secs(60)), Behaviour::Good);
    let gateway = serve(&backend, &issuer.authorizer(), 2);
    let start = Instant::now();
    let statuses = ask_at_once(&gateway, 16, &issuer.token());
    assert!(statuses.iter().all(|status| *status == 401), "{statuses:?}");
    assert!(start.elapsed() < Duration::from_secs(6), "{:?}", start.elapsed());
    assert_eq!(Request::get("/open/x").send(&gateway).status, 200);
}

#[test]
fn an_issuer_that_answers_nonsense_gives_no_keys_until_it_comes_to_its_senses() {
    let backend = Backend::start();
    let say = |status, kind, body: &str| Behaviour::Say(status, kind, body.to_owned());
    let html = say(200, "text/html", "<html><body>Sign in</body></html>");
    let large =
        say(200, "application/json", &format!(r#"{{"keys":[],"x":"{}"}}"#, "x".repeat(200_000)));
    let good = Behaviour::Good;
    let wrong = [
        (html.clone(), good.clone(), "discovery: the document is not JSON"),
        (good.clone(), html, "key set: "),
        (say(500, "text/plain", "oops"), good.clone(), "discovery: the answer is 500"),
        (good.clone(), say(500, "text/plain", "oops"), "key set: the answer is 500"),
        (large.clone(), good.clone(), "discovery: the document is larger than"),
        (good.clone(), large, "key set: "),
        (good.clone(), say(200, "application/json", r#"{"keys":[]}"#), "key set: there is no key"),
        (Behaviour::Redirect("/elsewhere".into()), good.clone(), "discovery: the answer is 302"),
        (good.clone(), Behaviour::Redirect("/elsewhere".into()), "key set: the answer is 302"),
        (
            say(200, "application/json", r#"{"issuer":"https://a.example","jwks_uri":"/"}"#),
            good,
            "discovery: the document is about another issuer",
        ),
    ];
    let issuers: Vec<_> = wrong.iter().map(|_| Issuer::start()).collect();
    for (issuer, (discovery, keys, _)) in issuers.iter().zip(&wrong) {
        issuer.behave(discovery.clone(), keys.clone());
    }
    let all: Vec<_> = issuers.iter().map(|each| each.authorizer()["issuers"][0].clone()).collect();
    let gateway = serve(&backend, &json!({"issuers": all}), 2);
    thread::scope(|scope| {
        for (issuer, (_, _, why)) in issuers.iter().zip(&wrong) {
            let gateway = &gateway;
            scope.spawn(move || {
                assert_eq!(ask(gateway, &issuer.token()), 401, "{why}");
                let reported = format!("the keys of `{}`: {why}", issuer.url());
                wait::until_true(&reported, wait::PATIENCE, || gateway.log().contains(&reported));
                issuer.behave(Behaviour::Good, Behaviour::Good);
                wait::until_true(why, COOLED_DOWN, || ask(gateway, &issuer.token()) == 200);
            });
        }
    });
    gateway.assert_healthy();
}

#[test]
fn keys_that_lie_elsewhere_are_fetched_only_where_the_operator_says_so() {
    let (backend, issuer, other) = (Backend::start(), Issuer::start(), Issuer::start());
    let document = json!({"issuer": issuer.url(), "jwks_uri": format!("{}/keys", other.url())});
    issuer.behave(Behaviour::Say(200, "application/json", document.to_string()), Behaviour::Good);
    let token = {
        let key = SigningKey::make(Algorithm::Es256, "key-1");
        other.publish(vec![key.clone()]);
        key.sign(&issuer.claims(&json!({})))
    };
    let gateway = serve(&backend, &issuer.authorizer(), 1);
    assert_eq!(ask(&gateway, &token), 401);
    assert_eq!(other.key_fetches(), 0);
    let mut authorizer = issuer.authorizer();
    authorizer["issuers"][0]["keys"]["discovery"]["jwks_hosts"] = json!([other.url()]);
    let gateway = serve(&backend, &authorizer, 1);
    assert_eq!(ask(&gateway, &token), 200);
    assert_eq!(other.key_fetches(), 1);
}

#[test]
fn a_known_key_set_is_fetched_without_discovery() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let mut authorizer = issuer.authorizer();
    authorizer["issuers"][0]["keys"] =
        json!({"jwks_uri": {"uri": format!("{}/keys", issuer.url())}});
    let gateway = serve(&backend, &authorizer, 2);
    assert_eq!(ask(&gateway, &issuer.token()), 200);
    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (0, 1));
}
