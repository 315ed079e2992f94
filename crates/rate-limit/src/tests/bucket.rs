//! The bucket itself, against tables that others wrote and against a bucket anybody can see is right.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::Value;
use tollgate_policy::fake::FakeHost;

use super::*;
use crate::bucket::Bucket;
use crate::limit::{Limit, TOKEN};

/// `tests/data/README.md` says where it is from.
const SUITE: &str = include_str!("../../tests/data/token_bucket.jsonl");

fn cases(kind: &str) -> Vec<Value> {
    let all = SUITE.lines().map(|line| serde_json::from_str::<Value>(line).unwrap());
    let cases: Vec<_> = all.filter(|case| case.get(kind).is_some()).collect();
    assert!(!cases.is_empty(), "{kind}");
    cases
}

fn parameters(case: &Value) -> (f64, u32) {
    (case["rate"].as_f64().unwrap(), u32::try_from(case["burst"].as_u64().unwrap()).unwrap())
}

#[test]
fn the_bucket_steps_as_the_tables_say() {
    for case in cases("steps") {
        let (rate, burst) = parameters(&case);
        let limit = Limit::new(rate, burst).unwrap();
        let mut bucket = Bucket::default();
        for step in case["steps"].as_array().unwrap() {
            bucket.refresh(limit, step["t_ms"].as_u64().unwrap() * 1_000);
            if let Some(tokens) = step["tokens_before"].as_f64() {
                assert_eq!(f64::from(bucket.available(limit)), tokens.floor(), "{case}: {step}");
            }
            let wanted = u32::try_from(step["n"].as_u64().unwrap()).unwrap();
            let granted = wanted <= bucket.available(limit);
            assert_eq!(granted, step["ok"].as_bool().unwrap(), "{case}: {step}");
            for _ in 0..if granted { wanted } else { 0 } {
                bucket.lend(1);
            }
        }
    }
}

/// The examples of API Gateway's guide, as a policy meets them.
#[test]
fn requests_are_throttled_as_the_guide_says() {
    for case in cases("events") {
        let (rate, burst) = parameters(&case);
        let (host, limits) = (FakeHost::at(NOW), everybody(rate, burst));
        let number = |value: &Value| value.as_f64().unwrap();
        let mut times = Vec::new();
        for at in case["events"]["at_ms"].as_array().into_iter().flatten() {
            times.extend((0..at[1].as_u64().unwrap()).map(|_| number(&at[0])));
        }
        for spread in case["events"]["spread"].as_array().into_iter().flatten() {
            let (from, to, count) = (number(&spread[0]), number(&spread[1]), number(&spread[2]));
            times.extend(
                (0..spread[2].as_u64().unwrap()).map(|at| from + (to - from) * at as f64 / count),
            );
        }
        let mut total = 0;
        for millis in times {
            let at = Duration::from_secs_f64(millis / 1_000.0);
            host.pass(at.saturating_sub(host.uptime_now()));
            total += u64::from(admits(&limits, Subject::EVERYBODY, &host));
        }
        assert_eq!(total, case["expect_allowed_total"].as_u64().unwrap(), "{case}");
    }
}

#[test]
fn in_the_long_run_nothing_is_lost_or_gained() {
    // And rates that are no round number of tokens in a microsecond.
    let uneven = [(0.769_231, 1), (3.3, 2), (9_999.999, 5_000)];
    for (rate, burst) in cases("long_run").iter().map(parameters).chain(uneven) {
        let limit = Limit::new(rate, burst).unwrap();
        let mut bucket = Bucket::default();
        let (mut now, mut total) = (0_u64, 0_u64);
        let mut rng = Rng(1);
        while now < 3_600_000_000 {
            bucket.refresh(limit, now);
            while bucket.available(limit) > 0 {
                bucket.lend(1);
                total += 1;
            }
            // As soon as there is a token, and no sooner.
            let wait = bucket.wait(limit);
            bucket.refresh(limit, now + wait - 1);
            assert_eq!(bucket.available(limit), 0);
            now += wait + u64::from(rng.below(2)) * u64::from(rng.below(10));
        }
        let most = u64::from(burst) + (rate * 3_600.0) as u64;
        assert!(total <= most && total >= most - most / 1_000 - 1, "{rate}: {total} of {most}");
        assert!(bucket.spent <= u64::from(burst) * TOKEN);
    }
}

#[test]
fn what_cannot_be_a_limit_is_refused() {
    #[track_caller]
    fn check(rate: f64, burst: u32, expected: &str) {
        let refused = Throttle::new(rate, burst).check().unwrap_err().to_string();
        assert_eq!(refused, expected);
    }
    check(-1.0, 1, "rate_limit: `-1` is not from 0 to 10000000");
    check(f64::NAN, 1, "rate_limit: `NaN` is not from 0 to 10000000");
    check(1e8, 1, "rate_limit: `100000000` is not from 0 to 10000000");
    check(1e-7, 1, "rate_limit: `0.0000001` is less than a millionth");
    check(1.0, 10_000_001, "burst_limit: `10000001` is not from 0 to 10000000");
}

#[test]
fn with_nothing_as_the_rate_or_the_burst_nothing_is_admitted() {
    for (rate, burst) in [(0.0, 10), (10.0, 0), (0.0, 0)] {
        let (host, limits) = (FakeHost::at(NOW), everybody(rate, burst));
        host.pass(Duration::from_secs(1_000));
        assert_eq!(admitted(&limits, 3, &host), 0);
    }
}

#[test]
fn the_largest_limit_does_not_overflow() {
    let (host, limits) = (FakeHost::at(NOW), everybody(1e7, 10_000_000));
    host.pass(Duration::from_secs(1_000_000));
    assert_eq!(admitted(&limits, 1_000, &host), 1_000);
}
