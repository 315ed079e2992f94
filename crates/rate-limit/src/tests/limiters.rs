//! Several limits on one request.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_policy::fake::FakeHost;

use super::*;

fn named(name: &str, rate: f64, burst: u32) -> Limiter {
    Limiter::throttle(name, &Throttle::new(rate, burst), Per::Everybody).unwrap()
}

fn judge(limits: &Limiters, wanted: &[usize], host: &FakeHost) -> Check {
    let wanted: Vec<_> = wanted.iter().map(|index| (*index, Subject::EVERYBODY)).collect();
    let moment = Moment::of(host);
    let check = limits.check(&wanted, &moment, Patience::Left, host);
    if check == Check::Admit {
        limits.take(&wanted, &moment);
    }
    check
}

#[test]
fn the_first_that_is_exceeded_refuses_and_the_others_lose_nothing() {
    let host = FakeHost::at(NOW);
    let limits = limiters(vec![named("wide", 1.0, 10), named("narrow", 1.0, 2)]);
    for _ in 0..2 {
        assert_eq!(judge(&limits, &[0, 1], &host), Check::Admit);
    }
    for _ in 0..50 {
        let Check::Refuse { at: 1, after } = judge(&limits, &[0, 1], &host) else {
            panic!("the narrow one refuses");
        };
        assert_eq!(after, Duration::from_secs(1));
    }
    // What the wide one has left, it still has.
    for _ in 0..8 {
        assert_eq!(judge(&limits, &[0], &host), Check::Admit);
    }
    assert!(matches!(judge(&limits, &[0], &host), Check::Refuse { at: 0, .. }));
}

#[test]
fn a_request_that_something_else_refuses_gives_its_tokens_back() {
    let (host, limits) = (FakeHost::at(NOW), limiters(vec![named("a", 1.0, 5)]));
    let wanted = [(0, Subject::EVERYBODY)];
    for _ in 0..50 {
        let moment = Moment::of(&host);
        assert_eq!(limits.check(&wanted, &moment, Patience::Left, &host), Check::Admit);
        limits.take(&wanted, &moment);
        limits.give_back(&wanted, &moment, &host);
    }
    assert_eq!(admitted(&limits, 10, &host), 5);
}

#[test]
fn a_token_of_a_window_that_is_over_is_not_given_back() {
    let counters = Counters { fleet_size: 2, ..Counters::behind("counters") };
    let host = FakeHost::at(NOW);
    let limits = Limiters::new(vec![named("a", 100.0, 200)], Some(counters)).unwrap();
    let wanted = [(0, Subject::EVERYBODY)];
    let take = || {
        let moment = Moment::of(&host);
        let check = limits.check(&wanted, &moment, Patience::Left, &host);
        limits.take(&wanted, &moment);
        (check == Check::Admit).then_some(moment)
    };
    let taken = take().unwrap();
    // What the proxy has for itself in the next window, and not one more.
    host.pass(Duration::from_secs(1));
    let own = std::iter::from_fn(&take).count();
    limits.give_back(&wanted, &taken, &host);
    host.pass(2 * MILLI);
    assert_eq!(own, 10);
    assert!(take().is_none());
}

#[test]
fn each_subject_has_its_own_tokens() {
    let (host, limits) = (FakeHost::at(NOW), limiters(vec![throttle(1.0, 3, Per::Subject)]));
    let address = |text: &str| Subject::address(text.parse().unwrap());
    let of =
        |text: &str| (0..5).map(|_| u32::from(admits(&limits, address(text), &host))).sum::<u32>();
    assert_eq!(of("192.0.2.1"), 3);
    assert_eq!(of("192.0.2.2"), 3);
    // One and the same machine.
    assert_eq!(of("::ffff:192.0.2.1"), 0);
    assert_eq!(of("2001:db8::1"), 3);
    assert_eq!(of("2001:db8::2"), 0);
    assert_eq!(of("2001:db8:0:1::1"), 3);
}

#[test]
fn the_proxy_is_told_what_was_admitted_and_refused() {
    let (host, limits) = (FakeHost::at(NOW), limiters(vec![named("stage/GET /a;b", 1.0, 3)]));
    assert_eq!(admitted(&limits, 10, &host), 3);
    host.pass(Duration::from_secs(1));
    let work = limits.work(&host);
    assert!(work.fetches.is_empty() && work.again.is_some());
    let value =
        |what: &str| host.metric_value(&format!("tollgate_limit_{what}.limit=stage/GET_/a_b;"));
    assert_eq!((value("admitted"), value("refused")), (Some(3), Some(7)));
    assert_eq!(value("lease"), Some(1));
}

#[test]
fn what_is_left_is_told_to_callers() {
    let (host, limits) = (FakeHost::at(NOW), limiters(vec![named("a", 2.0, 10)]));
    assert_eq!(admitted(&limits, 4, &host), 4);
    let outlook = limits.limiter(0).unwrap().outlook(&Subject::EVERYBODY, &Moment::of(&host));
    assert_eq!((outlook.limit, outlook.remaining), (10, 6));
    assert_eq!((outlook.window, outlook.reset), (5_000 * MILLI, 2_000 * MILLI));
}

#[test]
fn a_quota_without_counters_is_refused() {
    let quota = serde_json::from_str(r#"{"limit": 5, "period": "DAY"}"#).unwrap();
    let quota = Limiter::quota("plan", &quota).unwrap();
    let refused = Limiters::new(vec![quota], None).unwrap_err().to_string();
    assert!(refused.starts_with("counters: must be given where there is a quota"), "{refused}");
}

#[test]
fn counters_that_cannot_be_are_refused() {
    #[track_caller]
    fn check(json: &str, expected: &str) {
        let counters: Counters = serde_json::from_str(json).unwrap();
        assert_eq!(counters.check().unwrap_err().to_string(), expected);
    }
    check(r#"{"cluster": ""}"#, "cluster: must have 1 to 255 characters");
    check(r#"{"cluster": "c", "fleet_size": 0}"#, "fleet_size: `0` is not from 1 to 10000");
    check(r#"{"cluster": "c", "wait_millis": 2000}"#, "wait_millis: `2000` is not from 0 to 1000");
    check(
        r#"{"cluster": "c", "timeout_millis": 1}"#,
        "timeout_millis: `1` is not from 10 to 10000",
    );
}

#[test]
fn what_was_borrowed_for_a_refused_request_is_there_for_others() {
    let host = FakeHost::at(NOW);
    let worker = || limiters(vec![named("one", 0.001, 1), named("none", 0.0, 0)]);
    let (first, second) = (worker(), worker());
    assert!(matches!(judge(&first, &[0, 1], &host), Check::Refuse { at: 1, .. }));
    assert_eq!(judge(&second, &[0], &host), Check::Admit);
}
