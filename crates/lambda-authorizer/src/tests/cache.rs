//! Answers that are kept.

use std::borrow::Borrow as _;
use std::rc::Rc;
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::Policy;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{
    ARN, Worker, allow, authorizer, bearing, deny, exchange, fails, policy, request, returns,
    simple, statement, token,
};
use crate::answer::{Answer, Shape};
use crate::cache::{Cache, Came};
use crate::key::Key;

fn kept(kind: &Value) -> Worker {
    Worker::new(kind, &json!({"ttl_secs": 300}))
}

fn yes() -> Option<tollgate_policy::Response> {
    returns(allow("*").to_string())
}

#[track_caller]
fn check(worker: &Worker, token: &str, expected: &str, is_asked: bool) {
    let (_, outcome, asked) = worker.judge(bearing(token), yes());
    assert_eq!((&*outcome, asked), (expected, is_asked), "{token}");
}

#[test]
fn an_answer_is_kept_as_long_as_the_operator_says() {
    let worker = kept(&token());
    let (mut sent, _) = worker.send(bearing("t"));
    // It holds from when it has come.
    worker.host.pass(Duration::from_secs(7));
    let _ = worker.reply(&mut sent, yes());
    check(&worker, "t", "admitted", false);
    worker.host.pass(Duration::from_millis(299_999));
    check(&worker, "t", "admitted", false);
    worker.host.pass(Duration::from_millis(1));
    assert_eq!(worker.authorizer.authorizer().remembered(), 1);
    check(&worker, "t", "admitted", true);
    check(&worker, "t", "admitted", false);
    // Nobody makes it hold longer by setting a clock.
    worker.host.step(tollgate_policy::Timestamp::from_secs(1));
    worker.host.pass(Duration::from_secs(300));
    check(&worker, "t", "admitted", true);
    // A caller who was not asked about has no latency of that.
    let (judged, ..) = worker.judge(bearing("t"), None);
    let caller = judged.context.authorizer.unwrap();
    assert_eq!((caller.principal_id.as_deref(), caller.latency), (Some("user-1"), None));
}

#[test]
fn nothing_is_kept_unless_the_operator_says_so() {
    let worker = Worker::new(&token(), &json!({}));
    check(&worker, "t", "admitted", true);
    check(&worker, "t", "admitted", true);
    assert_eq!(worker.authorizer.authorizer().remembered(), 0);
}

#[test]
fn refusals_are_kept_and_failures_are_not() {
    let denied =
        r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#;
    let worker = kept(&token());
    worker.judge(bearing("denied"), returns(deny("*").to_string()));
    check(&worker, "denied", &format!("403 {denied}"), false);
    for failure in [fails("Unauthorized"), fails("x"), None, returns("{}"), returns("")] {
        worker.judge(bearing("failed"), failure);
        check(&worker, "other", "admitted", true);
        let (_, verdict) = worker.send(bearing("failed"));
        assert_eq!(super::text(&verdict), "asks");
        worker.host.pass(Duration::from_secs(300));
    }
    let worker = kept(&simple());
    worker.judge(bearing("t"), returns(r#"{"isAuthorized":false}"#));
    check(&worker, "t", r#"403 {"message":"Forbidden"}"#, false);
    worker.judge(bearing("u"), returns(r#"{"isAuthorized":true}"#));
    check(&worker, "u", "admitted", false);
}

#[test]
fn a_policy_that_is_kept_is_asked_about_each_method() {
    let worker = kept(&token());
    worker.judge(bearing("t"), returns(allow(ARN).to_string()));
    check(&worker, "t", "admitted", false);
    let (_, outcome, asked) = worker.judge(exchange("/dogs", &[("authorization", b"t")]), None);
    assert_eq!(outcome, r#"403 {"Message":"User is not authorized to access this resource"}"#);
    assert!(!asked);
    // It was refused at first, and is let in where it may.
    let (_, outcome, _) = worker.judge(
        exchange("/dogs", &[("authorization", b"u")]),
        returns(policy(&[statement("Allow", ARN)]).to_string()),
    );
    assert!(outcome.starts_with("403"));
    check(&worker, "u", "admitted", false);
}

#[test]
fn callers_are_the_same_only_by_all_their_values() {
    let kind = request("2.0", &["$request.header.a", "$request.querystring.b"]);
    let worker = kept(&kind);
    let asked = |a: &str, b: &str| {
        let request = exchange(&format!("/pets?b={b}"), &[("a", a.as_bytes())]);
        worker.judge(request, yes()).2
    };
    assert!(asked("a", "bc"));
    assert!(asked("ab", "c"));
    assert!(asked("bc", "a"));
    assert!(asked("a", "b%63%00"));
    assert!(!asked("a", "bc"));
    assert!(!asked("a", "%62c"));
    assert_eq!(worker.authorizer.authorizer().remembered(), 4);
}

#[test]
fn keys_of_different_values_are_different() {
    let key = |values: &[&[u8]]| Key::of(values.iter().copied()).unwrap();
    let all = [
        key(&[]),
        key(&[b""]),
        key(&[b"", b""]),
        key(&[b"a", b"bc"]),
        key(&[b"ab", b"c"]),
        key(&[b"abc"]),
        key(&[b"\x01\0\0\0a"]),
        key(&[b"a", b""]),
        key(&[b"", b"a"]),
    ];
    for (index, one) in all.iter().enumerate() {
        assert_eq!(all.iter().position(|other| other == one), Some(index));
    }
    let long = vec![b'a'; 10_237];
    assert_eq!(Key::of([&*long]), None);
    assert!(Key::of([&long[1..]]).is_some());
}

#[test]
fn a_caller_with_too_much_to_keep_is_asked_about_each_time() {
    let worker = kept(&token());
    let long = "t".repeat(10_237);
    check(&worker, &long, "admitted", true);
    check(&worker, &long, "admitted", true);
    assert_eq!(worker.authorizer.authorizer().remembered(), 0);
}

#[test]
fn a_flood_of_strangers_drives_nobody_out_who_is_known() {
    let worker = kept(&token());
    check(&worker, "known", "admitted", true);
    for number in 0..40_000 {
        let (_, outcome, _) =
            worker.judge(bearing(&number.to_string()), returns(deny("*").to_string()));
        assert!(outcome.starts_with("403"));
    }
    check(&worker, "known", "admitted", false);
    assert!(worker.authorizer.authorizer().remembered() <= 16_384 + 1);
}

#[test]
fn the_next_configuration_keeps_what_is_still_true() {
    let before = kept(&token());
    check(&before, "t", "admitted", true);
    let mut same = kept(&token());
    same.host = before.host;
    same.authorizer.inherit(&before.authorizer);
    check(&same, "t", "admitted", false);
    for changes in [
        json!({"ttl_secs": 301}),
        json!({"ttl_secs": 300, "timeout_millis": 1_000}),
        json!({
            "ttl_secs": 300,
            "service": {"lambda": {"name": "auth:2", "endpoint": "http://127.0.0.1:9000"}},
        }),
    ] {
        let mut other = Worker { authorizer: authorizer(&token(), &changes), host: same.host };
        other.authorizer.inherit(&same.authorizer);
        check(&other, "t", "admitted", true);
        same.host = std::mem::take(&mut other.host);
    }
}

fn answer(bytes: usize) -> Rc<Answer> {
    let text = format!(r#"{{"isAuthorized":true,"context":{{"a":"{}"}}}}"#, "x".repeat(bytes));
    Rc::new(Answer::parse(text.as_bytes(), Shape::Simple).unwrap())
}

#[test]
fn what_is_kept_is_bounded_in_answers_and_in_bytes() {
    #[track_caller]
    fn fill(bytes: usize, most: usize) {
        let answer = answer(bytes);
        let mut cache = Cache::default();
        for number in 0..40_000_u32 {
            let key = Key::of([&number.to_le_bytes()[..]]).unwrap();
            cache.insert(key.clone(), answer.clone(), Duration::from_secs(1), Came::Admitted);
            assert!(cache.len() <= most, "{} after {number}", cache.len());
            assert!(cache.get(key.borrow(), Duration::ZERO).is_some());
        }
        assert!(cache.len() >= most / 2 - 1, "{}", cache.len());
    }
    fill(8, 13_500);
    fill(100_000, 41);
}

#[test]
fn what_is_used_is_not_forgotten() {
    let (answer, until) = (answer(1), Duration::from_secs(1));
    let mut cache = Cache::default();
    let key = |name: &str| Key::of([name.as_bytes()]).unwrap();
    cache.insert(key("often"), answer.clone(), until, Came::Admitted);
    cache.insert(key("once"), answer.clone(), until, Came::Refused);
    for number in 0..30_000_u32 {
        let came = if number % 2 == 0 { Came::Admitted } else { Came::Refused };
        cache.insert(key(&number.to_string()), answer.clone(), until, came);
        assert!(cache.get(key("often").borrow(), Duration::ZERO).is_some(), "after {number}");
    }
    assert!(cache.get(key("once").borrow(), Duration::ZERO).is_none());
    // What is said last counts.
    cache.insert(key("often"), answer, Duration::ZERO, Came::Refused);
    assert!(cache.get(key("often").borrow(), Duration::ZERO).is_none());
}
