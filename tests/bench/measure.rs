//! Turns: every row of a group has its own, and another is the first in every round.

use std::fs;
use std::time::Duration;

use crate::drive::Driver;
use crate::gateway::GATEWAY;
use crate::pace::{Pace, pace};
use crate::report::{Samples, Table, table};
use crate::rows::{Group, Row};

/// How much of what the gateway can do it is asked for when answers are timed.
const PART_OF_ALL: f64 = 0.5;

/// How much more than that a row must be able to do to be timed: no queue is what it does.
const ROOM: f64 = 1.25;

/// Gives every row its turns.
///
/// # Errors
/// If any request was not answered as it should be: what refuses is not comparable to what does not.
#[expect(clippy::print_stderr, reason = "it takes long")]
pub fn measure(group: &Group<'_>, rounds: u32, time: Duration) -> Result<Table, String> {
    let driver = Driver::new();
    let mut samples = vec![Samples::default(); group.rows.len()];
    eprintln!("{}: every request once", group.title);
    for row in &group.rows {
        meet(group, row)?;
    }
    for round in 0..=rounds {
        eprintln!("{}: round {round} of {rounds}", group.title);
        for index in turns(group, round) {
            let (row, samples) = (&group.rows[index], &mut samples[index]);
            one_turn(&driver, group, row, samples, round, time)?;
        }
    }
    let mut rate = None;
    if group.is_timed {
        let found = rate_for(group, &samples);
        for round in 0..rounds {
            eprintln!("{}: round {} of {rounds} at {found:.0}/s", group.title, round + 1);
            for index in turns(group, round) {
                let (row, samples) = (&group.rows[index], &mut samples[index]);
                if samples.throughput() < found * ROOM {
                    continue;
                }
                let first = row.callers(round).first;
                let pace_of =
                    Pace { requests: &row.requests, first, rate: found, time, expected: 200 };
                let paced = pace(group.server(row).address(), pace_of);
                if let Some(wrong) = paced.wrong.first() {
                    return Err(format!("`{}` cannot be timed: {wrong}", row.name));
                }
                samples.time(&paced);
            }
        }
        rate = Some(found);
    }
    // Not in every turn: a lease is good for many requests.
    let all = group.rows.iter().zip(&samples);
    if let Some((row, _)) = { all }.find(|(row, samples)| row.asks && samples.asked == 0) {
        return Err(format!("`{}` was to ask the counters, and did not", row.name));
    }
    for proxy in group.servers.iter().filter_map(|server| server.envoy()) {
        proxy.assert_healthy();
    }
    Ok(table(group, &samples, rate))
}

/// Sends every request once, so that whoever comes back is known. Those that are to be new are not sent.
fn meet(group: &Group<'_>, row: &Row<'_>) -> Result<(), String> {
    if row.at_most.is_some() {
        return Ok(());
    }
    let paced = Pace::all_at_once(&row.requests);
    let paced = pace(group.server(row).address(), paced);
    match paced.wrong.first() {
        Some(wrong) => Err(format!("`{}` refuses: {wrong}", row.name)),
        None => Ok(()),
    }
}

fn one_turn(
    driver: &Driver,
    group: &Group<'_>,
    row: &Row<'_>,
    samples: &mut Samples,
    round: u32,
    time: Duration,
) -> Result<(), String> {
    let server = group.server(row);
    // A page of statistics takes long where there are many of them, so only who asks is asked.
    let asking = server.envoy().filter(|_| row.asks);
    let asked = asking.map_or(0, |proxy| proxy.asked());
    let before = server.process().cpu();
    let slice = driver.slice(server.address(), row.callers(round), time);
    let used = server.process().cpu().saturating_sub(before);
    let asked = asking.map_or(0, |proxy| proxy.asked()).saturating_sub(asked);
    if !slice.is_clean() {
        return Err(format!("`{}` cannot be compared: {slice:?}", row.name));
    }
    let unanswered = asking.map_or(0, |proxy| proxy.unanswered());
    if unanswered > 0 {
        return Err(format!("`{}`: the counters failed to answer {unanswered} times", row.name));
    }
    // In the first round everything is new.
    if round > 0 {
        samples.add(&slice, used, asked);
    }
    Ok(())
}

/// The order of a round.
fn turns(group: &Group<'_>, round: u32) -> impl Iterator<Item = usize> + use<> {
    let count = group.rows.len();
    let shift = usize::try_from(round).unwrap_or_default();
    (0..count).map(move |turn| (turn + shift) % count)
}

/// Requests a second at which answers are timed: the same for all rows.
fn rate_for(group: &Group<'_>, samples: &[Samples]) -> f64 {
    let all = || group.rows.iter().zip(samples);
    let gateway = all().find(|(row, _)| row.name == GATEWAY).map(|(_, found)| found.throughput());
    let slowest = all().map(|(_, found)| found.throughput()).fold(f64::INFINITY, f64::min);
    gateway.unwrap_or(slowest) * PART_OF_ALL
}

/// The load average of the last minute.
pub fn load() -> String {
    let text = fs::read_to_string("/proc/loadavg").unwrap_or_default();
    text.split(' ').next().unwrap_or_default().to_owned()
}

/// The machine, as the system describes it.
pub fn machine() -> String {
    let text = fs::read_to_string("/proc/cpuinfo").unwrap_or_default();
    let models =
        || text.lines().filter_map(|line| line.strip_prefix("model name")?.split_once(": "));
    let model = models().next().map_or("an unknown CPU", |(_, model)| model);
    format!("{} CPUs, {model}", models().count())
}
