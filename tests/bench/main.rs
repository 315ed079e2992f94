//! What requests cost: the CPU that a proxy takes for each, how many it answers, and how soon.
//!
//! All proxies of a group run at the same time and get their load in turns, so that whatever else the
//! machine does falls on all of them. See `docs/benchmarks.md`.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::print_stderr,
    clippy::print_stdout,
    reason = "it is a program for developers, which fails by panicking"
)]

mod baseline;
mod callers;
mod chart;
mod check;
mod drive;
mod filters;
mod floods;
mod gateway;
mod growth;
mod job;
mod keys;
mod limits;
mod loading;
mod measure;
mod native;
mod pace;
mod process;
mod proxy;
mod report;
mod requests;
mod rows;
mod server;
mod signatures;
mod starting;
mod tokens;
mod world;

use std::fs;
use std::process::ExitCode;
use std::time::Duration;

use clap::{Parser, ValueEnum};
use tollgate_tests::workspace;

use crate::baseline::Baseline;
use crate::measure::{load, machine, measure};
use crate::report::{Report, Table};
use crate::rows::Group;
use crate::world::World;

/// Measures what requests cost.
#[derive(Debug, Parser)]
struct Arguments {
    /// How many times every row has its turn
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u32).range(1..))]
    rounds: u32,
    /// How many seconds a turn lasts
    #[arg(long, default_value_t = 1)]
    seconds: u64,
    /// One round: whether it runs, not what it says
    #[arg(long)]
    quick: bool,
    /// Only groups and rows with this in their names, and what those are compared with; may be repeated
    #[arg(long, value_name = "PART")]
    only: Vec<String>,
    /// How to say it
    #[arg(long, value_enum, default_value_t = Format::Table)]
    format: Format,
    /// A file for the chart, which is drawn where all of the whole job was measured
    #[arg(long, value_name = "SVG")]
    chart: Option<std::path::PathBuf>,
    /// What to do about the ratios of before
    #[arg(long, value_enum, conflicts_with = "quick")]
    baseline: Option<Before>,
    /// What `cargo` says to benchmarks
    #[arg(long, hide = true)]
    bench: bool,
}

#[derive(Clone, Copy, Debug, ValueEnum)]
enum Format {
    Table,
    Json,
}

/// What to do about the ratios of before.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
enum Before {
    /// Fail if one is more than a tenth better than now
    Check,
    /// Write the new ones over them
    Write,
}

impl Arguments {
    /// Whether anything of a name is asked for.
    fn asks_for(&self, name: &str) -> bool {
        self.only.is_empty() || self.only.iter().any(|part| name.contains(&**part))
    }
}

fn main() -> ExitCode {
    let mut arguments = Arguments::parse();
    if arguments.quick {
        arguments.rounds = 1;
    }
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(reason) => {
            eprintln!("{reason}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &Arguments) -> Result<(), String> {
    // Read first: without it there is no need to measure.
    let before = match arguments.baseline {
        Some(Before::Check) => Some(Baseline::read(&Baseline::path())?),
        Some(Before::Write) | None => None,
    };
    let mut report = all(arguments)?;
    report.load[1] = load();
    match arguments.format {
        Format::Table => print!("{}", report.markdown()),
        Format::Json => println!("{}", serde_json::to_string_pretty(&report).expect("JSON")),
    }
    // Not of a part, nor of what says nothing.
    let is_whole = arguments.asks_for(gateway::TITLE) && !arguments.quick;
    let drawn = report.tables.iter().find(|table| is_whole && table.title == gateway::TITLE);
    if let (Some(path), Some(table)) = (&arguments.chart, drawn) {
        // `cargo` starts it in the folder of its package.
        let path = workspace().join(path);
        fs::write(&path, chart::draw(table)).map_err(|error| error.to_string())?;
    }
    let now = Baseline::of(&report);
    if arguments.baseline.is_some() && now.ratios.is_empty() {
        return Err("nothing was measured that a baseline is about".to_owned());
    }
    if arguments.baseline == Some(Before::Write) {
        now.clone().write(&Baseline::path())?;
    }
    match before.map(|before| before.worse(&now)) {
        Some(worse) if !worse.is_empty() => Err(worse.join("\n")),
        Some(_) | None => Ok(()),
    }
}

/// Measures what is asked for.
fn all(arguments: &Arguments) -> Result<Report, String> {
    let (rounds, time) = (arguments.rounds, Duration::from_secs(arguments.seconds));
    let mut report = Report {
        machine: machine(),
        seconds: arguments.seconds,
        rounds,
        load: [load(), String::new()],
        ..Report::default()
    };
    let world = World::new();
    let (files, counters) = (|| world.key_files(), || world.counters());
    let groups = [
        gateway::group(&world),
        callers::group(&world),
        gateway::unseen(&world, rounds),
        growth::group(&world),
        limits::group(&files, &counters),
    ];
    for group in groups {
        report.tables.extend(one(group, arguments, time)?);
    }
    if arguments.asks_for("floods") {
        eprintln!("floods");
        report.floods = floods::measure(&world, rounds, time)?;
    }
    if arguments.asks_for("starts") {
        eprintln!("starts");
        report.starting = Some(starting::measure(&world, rounds)?);
    }
    if arguments.asks_for("a million keys") {
        let mut keys = world.keys();
        let files = world.key_files();
        eprintln!("loading them");
        report.loading = [1, 2].map(|workers| loading::measure(files, &mut keys, workers)).into();
    }
    Ok(report)
}

/// Measures one group, if any of its rows is asked for. It is gone afterwards.
fn one(
    mut group: Group<'_>,
    arguments: &Arguments,
    time: Duration,
) -> Result<Option<Table>, String> {
    group.keep(&arguments.only);
    if group.rows.is_empty() {
        return Ok(None);
    }
    eprintln!("{}: starting {} rows", group.title, group.rows.len());
    group.start()?;
    measure(&group, arguments.rounds, time).map(Some)
}
