//! What a flood of invalid tokens does to those who have good ones.

use std::thread;
use std::time::Duration;

use serde::Serialize;

use crate::drive::{Callers, Driver, Order};
use crate::gateway::CACHED;
use crate::job::Job;
use crate::keys::BUSY;
use crate::native::Chain;
use crate::pace::{Pace, Paced, pace};
use crate::proxy::{Answers, Delivery, NOBODY, Proxy};
use crate::report::{Spread, float};
use crate::requests::Requests;
use crate::tokens::Tokens;
use crate::world::World;

/// Requests a second of those who have good tokens.
const GOOD: f64 = 1_000.0;

/// And of those who have none.
const BAD: f64 = 3_000.0;

/// What a flood does to one proxy.
#[derive(Clone, Debug, Serialize)]
pub struct Flooded {
    pub name: &'static str,
    /// CPU of Envoy for a good request, in microseconds, before there was any flood.
    pub before: Spread,
    /// And right after one, each token once: more where tokens were forgotten.
    pub after: Spread,
    /// CPU of Envoy for an invalid token.
    pub invalid: Spread,
    /// The 50th and 99th percentile of good requests in microseconds, without a flood.
    pub quiet: [Spread; 2],
    /// And within one.
    pub flooded: [Spread; 2],
}

/// What was seen of one proxy, round by round.
#[derive(Debug, Default)]
struct Seen {
    before: Vec<f64>,
    after: Vec<f64>,
    invalid: Vec<f64>,
    quiet: [Vec<f64>; 2],
    flooded: [Vec<f64>; 2],
}

/// Floods each of them, in turns.
///
/// # Errors
/// If an answer is not what it should be.
pub fn measure(world: &World, rounds: u32, time: Duration) -> Result<Vec<Flooded>, String> {
    let driver = Driver::new();
    let callers = usize::try_from(BUSY).unwrap_or_default();
    let good = Requests::of_tokens(&world.issuer.tokens(0, callers));
    let issuers = std::slice::from_ref(&world.issuer);
    let chain = |cached_tokens| {
        let chain = Chain { issuers, cached_tokens, keys: BUSY };
        Proxy::bare(chain.whole(Answers::Fault), 1)
    };
    let definition = Job::with(issuers, NOBODY).definition();
    let proxies = [
        ("native chain, token cache", chain(CACHED)),
        ("native chain, no token cache", chain(0)),
        ("gateway", Proxy::gateway(&definition, &Delivery::default(), 1)),
    ];
    let mut seen: Vec<_> = proxies.iter().map(|_| Seen::default()).collect();
    for round in 0..rounds {
        // None of them has been seen before.
        let count = count(BAD, time);
        let first = usize::try_from(round).unwrap_or_default() * count;
        let issuer = world.issuer.clone();
        let forged = move || (first..first + count).map(|number| issuer.forged(number)).collect();
        let bad = Requests::of_tokens(&Tokens::new(forged));
        // They are made before it begins.
        let _ = bad.all();
        for ((name, proxy), seen) in proxies.iter().zip(&mut seen) {
            once(&driver, proxy, &good)?;
            seen.before.push(once(&driver, proxy, &good)?);
            let start = proxy.process().cpu();
            let quiet = send(proxy, &good, GOOD, time, 200);
            let without = proxy.process().cpu().saturating_sub(start);
            let start = proxy.process().cpu();
            let (flooded, flood) = thread::scope(|scope| {
                let flood = scope.spawn(|| send(proxy, &bad, BAD, time, 401));
                let flooded = send(proxy, &good, GOOD, time, 200);
                (flooded, flood.join().expect("a flood"))
            });
            let within = proxy.process().cpu().saturating_sub(start);
            seen.after.push(once(&driver, proxy, &good)?);
            for paced in [&quiet, &flooded, &flood] {
                if let Some(wrong) = paced.wrong.first() {
                    return Err(format!("`{name}` in a flood: {wrong}"));
                }
            }
            let bad = float(u64::try_from(flood.count()).unwrap_or_default());
            let more = within.as_secs_f64() - without.as_secs_f64();
            seen.invalid.push(more * 1e6 / bad);
            seen.note(&quiet, &flooded);
        }
    }
    for (_, proxy) in &proxies {
        proxy.assert_healthy();
    }
    let spread = |numbers: Vec<f64>| Spread::of(numbers);
    let tell = |((name, _), seen): (&(&'static str, Proxy), Seen)| Flooded {
        name,
        before: spread(seen.before),
        after: spread(seen.after),
        invalid: spread(seen.invalid),
        quiet: seen.quiet.map(spread),
        flooded: seen.flooded.map(spread),
    };
    Ok(proxies.iter().zip(seen).map(tell).collect())
}

impl Seen {
    fn note(&mut self, quiet: &Paced, flooded: &Paced) {
        for (percentiles, paced) in [(&mut self.quiet, quiet), (&mut self.flooded, flooded)] {
            percentiles[0].push(paced.percentile(50.0));
            percentiles[1].push(paced.percentile(99.0));
        }
    }
}

fn send(proxy: &Proxy, requests: &Requests, rate: f64, time: Duration, expected: u16) -> Paced {
    pace(proxy.address(), Pace { requests, first: 0, rate, time, expected })
}

/// Sends every good token once, and returns what each takes, in microseconds.
fn once(driver: &Driver, proxy: &Proxy, good: &Requests) -> Result<f64, String> {
    let before = proxy.process().cpu();
    let callers =
        Callers { requests: good, first: 0, order: Order::InTurns, at_most: Some(good.count()) };
    let slice = driver.slice(proxy.address(), callers, Duration::from_secs(1));
    let used = proxy.process().cpu().saturating_sub(before);
    if !slice.is_clean() {
        return Err(format!("good tokens are refused: {slice:?}"));
    }
    Ok(used.as_secs_f64() * 1e6 / float(slice.requests))
}

#[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is a count")]
fn count(rate: f64, time: Duration) -> usize {
    (rate * time.as_secs_f64()) as usize + 16
}
