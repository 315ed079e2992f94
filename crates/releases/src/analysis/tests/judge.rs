use super::*;

/// Variants behave so, and this is how often the canary is found to be failing.
fn failing(runs: u64, requests: (u64, u64), base: Behaviour, canary: Behaviour) -> u64 {
    failing_by(&fine(), runs, requests, base, canary)
}

/// By a histogram with these bounds.
fn failing_by(
    bounds: &[f64],
    runs: u64,
    requests: (u64, u64),
    base: Behaviour,
    canary: Behaviour,
) -> u64 {
    let mut random = Rng::with_seed(42);
    let plan = AnalysisPlan::default();
    let judged = (0..runs).map(|_| {
        let base = Window(serve(&mut random, bounds, requests.0, base));
        let canary = Window(serve(&mut random, bounds, requests.1, canary));
        judge(&base, &canary, &plan)
    });
    judged.filter(|verdict| matches!(verdict, Verdict::Failing { .. })).count() as u64
}

#[test]
fn equal_variants_are_hardly_ever_told_apart() {
    // Of errors it is one in a hundred at most; latencies add what little they do.
    for requests in [(1000, 100), (1900, 100), (500, 500), (3000, 1000)] {
        let found = failing(2000, requests, GOOD, GOOD);
        assert!(found <= 35, "{found} of 2,000 at {requests:?}");
    }
    // With few errors, where only the exact test will do.
    let rare = Behaviour { errors: 0.002, ..GOOD };
    let found = failing(2000, (1900, 100), rare, rare);
    assert!(found <= 25, "{found} of 2,000");
    let found = failing_by(&ENVOY, 2000, (1000, 200), GOOD, GOOD);
    assert!(found <= 35, "{found} of 2,000");
}

#[test]
fn a_bad_canary_is_found_with_200_requests() {
    let bad = Behaviour { errors: 0.2, ..GOOD };
    let found = failing(500, (1000, 200), GOOD, bad);
    assert!(found >= 495, "{found} of 500");
}

#[test]
fn a_slow_canary_is_found() {
    let slow = Behaviour { latency: 100.0, ..GOOD };
    let found = failing(500, (1000, 200), GOOD, slow);
    assert!(found >= 495, "{found} of 500");
    // The proxy's own bounds are too far apart for that: it takes one that is ten times as slow.
    let found = failing_by(&ENVOY, 500, (1000, 200), GOOD, slow);
    assert!(found < 495, "{found} of 500");
    let slow = Behaviour { latency: 200.0, ..GOOD };
    let found = failing_by(&ENVOY, 500, (1000, 200), GOOD, slow);
    assert!(found >= 495, "{found} of 500");
}

fn window(requests: u64, errors_5xx: u64, millis: f64) -> Window {
    let micros: Vec<_> = (0..requests).map(|_| millis * 1000.0).collect();
    let latency = histogram(&ENVOY, &micros);
    Window(Counts { requests, errors_4xx: 0, errors_5xx, latency })
}

#[test]
fn too_few_requests_of_either_are_waited_for() {
    let plan = AnalysisPlan::default();
    let wait = |have| Verdict::Wait { have, need: 100 };
    assert_eq!(judge(&window(5000, 0, 1.0), &window(99, 99, 1.0), &plan), wait(99));
    assert_eq!(judge(&window(99, 0, 1.0), &window(5000, 5000, 1.0), &plan), wait(99));
    assert!(!matches!(
        judge(&window(100, 0, 1.0), &window(100, 0, 1.0), &plan),
        Verdict::Wait { .. }
    ));
}

#[track_caller]
fn reason(base: &Window, canary: &Window, plan: &AnalysisPlan) -> String {
    match judge(base, canary, plan) {
        Verdict::Failing { reason, .. } => reason,
        other => panic!("{other:?}"),
    }
}

#[test]
fn the_reason_has_the_numbers() {
    let mut plan = AnalysisPlan::default();
    assert_eq!(
        reason(&window(1000, 50, 1.0), &window(200, 40, 1.0), &plan),
        "5xx: canary 20.00 % (40 of 200), base 5.00 % (50 of 1000), p = 9.8e-14 < 0.01"
    );
    let slow = reason(&window(1000, 0, 50.0), &window(200, 0, 400.0), &plan);
    assert_eq!(slow, "p99: canary at least 591.0 ms, base 59.7 ms, limit 89.5 ms");
    assert!(reason(&window(1000, 0, 50.0), &window(200, 40, 400.0), &plan).contains("; p99: "));
    // Whoever leaves latencies alone does not hear of them.
    plan.conditions.p99_ratio = None;
    let verdict = judge(&window(1000, 0, 50.0), &window(200, 0, 400.0), &plan);
    assert!(matches!(verdict, Verdict::Healthy { .. }));
}

#[test]
fn a_difference_must_be_both_certain_and_large() {
    let healthy = |base: &Window, canary: &Window| {
        matches!(judge(base, canary, &AnalysisPlan::default()), Verdict::Healthy { .. })
    };
    // Certain, and half a percent.
    assert!(healthy(&window(1_000_000, 10_000, 1.0), &window(1_000_000, 15_000, 1.0)));
    // Ten percent, and as likely as not by chance.
    assert!(healthy(&window(100, 10, 1.0), &window(100, 13, 1.0)));
    // Better than the base.
    assert!(healthy(&window(1000, 500, 1.0), &window(1000, 0, 1.0)));
    // Three times as slow, and still fast.
    assert!(healthy(&window(1000, 0, 1.0), &window(1000, 0, 5.0)));
}

#[test]
fn latencies_are_not_compared_before_there_are_enough() {
    let mut late = window(200, 0, 400.0);
    late.0.latency = histogram(&ENVOY, &[400_000.0; 99]);
    let verdict = judge(&window(1000, 0, 50.0), &late, &AnalysisPlan::default());
    assert!(matches!(verdict, Verdict::Healthy { .. }), "{verdict:?}");
}
