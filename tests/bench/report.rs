//! What was measured, as a table or as JSON.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::drive::Slice;
use crate::loading::Loading;
use crate::rows::{Row, Target};

/// Everything that was measured.
#[derive(Debug, Serialize)]
pub struct Report {
    pub seconds: u64,
    pub rounds: u32,
    /// The processes that wanted a CPU, on average of the last minute: before, and after.
    pub load: [String; 2],
    pub rows: Vec<Measured>,
    pub loading: Vec<Loading>,
}

/// What a row costs: microseconds of CPU for each request.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    pub name: &'static str,
    pub base: Option<&'static str>,
    pub requests: u64,
    pub requests_per_second: f64,
    /// How often the counters were asked, for a thousand requests.
    pub questions_per_thousand: f64,
    pub micros: Spread,
    /// How much more than the base, round by round.
    pub added: Option<Spread>,
    /// How many times as much as the base, round by round.
    pub ratio: Option<Spread>,
    pub target: Option<Judged>,
}

/// How a row stands to its target.
#[derive(Clone, Debug, Serialize)]
pub struct Judged {
    pub target: String,
    pub measured: f64,
    pub is_met: bool,
}

/// Numbers, one for each round.
#[derive(Clone, Copy, Debug, Serialize)]
pub struct Spread {
    pub least: f64,
    pub median: f64,
    pub most: f64,
}

/// What one row took, round by round.
#[derive(Clone, Debug, Default)]
pub struct Samples {
    pub micros: Vec<f64>,
    pub requests: u64,
    pub asked: u64,
    pub time: Duration,
}

impl Samples {
    /// Adds a slice, the CPU that it has taken, and how often it has had the counters asked.
    pub fn add(&mut self, slice: &Slice, cpu: Duration, asked: u64) {
        self.micros.push(cpu.as_secs_f64() * 1e6 / float(slice.requests));
        self.requests += slice.requests;
        self.asked += asked;
        self.time += Duration::from_micros(slice.micros);
    }
}

impl Spread {
    pub fn of(numbers: impl IntoIterator<Item = f64>) -> Self {
        let mut sorted: Vec<_> = numbers.into_iter().collect();
        sorted.sort_by(f64::total_cmp);
        let at = |index: usize| sorted.get(index).copied().unwrap_or(f64::NAN);
        let (below, above) = (sorted.len().saturating_sub(1) / 2, sorted.len() / 2);
        let most = at(sorted.len().saturating_sub(1));
        Self { least: at(0), median: f64::midpoint(at(below), at(above)), most }
    }

    /// Compares two rows round by round, for what else the machine does differs between them.
    fn between(one: &Samples, other: &Samples, how: impl Fn(f64, f64) -> f64) -> Self {
        Self::of(one.micros.iter().zip(&other.micros).map(|(one, other)| how(*one, *other)))
    }
}

pub fn rows(rows: &[Row], samples: &[Samples]) -> Vec<Measured> {
    let find = |name: &str| rows.iter().zip(samples).find(|(row, _)| row.name == name);
    let samples_of = |name: &str| find(name).expect("a row of this name").1;
    let measure = |(row, sample): (&Row, &Samples)| {
        let base = row.base.map(samples_of);
        let added = base.map(|base| Spread::between(sample, base, |one, other| one - other));
        let ratio = base.map(|base| Spread::between(sample, base, |one, other| one / other));
        let target = row.target.map(|target| match target {
            Target::Added(most) => {
                let measured = added.map_or(f64::NAN, |added| added.median);
                Judged { target: format!("+{most} µs"), measured, is_met: measured <= most }
            }
            Target::Times(name, most) => {
                let ratio = |one: f64, other: f64| one / other;
                let measured = Spread::between(sample, samples_of(name), ratio).median;
                let target = format!("{most:.2} x `{name}`");
                Judged { target, measured, is_met: measured <= most }
            }
        });
        Measured {
            name: row.name,
            base: row.base,
            requests: sample.requests,
            requests_per_second: float(sample.requests) / sample.time.as_secs_f64(),
            questions_per_thousand: float(sample.asked) * 1e3 / float(sample.requests),
            micros: Spread::of(sample.micros.iter().copied()),
            added,
            ratio,
            target,
        }
    };
    rows.iter().zip(samples).map(measure).collect()
}

impl Report {
    /// A table for people, in Markdown.
    pub fn table(&self) -> String {
        let mut out = format!(
            "{} rounds of {} s; load average before {}, after {}\n\n\
             | CPU of Envoy for a request | median µs | least - most | added µs | of the least | ratio | asked for 1,000 | target |\n\
             |---|--:|--:|--:|--:|--:|--:|---|\n",
            self.rounds, self.seconds, self.load[0], self.load[1],
        );
        for row in &self.rows {
            let Spread { least, median, most } = row.micros;
            let base = self.rows.iter().find(|base| Some(base.name) == row.base);
            let of_least = base.map(|base| format!("{:+.2}", least - base.micros.least));
            let added = row.added.map(|added| format!("{:+.2}", added.median));
            let ratio = row.ratio.map(|ratio| format!("{:.3}", ratio.median));
            let target = row.target.as_ref().map(|judged| {
                let verdict = if judged.is_met { "met" } else { "missed" };
                format!("{}: {verdict} ({:.2})", judged.target, judged.measured)
            });
            let cell = Option::unwrap_or_default;
            let _ = writeln!(
                out,
                "| {} | {median:.2} | {least:.2} - {most:.2} | {} | {} | {} | {:.0} | {} |",
                row.name,
                cell(added),
                cell(of_least),
                cell(ratio),
                row.questions_per_thousand,
                cell(target),
            );
        }
        out.push_str(
            "\n| a million keys | 1st answer s | without | CPU s | without | bytes a key | by worker | CPU ms of a change |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.loading {
            let _ = writeln!(
                out,
                "| {} workers | {:.2} | {:.2} | {:.2} | {:.2} | {:.1} | {:.1} | {:.1} |",
                row.workers,
                row.seconds,
                row.seconds_without,
                row.cpu_seconds,
                row.cpu_seconds_without,
                row.bytes,
                row.bytes_by_worker,
                row.cpu_millis_of_change,
            );
        }
        out
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
pub fn float(count: u64) -> f64 {
    count as f64
}
