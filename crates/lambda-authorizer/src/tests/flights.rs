//! Requests that wait for the call of another.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::{Policy, Response, Verdict};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Sent, Worker, allow, bearing, deny, fails, returns, text, token};

fn kept(kind: &Value) -> Worker {
    Worker::new(kind, &json!({"ttl_secs": 300}))
}

/// A request that asks, and others that wait for it.
fn crowd(worker: &Worker, others: usize) -> (Sent, Vec<Sent>) {
    let (first, verdict) = worker.send(bearing("t"));
    assert_eq!(text(&verdict), "asks");
    let others = (0..others).map(|_| {
        let (sent, verdict) = worker.send(bearing("t"));
        assert_eq!(text(&verdict), "waits");
        sent
    });
    (first, others.collect())
}

/// Whether those who wait are told something, which they are once.
fn news(worker: &Worker) -> bool {
    let pressed = worker.authorizer.is_pressed();
    let work = worker.authorizer.work(&worker.host);
    assert_eq!(work.news, pressed);
    assert!(work.fetches.is_empty());
    assert!(!worker.authorizer.is_pressed());
    pressed
}

#[track_caller]
fn check(reply: Option<Response>, expected: &str) {
    let worker = kept(&token());
    let (mut first, others) = crowd(&worker, 3);
    assert!(!news(&worker));
    assert_eq!(text(&worker.reply(&mut first, reply)), expected);
    assert!(news(&worker));
    for mut other in others {
        assert_eq!(text(&worker.wake(&mut other)), expected);
        assert_eq!(other.exchange.context.error, first.exchange.context.error);
        assert!(!news(&worker));
    }
    assert_eq!(worker.authorizer.authorizer().under_way(), 0);
}

#[test]
fn one_is_asked_about_and_all_get_the_answer() {
    check(returns(allow("*").to_string()), "admitted");
    check(
        returns(deny("*").to_string()),
        r#"403 {"Message":"User is not authorized to access this resource with an explicit deny"}"#,
    );
    check(fails("Unauthorized"), r#"401 {"message":"Unauthorized"}"#);
    check(fails("x"), r#"500 {"message":null}"#);
    check(None, r#"500 {"message":null}"#);
}

#[test]
fn who_comes_after_a_failure_asks_anew() {
    let worker = kept(&token());
    let (mut first, _) = crowd(&worker, 1);
    let _ = worker.reply(&mut first, None);
    let (_, verdict) = worker.send(bearing("t"));
    assert_eq!(text(&verdict), "asks");
}

#[test]
fn where_the_one_is_gone_the_next_asks() {
    let worker = kept(&token());
    let (first, mut others) = crowd(&worker, 3);
    drop(first);
    assert!(news(&worker));
    let mut verdicts: Vec<_> = others.iter_mut().map(|other| text(&worker.wake(other))).collect();
    assert_eq!(verdicts, ["asks", "waits", "waits"]);
    let mut next = others.remove(0);
    assert_eq!(text(&worker.reply(&mut next, returns(allow("*").to_string()))), "admitted");
    assert!(news(&worker));
    verdicts = others.iter_mut().map(|other| text(&worker.wake(other))).collect();
    assert_eq!(verdicts, ["admitted", "admitted"]);
    assert_eq!(worker.authorizer.authorizer().under_way(), 0);
}

#[test]
fn nobody_is_woken_where_nobody_waits() {
    let worker = kept(&token());
    let (mut first, others) = crowd(&worker, 1);
    drop(others);
    let _ = worker.reply(&mut first, returns(allow("*").to_string()));
    assert!(!news(&worker));
    let (second, _) = worker.send(bearing("u"));
    drop(second);
    assert!(!news(&worker));
    assert_eq!(worker.authorizer.authorizer().under_way(), 0);
}

#[test]
fn who_is_woken_too_early_waits_on_and_nobody_waits_without_end() {
    let worker = kept(&token());
    let (_first, mut others) = crowd(&worker, 1);
    let mut other = others.remove(0);
    worker.host.pass(Duration::from_millis(10_999));
    let Verdict::Wait(until) = worker.wake(&mut other) else { panic!() };
    worker.host.pass(Duration::from_millis(1));
    assert_eq!(until, tollgate_policy::Host::now(&worker.host));
    assert_eq!(text(&worker.wake(&mut other)), r#"500 {"message":null}"#);
}

#[test]
fn other_callers_and_answers_that_are_not_kept_have_calls_of_their_own() {
    let worker = kept(&token());
    for caller in ["a", "b", "c"] {
        assert_eq!(text(&worker.send(bearing(caller)).1), "asks");
    }
    let worker = Worker::new(&token(), &json!({}));
    let sent: Vec<_> = (0..3).map(|_| worker.send(bearing("a"))).collect();
    assert!(sent.iter().all(|(_, verdict)| text(verdict) == "asks"));
    assert_eq!(worker.authorizer.authorizer().under_way(), 0);
}

#[test]
fn where_too_many_calls_are_under_way_others_are_made_and_not_waited_for() {
    let worker = kept(&token());
    let mut sent: Vec<_> = (0..1_024).map(|it| worker.send(bearing(&it.to_string()))).collect();
    assert_eq!(worker.authorizer.authorizer().under_way(), 1_024);
    let (mut one, verdict) = worker.send(bearing("x"));
    assert_eq!(text(&verdict), "asks");
    assert_eq!(text(&worker.send(bearing("x")).1), "asks");
    // What they are answered is kept all the same.
    assert_eq!(text(&worker.reply(&mut one, returns(allow("*").to_string()))), "admitted");
    assert_eq!(text(&worker.send(bearing("x")).1), "admitted");
    assert_eq!(text(&worker.send(bearing("0")).1), "waits");
    sent.clear();
    assert_eq!(worker.authorizer.authorizer().under_way(), 0);
}
