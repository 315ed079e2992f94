//! What it takes to start, to take up another definition, and to be there.

use std::fs;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;
use tollgate_tests::{Program, Request, envoy, wait};

use crate::drive::{Callers, Driver, Order};
use crate::gateway::{CACHED, GATEWAY, NATIVE, ROUTER};
use crate::job::{Job, mock};
use crate::keys::{self, BUSY, Keys};
use crate::native::Chain;
use crate::pace::{Pace, pace};
use crate::proxy::{Answers, Bare, Delivery, NOBODY, Proxy};
use crate::report::{Judged, Spread, float};
use crate::requests::Requests;
use crate::world::World;

/// Requests a second while a definition is replaced: few, so that nothing but it is waited for.
const RATE: f64 = 500.0;

/// How long the load goes on before and after.
const AROUND: Duration = Duration::from_secs(1);

/// What is measured of starts, memory and reloads.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Starting {
    /// Seconds from the start of `tollgate run` to its first answer.
    pub cold_start: Option<Spread>,
    pub memory: Vec<Memory>,
    pub reloads: Vec<Reload>,
    pub targets: Vec<Judged>,
}

/// What a cold start may take, in seconds.
const COLD_START: f64 = 2.5;

/// What a gateway may hold more than a plain router, in MiB.
const MORE_MEMORY: f64 = 40.0;

/// How long a worker may stand still for another definition, in milliseconds.
const STALL: f64 = 20.0;

/// What a proxy holds in RAM, in MiB.
#[derive(Clone, Debug, Serialize)]
pub struct Memory {
    pub name: &'static str,
    pub one_worker: f64,
    pub two_workers: f64,
}

/// What another definition takes.
#[derive(Clone, Debug, Serialize)]
pub struct Reload {
    pub name: &'static str,
    /// Milliseconds from the new file to the first new answer.
    pub millis: Spread,
    /// The longest that an answer took within, in milliseconds.
    pub longest: Spread,
    /// And in as much time when nothing was replaced.
    pub longest_without: Spread,
}

/// Measures all of it.
///
/// # Errors
/// If an answer is not what it should be.
pub fn measure(world: &World, rounds: u32) -> Result<Starting, String> {
    let cold_start = Some(Spread::of((0..rounds).map(|_| cold_start(world))));
    let reloads = vec![small(world, rounds)?, large(world, rounds)?];
    let mut starting =
        Starting { cold_start, memory: memory(world)?, reloads, targets: Vec::new() };
    starting.targets = starting.judged();
    Ok(starting)
}

impl Starting {
    fn judged(&self) -> Vec<Judged> {
        let judged = |target: String, measured: Option<f64>, most: f64| {
            measured.map(|measured| Judged { target, measured, is_met: measured <= most })
        };
        let memory = |name| self.memory.iter().find(|row| row.name == name);
        let more = memory(GATEWAY)
            .zip(memory(ROUTER))
            .map(|(gateway, router)| gateway.one_worker - router.one_worker);
        let stall = self.reloads.last().map(|reload| reload.longest.median);
        let cold = self.cold_start.map(|cold| cold.median);
        [
            judged(format!("a cold start within {COLD_START} s"), cold, COLD_START),
            judged(format!("{MORE_MEMORY} MiB more than `{ROUTER}`"), more, MORE_MEMORY),
            judged(format!("no stall over {STALL} ms"), stall, STALL),
        ]
        .into_iter()
        .flatten()
        .collect()
    }
}

/// In seconds.
fn cold_start(world: &World) -> f64 {
    let folder = envoy::folder();
    let document = folder.path().join("api.yaml");
    let backend = world.backend();
    let text = format!(
        "openapi: 3.0.1\ninfo: {{ title: A, version: '1' }}\npaths:\n  /orders:\n    get:\n      \
         responses: {{}}\n      x-amazon-apigateway-integration:\n        type: http_proxy\n        \
         httpMethod: GET\n        uri: {backend}/orders\n        payloadFormatVersion: '1.0'\n\
         x-amazon-apigateway-importexport-version: '1.0'\n"
    );
    fs::write(&document, text).expect("a document");
    let document = document.to_str().expect("a path in UTF-8");
    let start = Instant::now();
    let ports = ["--port", "0", "--admin-port", "0", "--workers", "1"];
    let mut program = Program::start(&[&["run", document][..], &ports].concat());
    let url = program.first_line();
    let port = url.rsplit_once(':').and_then(|(_, port)| port.trim_end_matches('/').parse().ok());
    let address = SocketAddr::from(([127, 0, 0, 1], port.expect("a port")));
    wait::until_true("answer", wait::PATIENCE, || {
        Request::get("/orders").try_send(address).is_ok_and(|answer| answer.status == 200)
    });
    start.elapsed().as_secs_f64()
}

fn memory(world: &World) -> Result<Vec<Memory>, String> {
    let issuers = std::slice::from_ref(&world.issuer);
    let callers = usize::try_from(BUSY).unwrap_or_default();
    let good = Requests::of_tokens(&world.issuer.tokens(0, callers));
    let plain = |workers| Proxy::bare(Bare::default(), workers);
    let native = |workers| {
        let chain = Chain { issuers, cached_tokens: CACHED, keys: BUSY };
        Proxy::bare(chain.whole(Answers::Fault), workers)
    };
    // With the thousand keys of those who call, which take next to nothing.
    let gateway = |workers| {
        let job = Job { keys: Some(BUSY), ..Job::with(issuers, NOBODY) };
        Proxy::gateway(&job.definition(), &Delivery::default(), workers)
    };
    let starts: [(&'static str, &dyn Fn(u16) -> Proxy); 3] =
        [(ROUTER, &plain), (NATIVE, &native), (GATEWAY, &gateway)];
    let driver = Driver::new();
    let resident = |start: &dyn Fn(u16) -> Proxy, workers| {
        let proxy = start(workers);
        let callers = Callers { requests: &good, first: 0, order: Order::InTurns, at_most: None };
        let slice = driver.slice(proxy.address(), callers, Duration::from_secs(1));
        if slice.is_clean() {
            Ok(float(proxy.process().resident()) / f64::from(1 << 20))
        } else {
            Err(format!("{slice:?}"))
        }
    };
    let mut all = Vec::new();
    for (name, start) in starts {
        let (one_worker, two_workers) = (resident(start, 1)?, resident(start, 2)?);
        all.push(Memory { name, one_worker, two_workers });
    }
    Ok(all)
}

/// One route and a thousand keys.
fn small(world: &World, rounds: u32) -> Result<Reload, String> {
    let job = |body| Job {
        integration: mock(body),
        ..Job::with(std::slice::from_ref(&world.issuer), NOBODY)
    };
    reload("1 route, 1,000 keys", &[job("one"), job("two")], None, world, rounds)
}

/// As many routes as an API may have, and a million keys, of which as many change as there are files.
fn large(world: &World, rounds: u32) -> Result<Reload, String> {
    let issuers = std::slice::from_ref(&world.issuer);
    let job = |body| {
        let more = (1..10_000).map(|number| format!("GET /orders{number}"));
        let routes = std::iter::once("GET /orders".to_owned()).chain(more).collect();
        let integration = mock(body);
        Job { keys: None, routes, integration, ..Job::with(issuers, NOBODY) }
    };
    let keys = Some(world.keys());
    reload("10,000 routes, 1,000,000 keys", &[job("one"), job("two")], keys, world, rounds)
}

fn reload(
    name: &'static str,
    jobs: &[Job<'_>; 2],
    mut keys: Option<Keys>,
    world: &World,
    rounds: u32,
) -> Result<Reload, String> {
    let folder = tempfile::tempdir().expect("a folder");
    if let Some(keys) = &keys {
        keys::deliver(folder.path(), keys);
    }
    let delivery = Delivery {
        answers: Answers::Defined,
        keys: keys.is_some().then(|| folder.path()),
        ..Delivery::default()
    };
    let definitions = jobs.each_ref().map(Job::definition);
    let proxy = Proxy::gateway(&definitions[0], &delivery, 1);
    let callers = usize::try_from(BUSY).unwrap_or_default();
    let good = Requests::of_tokens(&world.issuer.tokens(0, callers));
    let request = good.all().first().ok_or("there is no request")?;
    let says = |body: &str| {
        let answer = crate::check::ask(proxy.address(), request);
        answer.is_ok_and(|answer| answer.status == 200 && answer.body == body.as_bytes())
    };
    wait::until_true("first answer", wait::PATIENCE, || says("one"));
    let (mut millis, mut longest, mut without) = (Vec::new(), Vec::new(), Vec::new());
    for round in 0..rounds {
        let index = usize::try_from(round + 1).unwrap_or_default() % 2;
        let body = ["one", "two"][index];
        if let Some(keys) = &mut keys {
            change(keys, round);
        }
        let over = AtomicBool::new(false);
        let (took, load) = thread::scope(|scope| {
            let load = scope.spawn(|| {
                let mut all = Vec::new();
                while !over.load(Ordering::SeqCst) {
                    let time = AROUND / 4;
                    let first = all.len();
                    let (rate, expected) = (RATE, 200);
                    let paced = pace(
                        proxy.address(),
                        Pace { requests: &good, first, rate, time, expected },
                    );
                    all.extend(paced.micros);
                    if let Some(wrong) = paced.wrong.into_iter().next() {
                        return Err(wrong);
                    }
                }
                Ok(all)
            });
            thread::sleep(AROUND);
            if let Some(keys) = &keys {
                keys::deliver(folder.path(), keys);
            }
            let start = Instant::now();
            proxy.replace(&definitions[index]);
            wait::until_true("new answer", wait::PATIENCE, || says(body));
            let took = start.elapsed();
            thread::sleep(AROUND);
            over.store(true, Ordering::SeqCst);
            (took, load.join().expect("a load"))
        });
        let load = load.map_err(|wrong| format!("`{name}` while it was replaced: {wrong}"))?;
        let most = |micros: &[f64]| micros.iter().copied().fold(0.0, f64::max) / 1e3;
        millis.push(took.as_secs_f64() * 1e3);
        longest.push(most(&load));
        let quiet =
            Pace { requests: &good, first: 0, rate: RATE, time: took + 2 * AROUND, expected: 200 };
        let alone = pace(proxy.address(), quiet);
        if let Some(wrong) = alone.wrong.first() {
            return Err(format!("`{name}` while nothing changes: {wrong}"));
        }
        without.push(most(&alone.micros));
    }
    proxy.assert_healthy();
    Ok(Reload {
        name,
        millis: Spread::of(millis),
        longest: Spread::of(longest),
        longest_without: Spread::of(without),
    })
}

/// Changes keys all over, so that every file is another one. Those of the callers stay as they are.
fn change(keys: &mut Keys, round: u32) {
    let step = usize::try_from(BUSY).unwrap_or_default();
    for (number, (_, key)) in keys.iter_mut().enumerate().skip(step) {
        if number.is_multiple_of(step) {
            key.enabled = round % 2 == 1;
        }
    }
}
