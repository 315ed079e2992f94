//! Workers that share a limit: whatever they do, together they admit no more than one bucket would.
#![no_main]

use std::time::Duration;

use libfuzzer_sys::fuzz_target;
use tollgate_policy::fake::FakeHost;
use tollgate_policy::Timestamp;
use tollgate_rate_limit::{Check, Limiter, Limiters, Moment, Patience, Per, Subject, Throttle};

fn worker(rate: f64, burst: u32) -> Limiters {
    let limiter = Limiter::throttle("fuzz", &Throttle::new(rate, burst), Per::Everybody);
    Limiters::new(vec![limiter.expect("a limit")], None).expect("limits")
}

fuzz_target!(|input: (u16, u8, Vec<(u8, u16)>)| {
    let (rate, burst, steps) = input;
    let (rate, burst) = (f64::from(rate) / 8.0, u32::from(burst));
    let host = FakeHost::at(Timestamp::from_secs(1_795_564_800));
    let mut workers: Vec<_> = (0..4).map(|_| worker(rate, burst)).collect();
    // A bucket that is as full as it can be at every moment.
    let (mut level, mut before) = (f64::from(burst), Duration::ZERO);
    for (what, much) in steps {
        let number = usize::from(what % 4);
        match what / 4 % 8 {
            0 => host.pass(Duration::from_micros(u64::from(much) * 50)),
            1 => drop(workers[number].work(&host)),
            2 if much == 0 => workers[number] = worker(rate, burst),
            _ => {
                let (wanted, moment) = ([(0, Subject::EVERYBODY)], Moment::of(&host));
                let check = workers[number].check(&wanted, &moment, Patience::Left, &host);
                if check == Check::Admit {
                    workers[number].take(&wanted, &moment);
                    let passed = moment.uptime.saturating_sub(before).as_secs_f64();
                    level = f64::from(burst).min(level + rate * passed) - 1.0;
                    before = moment.uptime;
                    assert!(level > -1e-3, "{level}");
                    if much % 16 == 0 {
                        workers[number].give_back(&wanted, &host);
                        level += 1.0;
                    }
                }
            }
        }
    }
});
