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
        judge(Base::Present(&base), &canary, &plan, 0)
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
    Window(Counts { requests, errors_5xx, latency, ..Counts::default() })
}

/// What the first look at both says.
fn first(base: &Window, canary: &Window, plan: &AnalysisPlan) -> Verdict {
    judge(Base::Present(base), canary, plan, 0)
}

#[test]
fn too_few_requests_of_either_are_waited_for() {
    let plan = AnalysisPlan::default();
    let wait = |have| Verdict::Wait { have, need: 100 };
    assert_eq!(first(&window(5000, 0, 1.0), &window(99, 99, 1.0), &plan), wait(99));
    assert_eq!(first(&window(99, 0, 1.0), &window(5000, 5000, 1.0), &plan), wait(99));
    assert!(!matches!(
        first(&window(100, 0, 1.0), &window(100, 0, 1.0), &plan),
        Verdict::Wait { .. }
    ));
}

#[track_caller]
fn reason(base: &Window, canary: &Window, plan: &AnalysisPlan) -> String {
    match first(base, canary, plan) {
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
    assert_eq!(slow, "p99: canary at least 591.0 ms, base at most 59.9 ms, limit 89.9 ms");
    assert!(reason(&window(1000, 0, 50.0), &window(200, 40, 400.0), &plan).contains("; p99: "));
    // Whoever leaves latencies alone does not hear of them.
    plan.conditions.p99_ratio = None;
    let verdict = first(&window(1000, 0, 50.0), &window(200, 0, 400.0), &plan);
    assert!(matches!(verdict, Verdict::Healthy { .. }));
}

#[test]
fn a_difference_must_be_both_certain_and_large() {
    let healthy = |base: &Window, canary: &Window| {
        matches!(first(base, canary, &AnalysisPlan::default()), Verdict::Healthy { .. })
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
fn a_canary_is_not_healthy_before_there_are_enough_latencies_to_say_so() {
    let plan = AnalysisPlan { min_requests: 10, ..AnalysisPlan::default() };
    let wait = |have, need| Verdict::Wait { have, need };
    // Requests alone say nothing of how long they took.
    let mut late = window(200, 0, 400.0);
    late.0.latency = histogram(&ENVOY, &[400_000.0; 99]);
    assert_eq!(first(&window(1000, 0, 50.0), &late, &plan), wait(99, 100));
    assert_eq!(first(&window(1000, 0, 50.0), &window(20, 0, 400.0), &plan), wait(20, 100));
    // Of the base it takes as many as say what its percentile is at most.
    let slow = window(200, 0, 400.0);
    assert_eq!(first(&window(458, 0, 50.0), &slow, &plan), wait(458, 459));
    assert!(reason(&window(459, 0, 50.0), &slow, &plan).starts_with("p99: "));
    // Errors are seen meanwhile.
    assert!(reason(&window(100, 0, 50.0), &window(20, 20, 400.0), &plan).starts_with("5xx: "));
    // What is fast enough in any case is not held up, unless the base is about to have no requests.
    let (base, fast) = (window(100, 0, 1.0), window(100, 0, 20.0));
    assert!(matches!(first(&base, &fast, &plan), Verdict::Healthy { .. }));
    assert_eq!(judge(Base::Last(&base), &fast, &plan, 0), wait(100, 459));
    // Nobody waits for what is not compared.
    let mut alone = plan.clone();
    alone.conditions.p99_ratio = None;
    assert!(matches!(first(&window(20, 0, 1.0), &late, &alone), Verdict::Healthy { .. }));
}

#[test]
fn a_canary_that_hangs_is_found_by_the_requests_that_are_given_up() {
    let plan = AnalysisPlan::default();
    let mut hanging = window(200, 0, 1.0);
    hanging.0.abandoned = 40;
    let mut base = window(1000, 0, 1.0);
    base.0.abandoned = 50;
    assert_eq!(
        reason(&base, &hanging, &plan),
        "given up: canary 20.00 % (40 of 200), base 5.00 % (50 of 1000), p = 9.8e-14 < 0.01"
    );
    // Clients that are as impatient with both are nobody's fault.
    base.0.abandoned = 200;
    assert!(matches!(first(&base, &hanging, &plan), Verdict::Healthy { .. }));
}

#[test]
fn the_more_often_it_is_looked_at_the_more_it_takes_to_find_it_failing() {
    let plan = AnalysisPlan::default();
    let is_failing = |errors, millis, looks| {
        let (base, canary) = (window(2000, 100, 50.0), window(200, errors, millis));
        matches!(judge(Base::Present(&base), &canary, &plan, looks), Verdict::Failing { .. })
    };
    assert!(is_failing(20, 1.0, 0) && !is_failing(20, 1.0, 10) && is_failing(60, 1.0, 10));
    // Latencies too: with a few slow ones of many it is no longer certain.
    let slow = |looks| {
        let mut micros = vec![1_000.0; 1000];
        micros.extend([400_000.0; 20]);
        let latency = histogram(&ENVOY, &micros);
        let canary = Window(Counts { requests: 1020, latency, ..Counts::default() });
        let base = window(5000, 0, 1.0);
        matches!(judge(Base::Present(&base), &canary, &plan, looks), Verdict::Failing { .. })
    };
    assert!(slow(0) && !slow(10));
}
