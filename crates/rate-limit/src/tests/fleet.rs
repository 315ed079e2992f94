//! Several proxies, and a server that counts for them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::HashMap;

use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Fetch, Headers, Response};

use super::*;
use crate::{OnUnavailable, Quota};

/// A server of the protocol, as simple as can be: all tokens or none.
#[derive(Debug, Default)]
struct Server {
    counts: HashMap<Vec<u8>, u32>,
    questions: usize,
    says_remaining: bool,
}

impl Server {
    /// Reads the question as the wire has it, so that what is sent is what is tested.
    fn answer(&mut self, body: &[u8]) -> Vec<u8> {
        self.questions += 1;
        let message = &body[5..];
        let hits_at = message.len() - varint_bytes(message);
        let hits = read_varint(&message[hits_at..]);
        let descriptor = &message[..hits_at - 1];
        // The limit stands at the end of the descriptor: tag, length, 08 requests 10 unit.
        let at = descriptor.len() - 2;
        let limit_end = at;
        let limit_start = (0..limit_end)
            .rev()
            .find(|&i| descriptor[i] == 0x08 && descriptor[i - 2] == 0x12)
            .unwrap();
        let limit = read_varint(&descriptor[limit_start + 1..limit_end]);
        let counter = self.counts.entry(descriptor[..limit_start - 2].to_vec()).or_default();
        let granted = *counter + hits <= limit;
        if granted {
            *counter += hits;
        }
        let remaining = limit.saturating_sub(*counter);
        let mut answer = vec![0x08, if granted { 1 } else { 2 }];
        if self.says_remaining {
            let mut status = vec![0x12, 2, 0x08, 1];
            if remaining > 0 {
                status.push(0x18);
                put_varint(&mut status, remaining);
            }
            answer.extend([0x12, u8::try_from(status.len()).unwrap()]);
            answer.extend(status);
        }
        [&[0, 0, 0, 0, u8::try_from(answer.len()).unwrap()], &answer[..]].concat()
    }
}

fn varint_bytes(message: &[u8]) -> usize {
    // The last field is a number: all its bytes but the last have the high bit.
    let mut bytes = 1;
    while message[message.len() - bytes - 1] & 0x80 != 0 {
        bytes += 1;
    }
    bytes
}

fn read_varint(bytes: &[u8]) -> u32 {
    let mut number = 0;
    for (index, byte) in bytes.iter().enumerate() {
        number |= u32::from(byte & 0x7f) << (7 * index);
        if byte & 0x80 == 0 {
            break;
        }
    }
    number
}

fn put_varint(out: &mut Vec<u8>, mut number: u32) {
    while number >= 0x80 {
        out.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// A proxy with two workers, and the questions that are on their way.
struct Proxy {
    host: FakeHost,
    workers: Vec<Limiters>,
    under_way: Vec<(usize, Fetch)>,
}

fn counters(fleet_size: u32) -> Counters {
    Counters { fleet_size, ..Counters::behind("counters") }
}

impl Proxy {
    fn new(fleet: u32, make: impl Fn() -> Limiter) -> Self {
        let worker = || Limiters::new(vec![make()], Some(counters(fleet))).unwrap();
        Self { host: FakeHost::at(NOW), workers: vec![worker(), worker()], under_way: Vec::new() }
    }

    /// One request; one that would wait is judged again when the answer is there, or late.
    fn admits(&mut self, worker: usize, server: Option<&mut Server>) -> bool {
        let (wanted, mut patience) = ([(0, Subject::EVERYBODY)], Patience::Left);
        let (mut server, mut looks) = (server, 0);
        for _ in 0..64 {
            let moment = Moment::of(&self.host);
            match self.workers[worker].check(&wanted, &moment, patience, &self.host) {
                Check::Admit => {
                    self.workers[worker].take(&wanted, &moment);
                    return true;
                }
                Check::Refuse { .. } => return false,
                Check::Wait => {}
            }
            assert_eq!(patience, Patience::Left, "who has waited does not wait again");
            self.send();
            match server.as_deref_mut() {
                Some(server) if !self.under_way.is_empty() => self.deliver(Some(server)),
                // Somebody else's answer may just have come.
                Some(_) if looks < 2 => {
                    looks += 1;
                    self.host.pass(2 * MILLI);
                }
                Some(_) => patience = Patience::Over,
                None => {
                    self.deliver(None);
                    patience = Patience::Over;
                }
            }
        }
        panic!("it never comes to a decision");
    }

    fn send(&mut self) {
        for (number, worker) in self.workers.iter().enumerate() {
            self.under_way
                .extend(worker.work(&self.host).fetches.into_iter().map(|fetch| (number, fetch)));
        }
    }

    fn deliver(&mut self, server: Option<&mut Server>) {
        let mut server = server;
        for (number, fetch) in self.under_way.drain(..) {
            let reply = server.as_deref_mut().map(|server| Response {
                status: 200,
                headers: Headers::new(),
                body: server.answer(&fetch.call.body),
            });
            self.workers[number].on_fetched(fetch.id, reply, &self.host);
        }
    }
}

fn fleet(size: u32, make: impl Fn() -> Limiter) -> Vec<Proxy> {
    (0..size).map(|_| Proxy::new(size, &make)).collect()
}

/// Lets a fleet loose on one limit, with a server that is there but for a while.
fn run(
    rate: f64,
    burst: u32,
    size: u32,
    seed: u64,
    down: std::ops::Range<u32>,
    remaining: bool,
) -> (Admitted, usize) {
    let mut proxies = fleet(size, || throttle(rate, burst, Per::Everybody));
    let mut server = Server { says_remaining: remaining, ..Server::default() };
    let (mut seen, mut rng) = (Admitted::default(), Rng(seed));
    for step in 0..20_000 {
        let proxy = &mut proxies[rng.below(size) as usize];
        let server = if down.contains(&step) { None } else { Some(&mut server) };
        match rng.below(100) {
            0..30 => {
                let time = Duration::from_micros(rng.below(3_000).into());
                proxies.iter().for_each(|proxy| proxy.host.pass(time));
            }
            30..35 => {
                proxy.send();
                proxy.deliver(server);
            }
            _ => {
                let worker = rng.below(2) as usize;
                if proxy.admits(worker, server) {
                    seen.0.push(proxy.host.uptime_now());
                }
            }
        }
        // It is the same time everywhere.
        let latest = proxies.iter().map(|proxy| proxy.host.uptime_now()).max().unwrap();
        for proxy in &proxies {
            proxy.host.pass(latest.saturating_sub(proxy.host.uptime_now()));
        }
    }
    (seen, server.questions)
}

#[test]
fn a_fleet_never_admits_more_than_one_bucket_would() {
    for seed in 0..6 {
        for remaining in [true, false] {
            for (rate, burst) in [(100.0, 200), (50.0, 20), (20.0, 7), (300.0, 60)] {
                let (seen, _) = run(rate, burst, 3, seed, 0..0, remaining);
                seen.check(rate, burst, 0.0);
            }
        }
    }
}

#[test]
fn a_fleet_at_saturation_admits_nearly_as_many_and_asks_seldom() {
    let (seen, questions) = run(100.0, 200, 2, 1, 0..0, true);
    let last = seen.0.last().unwrap().as_secs_f64();
    let share = seen.0.len() as f64 / (100.0 * last);
    assert!(share > 0.97, "{share} of {}", seen.0.len());
    assert!(questions < seen.0.len() / 4, "{questions} for {}", seen.0.len());
}

#[test]
fn while_the_server_is_down_each_keeps_its_share() {
    for seed in 0..6 {
        let (rate, burst) = (100.0, 100);
        let (seen, _) = run(rate, burst, 2, seed, 5_000..12_000, true);
        // Going down adds a burst, coming back half of one.
        seen.check(rate, burst, f64::from(burst) * 1.5);
        assert!(seen.0.len() > 500, "{}", seen.0.len());
    }
}

#[test]
fn while_the_server_is_down_the_limit_says_what_holds() {
    for (what, expected) in
        [(OnUnavailable::Deny, 0), (OnUnavailable::Allow, 50), (OnUnavailable::Local, 5)]
    {
        let throttle = Throttle { on_unavailable: what, ..Throttle::new(1.0, 10) };
        let mut proxy =
            Proxy::new(2, || Limiter::throttle("t", &throttle, Per::Everybody).unwrap());
        let count = (0..50).filter(|_| proxy.admits(0, None)).count();
        assert_eq!(count, expected, "{what:?}");
        assert!(proxy.host.logged().iter().any(|line| line == "the counters do not answer"));
        // It is back without anybody's doing.
        let mut server = Server::default();
        for _ in 0..30 {
            proxy.host.pass(Duration::from_millis(200));
            let _ = proxy.admits(0, Some(&mut server));
            proxy.send();
            proxy.deliver(Some(&mut server));
        }
        assert!(server.questions > 0);
        assert!(proxy.host.logged().iter().any(|line| line == "the counters answer again"));
    }
}

fn daily(limit: u32) -> Quota {
    serde_json::from_value(serde_json::json!({"limit": limit, "period": "DAY"})).unwrap()
}

#[test]
fn a_quota_holds_across_the_fleet_and_its_turn() {
    // Not every server says how many are left.
    for says_remaining in [true, false] {
        let mut proxies = fleet(3, || Limiter::quota("free", &daily(1_000)).unwrap());
        let mut server = Server { says_remaining, ..Server::default() };
        let mut rng = Rng(4);
        for _ in 0..2 {
            let mut total = 0;
            for _ in 0..4_000 {
                let proxy = &mut proxies[rng.below(3) as usize];
                total += u32::from(proxy.admits(rng.below(2) as usize, Some(&mut server)));
            }
            // What one proxy has and does not get asked for is at most a lease.
            assert!((970..=1_000).contains(&total), "{total}");
            proxies.iter().for_each(|proxy| proxy.host.pass(Duration::from_secs(86_400)));
        }
        assert!(server.questions < 700, "{}", server.questions);
    }
}

#[test]
fn a_worker_does_not_live_on_an_outage_when_it_is_over() {
    let mut proxy = Proxy::new(2, || Limiter::quota("free", &daily(100_000_000)).unwrap());
    let mut server = Server { says_remaining: true, ..Server::default() };
    for _ in 0..2_000 {
        assert!(proxy.admits(0, None));
    }
    // The server is back, and a worker that has probed it asks for what it hands out.
    proxy.host.pass(Duration::from_secs(10));
    for _ in 0..1_000 {
        assert!(proxy.admits(0, Some(&mut server)));
        proxy.send();
        proxy.deliver(Some(&mut server));
    }
    let counted: u32 = server.counts.values().sum();
    assert!((2_900..=3_300).contains(&counted), "{counted}");
}

#[test]
fn a_quota_is_charged_for_what_was_handed_out_while_the_server_was_down() {
    let mut proxy = Proxy::new(2, || Limiter::quota("free", &daily(100)).unwrap());
    let mut server = Server { says_remaining: true, ..Server::default() };
    assert!(proxy.admits(0, Some(&mut server)));
    // Half of what is left is its share.
    let down = (0..200).filter(|_| proxy.admits(0, None)).count();
    assert!((45..=50).contains(&down), "{down}");
    proxy.host.pass(Duration::from_secs(10));
    let mut back = 0;
    for _ in 0..400 {
        back += usize::from(proxy.admits(0, Some(&mut server)));
        proxy.send();
        proxy.deliver(Some(&mut server));
        proxy.host.pass(100 * MILLI);
    }
    assert!(down + back < 100 && down + back >= 95, "{down} and {back}");
}

#[test]
fn a_quota_that_is_raised_admits_more_before_long() {
    let mut server = Server { says_remaining: true, ..Server::default() };
    let mut proxy = Proxy::new(1, || Limiter::quota("free", &daily(5)).unwrap());
    let first = (0..20).filter(|_| proxy.admits(0, Some(&mut server))).count();
    assert_eq!(first, 5);
    let raised = || {
        Limiters::new(vec![Limiter::quota("free", &daily(8)).unwrap()], Some(counters(1))).unwrap()
    };
    proxy.workers = vec![raised(), raised()];
    proxy.host.pass(Duration::from_secs(11));
    let more = (0..20).filter(|_| proxy.admits(0, Some(&mut server))).count();
    assert_eq!(more, 3);
}

#[test]
fn a_limit_of_a_long_name_is_counted_under_a_short_one() {
    let asked = |name: &str| {
        let limiter = Limiter::throttle(name, &Throttle::new(10.0, 10), Per::Everybody).unwrap();
        let (host, worker) =
            (FakeHost::at(NOW), Limiters::new(vec![limiter], Some(counters(2))).unwrap());
        let wanted = [(0, Subject::EVERYBODY)];
        let _ = worker.check(&wanted, &Moment::of(&host), Patience::Left, &host);
        worker.work(&host).fetches.remove(0).call.body
    };
    let contains =
        |body: &[u8], text: &str| body.windows(text.len()).any(|part| part == text.as_bytes());
    let (longest, long) = ("a".repeat(256), "a".repeat(257));
    assert!(contains(&asked(&longest), &longest));
    assert!(!contains(&asked(&long), &"a".repeat(100)));
    assert_ne!(asked(&long), asked(&format!("{}b", "a".repeat(256))));
}

#[test]
fn a_late_server_is_not_waited_for() {
    let mut proxy = Proxy::new(2, || throttle(10.0, 10, Per::Everybody));
    let (wanted, host) = ([(0, Subject::EVERYBODY)], &proxy.host);
    let moment = Moment::of(host);
    let worker = &proxy.workers[0];
    assert_eq!(worker.check(&wanted, &moment, Patience::Left, host), Check::Wait);
    assert!(worker.is_pressed());
    // It gets a token in advance, and the grant pays for it.
    assert_eq!(worker.check(&wanted, &moment, Patience::Over, host), Check::Admit);
    worker.take(&wanted, &moment);
    let mut server = Server::default();
    proxy.send();
    proxy.deliver(Some(&mut server));
    assert_eq!(server.counts.values().sum::<u32>(), 1);
}

#[test]
fn a_reply_that_is_no_answer_grants_nothing() {
    let proxy = Proxy::new(2, || throttle(10.0, 10, Per::Everybody));
    let (wanted, host, worker) = ([(0, Subject::EVERYBODY)], &proxy.host, &proxy.workers[0]);
    let replies = [(200, &b""[..]), (503, b"\0\0\0\0\x02\x08\x01"), (200, b"\0\0\0\0\x02\x08\x00")];
    for (status, body) in replies {
        host.pass(Duration::from_secs(5));
        let _ = worker.check(&wanted, &Moment::of(host), Patience::Left, host);
        for fetch in worker.work(host).fetches {
            let reply = Response { status, headers: Headers::new(), body: body.to_vec() };
            worker.on_fetched(fetch.id, Some(reply), host);
        }
    }
    assert_eq!(host.metric_value("tollgate_counters_failures"), Some(3));
    worker.on_fetched(999, None, host);
}

/// A proxy whose first worker has borrowed more than it has spent, in a window of a quarter second.
fn with_a_lease() -> (Proxy, Server) {
    let mut proxy = Proxy::new(2, || throttle(1_600.0, 800, Per::Everybody));
    let mut server = Server::default();
    while proxy.workers[0].limiter(0).unwrap().in_hand() == 0 {
        assert!(proxy.admits(0, Some(&mut server)));
    }
    (proxy, server)
}

#[test]
fn what_was_granted_for_a_window_is_not_spent_after_it() {
    /// What a proxy has for itself in a window of four hundred, as one of two.
    const OWN: usize = 40;
    let admitted = |proxy: &Proxy, worker: usize| {
        let (host, worker) = (&proxy.host, &proxy.workers[worker]);
        let wanted = [(0, Subject::EVERYBODY)];
        let admits = || {
            let moment = Moment::of(host);
            let check = worker.check(&wanted, &moment, Patience::Left, host);
            worker.take(&wanted, &moment);
            check == Check::Admit
        };
        (0..200).take_while(|_| admits()).count()
    };
    let (proxy, _) = with_a_lease();
    assert!(proxy.workers[0].limiter(0).unwrap().in_hand() > 0);
    proxy.host.pass(250 * MILLI);
    assert_eq!(admitted(&proxy, 0), OWN);
    // Nor does it come back to the proxy when its lease is settled.
    let (proxy, _) = with_a_lease();
    proxy.host.pass(250 * MILLI);
    for _ in 0..3 {
        let _ = proxy.workers[0].work(&proxy.host);
        proxy.host.pass(250 * MILLI);
    }
    assert_eq!(admitted(&proxy, 0) + admitted(&proxy, 1), OWN);
}

#[test]
fn a_caller_who_is_far_from_the_limit_is_never_asked_for() {
    let mut proxy = Proxy::new(2, || throttle(100.0, 200, Per::Everybody));
    let mut server = Server::default();
    for _ in 0..200 {
        assert!(proxy.admits(0, Some(&mut server)));
        proxy.host.pass(150 * MILLI);
    }
    assert_eq!(server.questions, 0);
}

#[test]
fn a_late_answer_is_not_anticipated_where_tokens_are_scarce() {
    let mut proxy = Proxy::new(2, || throttle(10.0, 10, Per::Everybody));
    let mut server = Server::default();
    while proxy.admits(0, Some(&mut server)) {}
    // The next window begins, and the server is late.
    proxy.host.pass(500 * MILLI);
    let (wanted, host, worker) = ([(0, Subject::EVERYBODY)], &proxy.host, &proxy.workers[0]);
    assert_eq!(worker.check(&wanted, &Moment::of(host), Patience::Left, host), Check::Wait);
    let late = worker.check(&wanted, &Moment::of(host), Patience::Over, host);
    assert!(matches!(late, Check::Refuse { at: 0, .. }), "{late:?}");

    let mut proxy = Proxy::new(4, || Limiter::quota("free", &daily(10)).unwrap());
    let mut server = Server { says_remaining: true, ..Server::default() };
    for _ in 0..5 {
        assert!(proxy.admits(0, Some(&mut server)));
    }
    let (host, worker) = (&proxy.host, &proxy.workers[0]);
    assert_eq!(worker.check(&wanted, &Moment::of(host), Patience::Left, host), Check::Wait);
    let late = worker.check(&wanted, &Moment::of(host), Patience::Over, host);
    assert!(matches!(late, Check::Refuse { at: 0, .. }), "{late:?}");
}

#[test]
fn who_may_not_wait_is_served_all_the_same() {
    let counters = Counters { wait_millis: 0, ..counters(2) };
    let limiter = throttle(100.0, 100, Per::Everybody);
    let worker = Limiters::new(vec![limiter], Some(counters)).unwrap();
    let mut proxy = Proxy::new(2, || throttle(100.0, 100, Per::Everybody));
    proxy.workers = vec![worker];
    let mut server = Server::default();
    let wanted = [(0, Subject::EVERYBODY)];
    let mut admitted = 0;
    for _ in 0..200 {
        let moment = Moment::of(&proxy.host);
        let worker = &proxy.workers[0];
        if worker.check(&wanted, &moment, Patience::Over, &proxy.host) == Check::Admit {
            worker.take(&wanted, &moment);
            admitted += 1;
        }
        proxy.send();
        proxy.deliver(Some(&mut server));
        proxy.host.pass(20 * MILLI);
    }
    // Half of what would be too fast anyway.
    assert!(admitted > 190, "{admitted}");
}
