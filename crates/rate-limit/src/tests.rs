mod bucket;
mod eviction;
mod fleet;
mod limiters;
mod workers;

use std::time::Duration;

use tollgate_policy::Timestamp;
use tollgate_policy::fake::FakeHost;

use crate::{Check, Counters, Limiter, Limiters, Moment, Patience, Per, Subject, Throttle};

/// A Tuesday.
const NOW: Timestamp = Timestamp::from_secs(1_795_564_800);

const MILLI: Duration = Duration::from_millis(1);

fn throttle(rate: f64, burst: u32, per: Per) -> Limiter {
    Limiter::throttle("test", &Throttle::new(rate, burst), per).expect("a limit")
}

fn limiters(limiters: Vec<Limiter>) -> Limiters {
    Limiters::new(limiters, None).expect("limits")
}

fn everybody(rate: f64, burst: u32) -> Limiters {
    limiters(vec![throttle(rate, burst, Per::Everybody)])
}

/// Judges one request by the first limit, as a policy does.
fn admits(limiters: &Limiters, subject: Subject<'_>, host: &FakeHost) -> bool {
    let (wanted, moment) = ([(0, subject)], Moment::of(host));
    let admitted = limiters.check(&wanted, &moment, Patience::Left, host) == Check::Admit;
    if admitted {
        limiters.take(&wanted, &moment);
    }
    admitted
}

/// How many of so many requests, all at once, are admitted.
fn admitted(limiters: &Limiters, requests: u32, host: &FakeHost) -> u32 {
    (0..requests).map(|_| u32::from(admits(limiters, Subject::EVERYBODY, host))).sum()
}

/// Numbers that look random and are the same every time.
#[derive(Debug)]
struct Rng(u64);

impl Rng {
    fn below(&mut self, bound: u32) -> u32 {
        self.0 =
            self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        u32::try_from(self.0 >> 33).unwrap() % bound.max(1)
    }
}

/// When requests were admitted, and whether one bucket would have admitted as many.
#[derive(Debug, Default)]
struct Admitted(Vec<Duration>);

impl Admitted {
    /// In any T seconds there are no more than burst + rate x T, and so many more.
    #[track_caller]
    fn check(&self, rate: f64, burst: u32, more: f64) {
        // A bucket that is as full as it can be at every moment: what it lacks is what is too much.
        let (mut level, mut before) = (f64::from(burst) + more, Duration::ZERO);
        let full = level;
        for (number, at) in self.0.iter().enumerate() {
            level = full.min(level + rate * at.saturating_sub(before).as_secs_f64());
            before = *at;
            level -= 1.0;
            assert!(level > -1e-3, "request {number} at {at:?} is {} too many", -level);
        }
    }
}
