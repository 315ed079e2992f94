//! Several workers of one proxy: together they are one bucket.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_policy::fake::FakeHost;

use super::*;
use crate::bucket::Bucket;
use crate::limit::Limit;

/// Lets workers loose on one limit: now they hammer it, now they pause; some are lost and replaced.
fn run(rate: f64, burst: u32, count: usize, seed: u64, steps: u32) {
    let host = FakeHost::at(NOW);
    let mut rng = Rng(seed);
    let mut workers: Vec<_> = (0..count).map(|_| everybody(rate, burst)).collect();
    let mut seen = Admitted::default();
    for _ in 0..steps {
        let worker = rng.below(u32::try_from(count).unwrap()) as usize;
        match rng.below(100) {
            0 => workers[worker] = everybody(rate, burst),
            1 => host.pass(Duration::from_millis(rng.below(3_000).into())),
            2..10 => {
                let _ = workers[worker].work(&host);
            }
            10..40 => host.pass(Duration::from_micros(rng.below(2_000).into())),
            _ => {
                for _ in 0..rng.below(8) {
                    if admits(&workers[worker], Subject::EVERYBODY, &host) {
                        seen.0.push(host.uptime_now());
                    }
                }
            }
        }
    }
    seen.check(rate, burst, 0.0);
}

#[test]
fn they_never_admit_more_than_one_bucket_would() {
    for seed in 0..12 {
        run(100.0, 50, 4, seed, 6_000);
        run(5.0, 10, 2, seed, 4_000);
        run(1_000.0, 1, 3, seed, 4_000);
        run(0.5, 3, 8, seed, 3_000);
        run(10_000.0, 5_000, 4, seed, 6_000);
    }
}

#[test]
fn at_saturation_they_admit_nearly_as_many() {
    for (rate, burst) in [(1_000.0, 100), (1_000.0, 1), (50.0, 1), (50.0, 200), (20_000.0, 1_000)] {
        for count in [1, 2, 4] {
            let host = FakeHost::at(NOW);
            let workers: Vec<_> = (0..count).map(|_| everybody(rate, burst)).collect();
            let limit = Limit::new(rate, burst).unwrap();
            let (mut one, mut most) = (Bucket::default(), 0_u32);
            let (mut total, mut rng, mut ticks) = (0_u32, Rng(7), 0_u32);
            // Twenty seconds, in which requests come twice as fast as they may at least.
            while host.uptime_now() < Duration::from_secs(20) {
                for _ in 0..2 {
                    let worker = &workers[rng.below(count) as usize];
                    total += u32::from(admits(worker, Subject::EVERYBODY, &host));
                    one.refresh(limit, u64::try_from(host.uptime_now().as_micros()).unwrap());
                    if one.available(limit) > 0 {
                        one.lend(1);
                        most += 1;
                    }
                }
                let pause = u64::from(rng.below(100)).min((1e6 / rate) as u64);
                host.pass(Duration::from_micros(pause));
                ticks += 1;
                if ticks.is_multiple_of(100) {
                    workers.iter().for_each(|worker| drop(worker.work(&host)));
                }
            }
            let share = f64::from(total) / f64::from(most);
            assert!((0.99..=1.0).contains(&share), "{rate}/{burst} x{count}: {total} of {most}");
        }
    }
}

#[test]
fn a_common_request_costs_no_access_to_shared_memory() {
    let (host, worker) = (FakeHost::at(NOW), everybody(10_000.0, 5_000));
    for _ in 0..2_000 {
        assert!(admits(&worker, Subject::EVERYBODY, &host));
        host.pass(Duration::from_micros(200));
    }
    assert!(host.accesses() < 200, "{}", host.accesses());
    // Nor does one that is refused.
    let host = FakeHost::at(NOW);
    let worker = everybody(1.0, 1);
    assert_eq!(admitted(&worker, 1, &host), 1);
    assert_eq!(admitted(&worker, 1, &host), 0);
    let before = host.accesses();
    assert_eq!(admitted(&worker, 1_000, &host), 0);
    assert_eq!(host.accesses(), before);
}

#[test]
fn what_a_worker_does_not_use_comes_back() {
    let host = FakeHost::at(NOW);
    let (busy, idle) = (everybody(100.0, 100), everybody(100.0, 100));
    // The idle one has borrowed some.
    for _ in 0..20 {
        assert!(admits(&idle, Subject::EVERYBODY, &host));
    }
    for _ in 0..3 {
        host.pass(Duration::from_millis(300));
        let _ = idle.work(&host);
    }
    host.pass(Duration::from_secs(5));
    assert_eq!(admitted(&busy, 200, &host), 100);
}

#[test]
fn what_a_lost_worker_had_borrowed_is_back_before_long() {
    let host = FakeHost::at(NOW);
    let lost = everybody(100.0, 100);
    for _ in 0..40 {
        assert!(admits(&lost, Subject::EVERYBODY, &host));
    }
    drop(lost);
    host.pass(Duration::from_secs(4));
    assert_eq!(admitted(&everybody(100.0, 100), 200, &host), 100);
}

#[test]
fn a_clock_that_steps_gives_nobody_tokens_and_takes_none() {
    let (host, worker) = (FakeHost::at(NOW), everybody(1.0, 5));
    assert_eq!(admitted(&worker, 10, &host), 5);
    host.step(NOW.after(Duration::from_secs(86_400)));
    assert_eq!(admitted(&worker, 10, &host), 0);
    host.step(Timestamp::default());
    assert_eq!(admitted(&worker, 10, &host), 0);
    host.pass(Duration::from_secs(2));
    assert_eq!(admitted(&worker, 10, &host), 2);
}

#[test]
fn a_limit_that_is_changed_takes_what_was_spent_over() {
    let (host, worker) = (FakeHost::at(NOW), everybody(0.01, 10));
    assert_eq!(admitted(&worker, 8, &host), 8);
    for _ in 0..2 {
        host.pass(Duration::from_millis(250));
        let _ = worker.work(&host);
    }
    // A smaller one is empty, a larger one has what was not spent.
    assert_eq!(admitted(&everybody(0.01, 5), 8, &host), 0);
    assert_eq!(admitted(&everybody(0.01, 20), 20, &host), 12);
}

#[test]
fn what_a_lost_worker_had_spent_is_spent() {
    let (host, lost) = (FakeHost::at(NOW), everybody(100.0, 1_000));
    let mut spent = admitted(&lost, 400, &host);
    // It goes with a lease of which it has used all but one.
    while lost.limiter(0).unwrap().in_hand() != 1 {
        spent += admitted(&lost, 1, &host);
    }
    drop(lost);
    host.pass(Duration::from_secs(3));
    let rest = admitted(&everybody(100.0, 1_000), 2_000, &host);
    assert_eq!(rest, 1_000 - spent - 1 + 300);
}

#[test]
fn a_worker_borrows_no_more_than_a_quarter_of_what_is_there() {
    let (host, worker) = (FakeHost::at(NOW), everybody(10_000.0, 100));
    let mut left = 100;
    while left > 0 {
        assert_eq!(admitted(&worker, 1, &host), 1);
        let hand = worker.limiter(0).unwrap().in_hand();
        assert!(hand <= left / 4, "{hand} of {left}");
        left -= 1;
    }
}
