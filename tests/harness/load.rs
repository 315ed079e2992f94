//! Clients that send as fast as they can, and what they got.

use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use crate::{Connection, Request};

/// What came of a load.
#[derive(Debug, Default)]
pub struct Load {
    /// When each admitted request was sent and answered, since the load began.
    pub admitted: Vec<(Duration, Duration)>,
    /// When each of those that were refused with 429 was sent.
    pub refused: Vec<Duration>,
    /// The longest time a request took.
    pub longest: Duration,
    /// Between the first request and the last.
    pub lasted: Duration,
}

/// Lets clients, each with a connection of its own, send requests until `over` says so.
///
/// # Panics
/// If an answer is neither 200 nor 429.
#[must_use]
pub fn hammer(
    addresses: &[SocketAddr],
    clients: usize,
    over: &(dyn Fn(Duration) -> bool + Sync),
    request: &(dyn Fn(usize) -> Request + Sync),
) -> Load {
    let start = Instant::now();
    let failed = AtomicBool::new(false);
    let run = |number: usize| {
        let address = addresses[number % addresses.len()];
        let mut load = Load::default();
        let mut connection = Connection::open(address).expect("a connection");
        while !over(start.elapsed()) && !failed.load(Ordering::Relaxed) {
            let sent = start.elapsed();
            let answer = connection.exchange(request(number)).expect("an answer");
            let answered = start.elapsed();
            load.longest = load.longest.max(answered.saturating_sub(sent));
            load.lasted = sent;
            match answer.status {
                200 => load.admitted.push((sent, answered)),
                429 => load.refused.push(sent),
                _ => {
                    failed.store(true, Ordering::Relaxed);
                    panic!("{answer:?}");
                }
            }
        }
        load
    };
    thread::scope(|scope| {
        let run = &run;
        let clients: Vec<_> = (0..clients).map(|number| scope.spawn(move || run(number))).collect();
        let mut all = Load::default();
        for client in clients {
            let load = client.join().expect("a client");
            all.admitted.extend(load.admitted);
            all.refused.extend(load.refused);
            all.longest = all.longest.max(load.longest);
            all.lasted = all.lasted.max(load.lasted);
        }
        all.admitted.sort();
        all
    })
}

impl Load {
    /// How many of these requests one bucket would have admitted, had it seen each as it was sent. Time
    /// in which nobody sent anything, because the machine did something else, is nobody's loss.
    #[must_use]
    pub fn due(&self, rate: f64, burst: f64) -> usize {
        let admitted = self.admitted.iter().map(|(sent, _)| *sent);
        let mut sends: Vec<_> = admitted.chain(self.refused.iter().copied()).collect();
        sends.sort();
        let (mut level, mut before, mut due) = (burst, Duration::ZERO, 0);
        for sent in sends {
            level = burst.min(level + rate * sent.saturating_sub(before).as_secs_f64());
            before = sent;
            if level >= 1.0 {
                level -= 1.0;
                due += 1;
            }
        }
        due
    }

    /// Whether one bucket could have admitted these, give or take `more`: in no stretch of time are
    /// there more than burst + rate x T.
    ///
    /// # Panics
    /// If there are.
    #[track_caller]
    pub fn assert_within(&self, rate: f64, burst: f64, more: f64) {
        // A request was admitted somewhere between when it was sent and when it was answered. It is
        // taken to have been as late as it can have been, and the ones after it as early: so whatever
        // fails here has been too much.
        let (mut answers, mut sends): (Vec<_>, Vec<_>) =
            self.admitted.iter().map(|(sent, answered)| (*answered, *sent)).unzip();
        answers.sort();
        sends.sort();
        // Requests that were sent after a moment and answered before another are between the two.
        let step = (self.admitted.len() / 200).max(1);
        for (before, from) in sends.iter().enumerate().step_by(step) {
            for until in answers.iter().skip(before).step_by(step) {
                let between = (self.admitted.iter())
                    .filter(|(sent, answered)| sent >= from && answered <= until)
                    .count();
                let time = until.saturating_sub(*from).as_secs_f64();
                let most = burst + rate * time + more;
                #[expect(clippy::cast_precision_loss, reason = "there are not that many")]
                let count = between as f64;
                assert!(count <= most + 1e-6, "{count} in {time} s from {from:?}, not {most}");
            }
        }
    }
}
