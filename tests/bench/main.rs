//! What limits cost: the CPU that Envoy takes for a request, with and without them.
//!
//! All Envoys run at the same time and get their load in turns, so that whatever else the machine
//! does falls on all of them. See `docs/benchmarks.md`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it is a program for developers, which fails by panicking"
)]

mod drive;
mod filters;
mod keys;
mod loading;
mod process;
mod proxy;
mod report;
mod rows;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tollgate_tests::{Counters, Redis};

use crate::drive::Driver;
use crate::report::{Report, Samples};
use crate::rows::{Row, Rows};

/// Measures what limits cost.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many times every row has its turn
    #[arg(long, default_value_t = 7)]
    rounds: u32,
    /// How many seconds a turn lasts
    #[arg(long, default_value_t = 2)]
    seconds: u64,
    /// Only rows with this in their names, and what they are compared with
    #[arg(long, default_value = "")]
    only: String,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let before = load();
    let files = tempfile::tempdir().expect("a folder");
    eprintln!("making a million keys");
    let mut keys = keys::million();
    keys::deliver(files.path(), &keys);
    eprintln!("loading them");
    let loading = [1, 2].map(|workers| loading::measure(files.path(), &mut keys, workers));
    drop(keys);
    eprintln!("starting");
    let redis = Redis::start();
    let counters = Counters::on_redis(&redis.url());
    let mut all = Rows::start(files.path(), &counters);
    all.keep(&arguments.only);
    let time = Duration::from_secs(arguments.seconds);
    let samples = match measure(&all, arguments.rounds, time) {
        Ok(samples) => samples,
        Err(reason) => {
            eprintln!("{reason}");
            return ExitCode::FAILURE;
        }
    };
    let report = Report {
        seconds: arguments.seconds,
        rounds: arguments.rounds,
        load: [before, load()],
        rows: report::rows(&all.rows, &samples),
        loading: loading.into(),
    };
    match arguments.format {
        Format::Table => print!("{}", report.table()),
        Format::Json => println!("{}", serde_json::to_string_pretty(&report).expect("JSON")),
    }
    ExitCode::SUCCESS
}

/// Gives every row its turn, in every round in another order.
///
/// # Errors
/// If any request was not answered as it should be: what refuses is not comparable to what does not.
fn measure(all: &Rows, rounds: u32, time: Duration) -> Result<Vec<Samples>, String> {
    let driver = Driver::new();
    let mut samples = vec![Samples::default(); all.rows.len()];
    for round in 0..=rounds {
        eprintln!("round {round} of {rounds}");
        let shift = usize::try_from(round).unwrap_or_default() * 4;
        for turn in 0..all.rows.len() {
            let index = (turn + shift) % all.rows.len();
            let row = &all.rows[index];
            let proxy = all.proxy(row);
            let (asked, before) = (proxy.asked(), proxy.process().cpu());
            let slice = driver.slice(proxy.address(), row.callers(round), time);
            let used = proxy.process().cpu().saturating_sub(before);
            let asked = proxy.asked().saturating_sub(asked);
            if !slice.is_clean() {
                return Err(format!("`{}` cannot be compared: {slice:?}", row.name));
            }
            let unanswered = proxy.unanswered();
            if unanswered > 0 {
                let name = row.name;
                return Err(format!("`{name}`: the counters failed to answer {unanswered} times"));
            }
            // In the first round everything is new.
            if round > 0 {
                samples[index].add(&slice, used, asked);
            }
        }
    }
    // Not in every turn: a lease is good for many requests.
    let silent = |(row, samples): (&Row, &Samples)| row.asks && samples.asked == 0;
    if let Some((row, _)) = all.rows.iter().zip(&samples).find(|row| silent(*row)) {
        return Err(format!("`{}` was to ask the counters, and did not", row.name));
    }
    for proxy in &all.proxies {
        proxy.assert_healthy();
    }
    Ok(samples)
}

/// The load average of the last minute.
fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}
