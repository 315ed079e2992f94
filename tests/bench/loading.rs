//! What it takes to know a million keys, and to learn that one of them has changed.

use std::path::Path;
use std::thread;
use std::time::{Duration, Instant};

use serde::Serialize;

use crate::keys::{self, Keys, MILLION};
use crate::limits::{Limits, Place, api};
use crate::process::Process;
use crate::proxy::{Delivery, Proxy};
use crate::report::float;

/// The key that changes.
const CHANGED: u32 = 7;

/// How long nothing happens, to see what that takes.
const QUIET: Duration = Duration::from_secs(3);

/// What a gateway takes for its keys, with so many workers.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Loading {
    pub workers: u16,
    /// From the start of Envoy to the first answer to a key.
    pub seconds: f64,
    /// The same, with a few keys in the definition.
    pub seconds_without: f64,
    /// CPU until every worker knows the keys.
    pub cpu_seconds: f64,
    /// The same, with a few keys in the definition.
    pub cpu_seconds_without: f64,
    /// Memory for each key.
    pub bytes: f64,
    /// Memory for each key, in RAM, by worker.
    pub bytes_by_worker: f64,
    /// CPU until every worker knows of a change of one key.
    pub cpu_millis_of_change: f64,
}

/// What one Envoy has taken.
struct Taken {
    proxy: Proxy,
    seconds: f64,
    cpu: Duration,
    resident: u64,
}

pub fn measure(files: &Path, keys: &mut Keys, workers: u16) -> Loading {
    let few = start(Place::Inline, Delivery::default(), workers);
    let delivery = Delivery { keys: Some(files), ..Delivery::default() };
    let many = start(Place::Files, delivery, workers);
    let bytes = (float(many.resident) - float(few.resident)) / f64::from(MILLION);
    Loading {
        workers,
        seconds: many.seconds,
        seconds_without: few.seconds,
        cpu_seconds: many.cpu.as_secs_f64(),
        cpu_seconds_without: few.cpu.as_secs_f64(),
        bytes,
        bytes_by_worker: bytes / f64::from(workers),
        cpu_millis_of_change: change(&many.proxy, files, keys),
    }
}

fn start(place: Place, delivery: Delivery<'_>, workers: u16) -> Taken {
    let start = Instant::now();
    let proxy = Proxy::gateway(&api(Limits::Throttles, place), &delivery, workers);
    proxy.wait_for_one(CHANGED, 200);
    let seconds = start.elapsed().as_secs_f64();
    // All of them are there, or none.
    proxy.wait_for(CHANGED, 200);
    let cpu = proxy.process().cpu();
    // What was taken for the load alone is given back by then.
    thread::sleep(QUIET);
    let resident = proxy.process().resident();
    Taken { proxy, seconds, cpu, resident }
}

/// Changes a key, and back. In milliseconds of CPU, less what passes anyway.
fn change(proxy: &Proxy, files: &Path, keys: &mut Keys) -> f64 {
    let process = proxy.process();
    let quiet = used(process, || thread::sleep(QUIET));
    let idle = quiet.as_secs_f64() / QUIET.as_secs_f64();
    let mut took = Duration::ZERO;
    let changed = used(process, || {
        let start = Instant::now();
        set(files, keys, false);
        proxy.wait_for(CHANGED, 403);
        took = start.elapsed();
    });
    set(files, keys, true);
    proxy.wait_for(CHANGED, 200);
    proxy.assert_healthy();
    (changed.as_secs_f64() - idle * took.as_secs_f64()) * 1e3
}

fn set(files: &Path, keys: &mut Keys, enabled: bool) {
    let index = usize::try_from(CHANGED).unwrap_or_default();
    keys[index].1.enabled = enabled;
    keys::deliver(files, keys);
}

fn used(process: Process, happens: impl FnOnce()) -> Duration {
    let before = process.cpu();
    happens();
    process.cpu().saturating_sub(before)
}
