//! `throttle.wasm` on its own: what it admits under real load, with several workers.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_tests::load::{Load, hammer};
use tollgate_tests::{Alone, Request};

fn limit(name: &str, rate: f64, burst: u32) -> Value {
    json!({"name": name, "throttle": {"rate_limit": rate, "burst_limit": burst}})
}

fn start(limits: Value, workers: u16) -> Alone {
    Alone::start(
        "throttle",
        &json!({"limits": limits, "response_headers": "rate_limit"}),
        &[],
        workers,
    )
}

/// Hammers an Envoy for so long, with clients of more connections than it has workers.
fn load(envoy: &Alone, time: Duration, request: &(dyn Fn(usize) -> Request + Sync)) -> Load {
    hammer(&[envoy.address()], 8, &|elapsed| elapsed >= time, request)
}

/// What is admitted is never more than one bucket would admit, and hardly less.
fn check(rate: f64, burst: u32, workers: u16) {
    let envoy = start(json!([limit("all", rate, burst)]), workers);
    let load = load(&envoy, Duration::from_secs(4), &|_| Request::get("/"));
    let (admitted, refused) = (load.admitted.len(), load.refused.len());
    load.assert_within(rate, f64::from(burst), 0.0);
    let due = load.due(rate, f64::from(burst));
    let with = format!("with {workers} workers ({refused} refused)");
    assert!(admitted * 100 >= due * 99, "{admitted} of {due} {with}");
    assert!(refused > admitted, "that is no saturation {with}");
    envoy.assert_healthy();
    let stats = envoy.admin().stats("tollgate_limit_");
    let stat = |what: &str| {
        let all = stats.iter().filter(|(name, _)| name.contains(what));
        all.map(|(_, value)| usize::try_from(*value).expect("a count")).sum::<usize>()
    };
    // Told every quarter of a second, so the last ones may be missing.
    assert!(stat("admitted") > admitted / 2 && stat("admitted") <= admitted, "{stats:?}");
    assert!(stat("refused") > 0, "{stats:?}");
}

#[test]
fn two_workers_under_load_are_one_bucket() {
    check(500.0, 250, 2);
}

#[test]
fn four_workers_under_load_are_one_bucket() {
    check(300.0, 20, 4);
}

#[test]
fn a_refused_request_takes_nothing_of_any_limit() {
    let envoy = start(json!([limit("wide", 0.001, 50), limit("narrow", 0.001, 10)]), 2);
    let (mut admitted, mut refused) = (0, 0);
    for _ in 0..60 {
        match Request::get("/").send(&envoy) {
            answer if answer.status == 200 => admitted += 1,
            answer => {
                refused += 1;
                assert_eq!(
                    (answer.status, answer.text()),
                    (429, r#"{"message":"Too Many Requests"}"#)
                );
                assert_eq!(answer.header("content-type"), Some("application/json"));
                assert!(answer.header("ratelimit").unwrap().starts_with(r#""narrow";r=0;t="#));
                // As long as one token takes, less the time that this has taken.
                let after = answer.header("retry-after").unwrap().parse::<u32>().unwrap();
                assert!((900..=1_000).contains(&after), "{after}");
            }
        }
    }
    assert_eq!((admitted, refused), (10, 50));
}

#[test]
fn clients_behind_a_trusted_proxy_are_told_apart_and_cannot_pretend() {
    let per_address = json!({"name": "ip", "per": "source_ip",
        "throttle": {"rate_limit": 0.001, "burst_limit": 2}});
    let envoy = start(json!([per_address]), 2);
    // One proxy is trusted: what it appends is the client, whatever the client wrote before.
    let from = |claimed: &str, address: &str| {
        let forwarded = format!("{claimed}, {address}");
        Request::get("/").header("x-forwarded-for", forwarded).send(&envoy).status
    };
    assert_eq!([from("1.1.1.1", "192.0.2.1"), from("2.2.2.2", "192.0.2.1")], [200, 200]);
    assert_eq!([from("3.3.3.3", "192.0.2.1"), from("", "192.0.2.1")], [429, 429]);
    assert_eq!(from("192.0.2.1", "192.0.2.2"), 200);
}

#[test]
fn what_a_client_sends_to_be_counted_by_may_be_anything() {
    let per_header = json!({"name": "tenant", "per": {"header": "x-tenant"},
        "throttle": {"rate_limit": 0.001, "burst_limit": 1}});
    let envoy = start(json!([per_header]), 2);
    let of = |value: &[u8]| Request::get("/").header("x-tenant", value).send(&envoy).status;
    for value in [&b"a"[..], b"\xff\xfe", b"", &[b'a'; 8_000], "\u{fffd}".as_bytes()] {
        assert_eq!([of(value), of(value)], [200, 429], "{}", value.escape_ascii());
    }
    envoy.assert_healthy();
}

#[test]
fn a_wrong_configuration_keeps_envoy_from_starting_and_says_which_field() {
    let config = json!({"limits": [limit("a", -1.0, 1)]});
    let log = Alone::try_start("throttle", &config, &[], 1).expect_err("a refusal");
    assert!(log.contains("limits[0].throttle.rate_limit: `-1` is not from 0 to 10000000"), "{log}");
}
