//! The split, by itself and as a filter.

#[cfg(not(target_arch = "wasm32"))]
mod properties;

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{
    Exchange, Headers, Origin, Policy, Request, Response, Timestamp, Verdict, load,
};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Canary, Meters, Notes, Override, Percent, Release, Split, Sticky, Variant};

fn exchange(nonce: u128, fields: &[(&str, &str)]) -> Exchange {
    let headers = fields.iter().copied().collect::<Headers>();
    Exchange { request: Request { headers }, nonce, ..Exchange::default() }
}

fn split(percent: f64, sticky: Option<Sticky>) -> Split {
    Split::compile(Percent(percent), sticky, None, "salt").unwrap()
}

/// Bits that look random, and are the same every time: `SplitMix64`.
fn bits(number: u64) -> u64 {
    let mut mixed = number.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678_9abc_def1);
    mixed = (mixed ^ mixed >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ mixed >> 31
}

#[track_caller]
fn check_share(split: &Split, percent: f64, exchange: impl Fn(u64) -> Exchange) {
    const REQUESTS: u64 = 100_000;
    let canary = (0..REQUESTS)
        .filter(|number| split.choose(&mut exchange(*number)) == Variant::Canary)
        .count();
    let share = canary as f64 / REQUESTS as f64;
    let expected = percent / 100.0;
    // Five standard deviations.
    let most = 5.0 * (expected * (1.0 - expected) / REQUESTS as f64).sqrt();
    assert!((share - expected).abs() <= most, "{canary} of {REQUESTS} for {percent} %");
}

#[test]
fn each_request_is_drawn_for_itself() {
    for percent in [0.0, 0.1, 5.0, 33.3, 50.0, 99.9, 100.0] {
        check_share(&split(percent, None), percent, |number| exchange(bits(number).into(), &[]));
    }
}

#[test]
fn the_ends_are_exact() {
    for nonce in [0, 1, u128::from(u64::MAX), u128::MAX] {
        assert_eq!(split(0.0, None).choose(&mut exchange(nonce, &[])), Variant::Base);
        assert_eq!(split(100.0, None).choose(&mut exchange(nonce, &[])), Variant::Canary);
    }
}

#[test]
fn sticky_callers_are_spread_as_requests_are() {
    let header = Some(Sticky::Header("x-user".to_owned()));
    check_share(&split(5.0, header), 5.0, |number| {
        exchange(0, &[("x-user", &format!("user-{number}"))])
    });
}

#[test]
fn callers_are_told_apart_by_what_was_asked_for() {
    #[track_caller]
    fn check(sticky: Sticky, one: (&str, &str), same: (&str, &str), other: (&str, &str)) {
        // With half of the traffic, values that differ have places that differ.
        let place = |field| {
            let exchange = exchange(0, &[field]);
            let value = sticky.value(&exchange).expect("a value").into_owned();
            crate::sticky::point(b"salt", &value)
        };
        assert_eq!(place(one), place(same), "{sticky:?}");
        assert_ne!(place(one), place(other), "{sticky:?}");
    }
    let header = |name: &str| Sticky::Header(name.to_owned());
    check(header("x-user"), ("x-user", "a"), ("X-User", "a"), ("x-user", "b"));
    let cookie = Sticky::Cookie("id".to_owned());
    check(cookie, ("cookie", "a=1; id=7"), ("cookie", "id=7;a=2"), ("cookie", "xid=7; id=8"));
    check(Sticky::ApiKey, ("x-api-key", "a"), ("x-api-key", "a"), ("x-api-key", "b"));
    // {"sub":"ann"} under two signatures, and {"sub":"bob"}.
    let claim = Sticky::Claim("sub".to_owned());
    check(
        claim,
        ("authorization", "Bearer e30.eyJzdWIiOiJhbm4ifQ.AAAA"),
        ("authorization", "bearer e30.eyJzdWIiOiJhbm4ifQ.BBBB"),
        ("authorization", "Bearer e30.eyJzdWIiOiJib2IifQ.AAAA"),
    );
}

#[test]
fn who_does_not_say_who_it_is_is_drawn() {
    for sticky in [
        Sticky::SourceIp,
        Sticky::Header("x-user".to_owned()),
        Sticky::Cookie("id".to_owned()),
        Sticky::Claim("sub".to_owned()),
        Sticky::ApiKey,
    ] {
        check_share(&split(50.0, Some(sticky)), 50.0, |number| {
            exchange(bits(number).into(), &[("authorization", "Basic e30=")])
        });
    }
}

#[test]
fn testers_choose_by_a_secret_that_goes_no_further() {
    let written = Override {
        header: "x-choice".to_owned(),
        canary_sha256: Some(sha256("canary-please")),
        base_sha256: Some(sha256("base-please")),
    };
    let check = |percent, value: &str, expected| {
        let split = Split::compile(Percent(percent), None, Some(&written), "salt").unwrap();
        let mut exchange = exchange(0, &[("x-choice", value)]);
        assert_eq!(split.choose(&mut exchange), expected, "{value}");
        assert_eq!(exchange.request.headers.get("x-choice"), None);
    };
    check(0.0, "canary-please", Variant::Canary);
    check(100.0, "base-please", Variant::Base);
    for guess in ["", "true", "canary", "canary-please ", &sha256("canary-please")] {
        check(0.0, guess, Variant::Base);
        check(100.0, guess, Variant::Canary);
    }
}

fn sha256(text: &str) -> String {
    use sha2::Digest as _;

    sha2::Sha256::digest(text).iter().map(|byte| format!("{byte:02x}")).collect()
}

fn filter(config: &Value) -> Result<Canary, String> {
    load(config.to_string().as_bytes()).map_err(|invalid| invalid.to_string())
}

#[test]
fn the_filter_says_which_of_the_two_a_request_is_for() {
    let check = |percent: f64, expected: &str| {
        let canary = filter(&json!({"percent_traffic": percent})).unwrap();
        let (host, mut notes) = (FakeHost::default(), Notes::default());
        let mut exchange = exchange(7, &[("x-canary-request", "mine"), ("X_Canary_Request", "me")]);
        let verdict = canary.on_request(&mut notes, &mut exchange, &host);
        assert!(matches!(verdict, Verdict::Continue));
        let all: Vec<_> = exchange.request.headers.iter().collect();
        assert_eq!(all, [(&b"x-canary-request"[..], expected.as_bytes())]);
    };
    check(0.0, "false");
    check(100.0, "true");
}

#[test]
fn answers_are_counted_for_each_of_the_two() {
    let canary = filter(&json!({"percent_traffic": 100, "name": "orders"})).unwrap();
    let host = FakeHost::at(Timestamp::from_secs(1_000));
    for status in [200, 404, 500, 503] {
        let mut notes = Notes::default();
        let mut exchange = Exchange { arrived: Timestamp::from_secs(1_000), ..exchange(7, &[]) };
        let verdict = canary.on_request(&mut notes, &mut exchange, &host);
        assert!(matches!(verdict, Verdict::Continue));
        let mut response = Response { status, ..Response::default() };
        host.step(Timestamp(Duration::from_millis(1_000_025)));
        let origin = Origin::Integration;
        let verdict = canary.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
        assert!(matches!(verdict, Verdict::Continue));
    }
    let value = |what: &str, variant: &str| {
        host.metric_value(&format!("tollgate_canary_{what}.stage=orders;.variant={variant};"))
    };
    assert_eq!(value("requests", "canary"), Some(4));
    assert_eq!(value("4xx", "canary"), Some(1));
    assert_eq!(value("5xx", "canary"), Some(2));
    assert_eq!(value("latency_micros", "canary"), Some(25_000));
    assert_eq!(value("requests", "base"), None);
}

#[test]
fn a_request_that_is_given_up_is_counted_as_that_and_one_that_is_answered_is_not() {
    // Three seconds after its request an exchange ends, with an answer or without one.
    let metrics = |status: Option<u16>| {
        let canary = filter(&json!({"percent_traffic": 100, "name": "orders"})).unwrap();
        assert!(canary.needs().endings);
        let host = FakeHost::at(Timestamp::from_secs(1_000));
        let mut notes = Notes::default();
        let mut exchange = Exchange { arrived: Timestamp::from_secs(1_000), ..exchange(7, &[]) };
        let _ = canary.on_request(&mut notes, &mut exchange, &host);
        host.pass(Duration::from_secs(3));
        if let Some(status) = status {
            let mut response = Response { status, ..Response::default() };
            let origin = Origin::Integration;
            let _ = canary.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
        }
        assert_eq!(canary.on_end(&mut notes, &mut exchange, &host), None);
        ["requests", "abandoned", "5xx", "latency_micros"].map(|what| {
            host.metric_value(&format!("tollgate_canary_{what}.stage=orders;.variant=canary;"))
        })
    };
    assert_eq!(metrics(None), [Some(1), Some(1), None, Some(3_000_000)]);
    assert_eq!(metrics(Some(500)), [Some(1), None, Some(1), Some(3_000_000)]);
}

#[test]
fn a_canary_has_other_metrics_than_the_one_before_it_and_a_stage_never_has_many() {
    let none = BTreeMap::new();
    let of = |deployment: &str| Release::of(Some(deployment), &none).to_string();
    assert_eq!(of("9wsms6fgfh"), of("9wsms6fgfh"));
    assert_ne!(of("9wsms6fgfh"), of("jyhpj6j7tj"));
    let variables = [("host".to_owned(), "new".to_owned())].into();
    assert_ne!(Release::of(None, &variables), Release::of(None, &none));
    let all: BTreeSet<_> = (0..2_000).map(|id| of(&id.to_string())).collect();
    assert_eq!(all.len(), usize::from(Release::COUNT));

    let host = FakeHost::default();
    let meters = Meters::of("orders/prod", Some(Release::of(Some("9wsms6fgfh"), &none)));
    meters.abandon(Variant::Canary, Duration::ZERO, &host);
    let labels = format!(".stage=orders/prod;.release={};.variant=canary;", of("9wsms6fgfh"));
    let name = |what: &str| format!("tollgate_canary_{what}{labels}");
    assert_eq!(host.metric_names(), ["requests", "abandoned", "latency_micros"].map(name));
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    #[track_caller]
    fn check(config: &Value, expected: &str) {
        assert_eq!(filter(config).unwrap_err(), expected);
    }
    check(&json!({}), "missing field `percent_traffic` at line 1 column 2");
    check(&json!({"percent_traffic": 100.1}), "percent_traffic: `100.1` is not from 0.0 to 100.0");
    check(&json!({"percent_traffic": -1}), "percent_traffic: `-1` is not from 0.0 to 100.0");
    let with = |field: &str, value: Value| json!({"percent_traffic": 5, field: value});
    check(
        &with("sticky", json!({"header": "a b"})),
        "sticky.header: `a b` is not a name of RFC 9110",
    );
    for (header, start) in [("x-envoy-user", "x-envoy-"), ("X-Tollgate-User", "x-tollgate-")] {
        let reason = format!("`{header}` is removed from what clients send, as all of `{start}`");
        check(&with("sticky", json!({"header": header})), &format!("sticky.header: {reason}"));
        check(
            &with("override", json!({"header": header, "base_sha256": "ab".repeat(32)})),
            &format!("override.header: {reason}"),
        );
    }
    check(&with("sticky", json!({"claim": ""})), "sticky.claim: must have a name");
    check(&with("header", json!("")), "header: `` is not a name of RFC 9110");
    check(&with("name", json!("a b")), "name: must be 1 to 128 letters, digits and `-_./`");
    check(
        &with("override", json!({"header": "x-choice"})),
        "override: `canary_sha256`, `base_sha256` or both belong here",
    );
    check(
        &with("override", json!({"header": "x-choice", "canary_sha256": "please"})),
        "override.canary_sha256: must be a SHA-256: 64 hexadecimal digits",
    );
    check(
        &with("override", json!({"header": "X-Canary-Request", "base_sha256": "ab".repeat(32)})),
        "override.header: is also the field that says which of the two a request is for",
    );
}
