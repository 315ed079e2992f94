use super::super::latency::{doubt, fewest, p99, p99_at_least, p99_at_most};
use super::*;

#[test]
fn a_percentile_lies_within_its_bucket() {
    // 98 fast ones, and two between 10 and 30 ms: the 99th is in the middle of them.
    let mut micros = vec![900.0; 98];
    micros.extend([20_000.0; 2]);
    assert_eq!(p99(&histogram(&ENVOY, &micros)), Some(20_000.0));
    // Above the last bound nothing is known but that.
    assert_eq!(p99(&histogram(&ENVOY, &[1e9; 200])), Some(3.6e6));
    assert_eq!(p99(&Latency { buckets: Vec::new(), count: 200 }), Some(0.0));
}

#[test]
fn a_percentile_takes_a_hundred_requests() {
    assert_eq!(p99(&histogram(&ENVOY, &[900.0; 99])), None);
    assert_eq!(p99_at_least(&histogram(&ENVOY, &[900.0; 99]), 0.01), None);
    assert!(p99(&histogram(&ENVOY, &[900.0; 100])).is_some());
}

#[test]
fn the_lower_bound_is_the_order_statistic_that_the_binomial_distribution_says() {
    // Of 100, at most 4 are above the true percentile in 99 of 100 cases, of 1,000 at most 18, of a
    // million at most 10,232 (by the exact distribution).
    let bound = |fast: u64, slow: u64| {
        let buckets = vec![
            Bucket { upper_micros: 1000.0, count: fast },
            Bucket { upper_micros: 2000.0, count: fast + slow },
        ];
        p99_at_least(&Latency { buckets, count: fast + slow }, 0.01).unwrap()
    };
    assert!(bound(96, 4) <= 1000.0 && bound(95, 5) > 1000.0);
    assert!(bound(982, 18) <= 1000.0 && bound(981, 19) > 1000.0);
    assert!(bound(989_768, 10_232) <= 1000.0 && bound(989_760, 10_240) > 1000.0);
}

#[test]
fn the_upper_bound_is_one_too_and_takes_more_requests() {
    // All of 458 are faster than the true percentile in more than one of 100 cases, all of 459 are not.
    // Of 1,000, two or fewer are slower in fewer than one of 100 cases, of a million 9,768 or fewer.
    let bound = |fast: u64, slow: u64| {
        let buckets = vec![
            Bucket { upper_micros: 1000.0, count: fast },
            Bucket { upper_micros: 2000.0, count: fast + slow },
        ];
        p99_at_most(&Latency { buckets, count: fast + slow }, 0.01)
    };
    assert_eq!((bound(458, 0), bound(459, 0), fewest(0.01)), (None, Some(1000.0), 459));
    assert!(bound(998, 2).unwrap() <= 1000.0 && bound(997, 3).unwrap() > 1000.0);
    assert!(bound(990_240, 9_760).unwrap() <= 1000.0 && bound(990_220, 9_780).unwrap() > 1000.0);
    // The less doubt, the more requests: never more than these, for doubt has an end.
    assert!(fewest(0.001) > 459);
    assert_eq!(fewest(doubt(0.0)), 1833);
}

#[test]
fn the_true_percentile_is_below_the_upper_bound_as_often_as_is_said() {
    let mut random = Rng::with_seed(8);
    for requests in [459, 700, 2000] {
        let below = (0..2000).filter(|_| {
            let mut sorted: Vec<f64> = (0..requests).map(|_| random.f64()).collect();
            sorted.sort_by(f64::total_cmp);
            p99_at_most(&exact(&sorted), 0.01).unwrap() < 0.99
        });
        let below = below.count();
        assert!(below <= 35, "{below} of 2,000 with {requests} requests");
    }
}

#[test]
fn the_true_percentile_is_above_the_lower_bound_as_often_as_is_said() {
    let mut random = Rng::with_seed(7);
    // Uniform within one bucket, where interpolation is exact.
    let truth = 30_000.0 + 0.99 * 30_000.0;
    for requests in [100, 150, 400, 2000] {
        let above = (0..2000).filter(|_| {
            let micros: Vec<f64> =
                (0..requests).map(|_| 30_000.0 + 30_000.0 * random.f64()).collect();
            let mut sorted = micros.clone();
            sorted.sort_by(f64::total_cmp);
            // The bucket hides where the values are: the order statistic is looked at itself.
            let bound = p99_at_least(&exact(&sorted), 0.01).unwrap();
            bound > truth
        });
        let above = above.count();
        assert!(above <= 35, "{above} of 2,000 with {requests} requests");
    }
}

/// A histogram with a bucket for each value.
fn exact(sorted: &[f64]) -> Latency {
    let buckets = (1..).zip(sorted).map(|(count, micros)| Bucket { upper_micros: *micros, count });
    Latency { buckets: buckets.collect(), count: sorted.len() as u64 }
}
