//! What was measured, as JSON and for people.

use std::fmt::Write;
use std::time::Duration;

use serde::Serialize;

use crate::drive::Slice;
use crate::floods::Flooded;
use crate::loading::Loading;
use crate::pace::Paced;
use crate::rows::{Group, Row, Target};
use crate::starting::Starting;

/// Everything that was measured.
#[derive(Clone, Debug, Default, Serialize)]
pub struct Report {
    /// The machine, as the system describes it.
    pub machine: String,
    pub seconds: u64,
    pub rounds: u32,
    /// The processes that wanted a CPU, on average of the last minute: before, and after.
    pub load: [String; 2],
    pub tables: Vec<Table>,
    pub floods: Vec<Flooded>,
    pub starting: Option<Starting>,
    pub loading: Vec<Loading>,
}

/// Rows that were measured together.
#[derive(Clone, Debug, Serialize)]
pub struct Table {
    pub title: &'static str,
    /// The rate at which answers were timed, in requests a second.
    pub rate: Option<f64>,
    pub rows: Vec<Measured>,
    pub left_out: Vec<String>,
}

/// What a row costs: microseconds of CPU for each request.
#[derive(Clone, Debug, Serialize)]
pub struct Measured {
    pub name: String,
    pub base: Option<String>,
    pub requests: u64,
    /// As many as it answers in a second at most; unknown where a turn ends before its time.
    pub requests_per_second: Option<Spread>,
    /// How often the counters were asked, for a thousand requests.
    pub questions_per_thousand: f64,
    pub micros: Spread,
    /// How much more than the base, round by round.
    pub added: Option<Spread>,
    /// How many times as much as the base, round by round.
    pub ratio: Option<Spread>,
    /// The 50th, the 99th and the 99.9th percentile of the time to an answer, in microseconds.
    pub answer_micros: Option<[Spread; 3]>,
    pub targets: Vec<Judged>,
}

/// How a row stands to a target.
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
    pub per_second: Vec<f64>,
    pub percentiles: [Vec<f64>; 3],
    pub requests: u64,
    pub asked: u64,
}

impl Samples {
    /// Adds a slice, the CPU that it has taken, and how often it has had the counters asked.
    pub fn add(&mut self, slice: &Slice, cpu: Duration, asked: u64) {
        self.micros.push(cpu.as_secs_f64() * 1e6 / float(slice.requests));
        self.per_second.push(float(slice.requests) * 1e6 / float(slice.micros));
        self.requests += slice.requests;
        self.asked += asked;
    }

    /// Adds answers that were timed.
    pub fn time(&mut self, paced: &Paced) {
        for (all, percent) in self.percentiles.iter_mut().zip([50.0, 99.0, 99.9]) {
            all.push(paced.percentile(percent));
        }
    }

    /// How many requests are answered in a second at most.
    pub fn throughput(&self) -> f64 {
        Spread::of(self.per_second.iter().copied()).median
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
    fn between(one: &[f64], other: &[f64], how: impl Fn(f64, f64) -> f64) -> Self {
        Self::of(one.iter().zip(other).map(|(one, other)| how(*one, *other)))
    }
}

/// What the rows of a group have come to.
pub fn table(group: &Group<'_>, samples: &[Samples], rate: Option<f64>) -> Table {
    let all = All { rows: &group.rows, samples };
    let rows = group.rows.iter().zip(samples).map(|(row, samples)| all.measured(row, samples));
    Table { title: group.title, rate, rows: rows.collect(), left_out: group.left_out.clone() }
}

/// Rows, and what was measured of each.
#[derive(Clone, Copy)]
struct All<'a> {
    rows: &'a [Row<'a>],
    samples: &'a [Samples],
}

impl All<'_> {
    fn find(&self, name: &str) -> (&Row<'_>, &Samples) {
        let mut all = self.rows.iter().zip(self.samples);
        all.find(|(row, _)| row.name == name).expect("a row of this name")
    }

    /// How much more a row costs than its base, round by round.
    fn added(&self, row: &Row<'_>, samples: &Samples) -> Vec<f64> {
        let Some(base) = &row.base else { return samples.micros.clone() };
        let base = self.find(base).1;
        samples.micros.iter().zip(&base.micros).map(|(one, other)| one - other).collect()
    }

    fn measured(&self, row: &Row<'_>, samples: &Samples) -> Measured {
        let base = row.base.as_ref().map(|name| self.find(name).1);
        let added = base.map(|_| Spread::of(self.added(row, samples)));
        let ratio = base.map(|base| Spread::between(&samples.micros, &base.micros, ratio));
        let is_timed = !samples.percentiles[0].is_empty();
        let spreads = || samples.percentiles.clone().map(Spread::of);
        Measured {
            name: row.name.clone(),
            base: row.base.clone(),
            requests: samples.requests,
            requests_per_second: (row.at_most.is_none())
                .then(|| Spread::of(samples.per_second.iter().copied())),
            questions_per_thousand: float(samples.asked) * 1e3 / float(samples.requests),
            micros: Spread::of(samples.micros.iter().copied()),
            added,
            ratio,
            answer_micros: is_timed.then(spreads),
            targets: row
                .targets
                .iter()
                .filter_map(|target| self.judged(row, samples, target))
                .collect(),
        }
    }

    /// Nothing where it was not measured.
    fn judged(&self, row: &Row<'_>, samples: &Samples, target: &Target) -> Option<Judged> {
        let (said, measured, most) = match target {
            Target::Added(most) => {
                let added = Spread::of(self.added(row, samples)).median;
                (format!("+{most} µs"), added, *most)
            }
            Target::Times(name, most) => {
                let other = self.find(name).1;
                let measured = Spread::between(&samples.micros, &other.micros, ratio).median;
                (format!("{most} x `{name}`"), measured, *most)
            }
            Target::AddedTimes(name, most) => {
                let (other, of_other) = self.find(name);
                let (one, other) = (self.added(row, samples), self.added(other, of_other));
                let measured = Spread::between(&one, &other, ratio).median;
                (format!("{most} x what `{name}` adds"), measured, *most)
            }
            Target::Slower(name, most) => {
                let [_, one, _] = &samples.percentiles;
                let [_, other, _] = &self.find(name).1.percentiles;
                if one.is_empty() || other.is_empty() {
                    return None;
                }
                let measured = Spread::between(one, other, ratio).median;
                (format!("{most} x p99 of `{name}`"), measured, *most)
            }
        };
        Some(Judged { target: said, measured, is_met: measured <= most })
    }
}

fn ratio(one: f64, other: f64) -> f64 {
    one / other
}

impl Report {
    /// Everything for people, in Markdown.
    pub fn markdown(&self) -> String {
        let mut out = format!(
            "{}; {} rounds of {} s; load average before {}, after {}\n",
            self.machine, self.rounds, self.seconds, self.load[0], self.load[1],
        );
        for table in &self.tables {
            let _ = table.write(&mut out);
        }
        let _ = self.write_floods(&mut out);
        if let Some(starting) = &self.starting {
            let _ = starting.write(&mut out);
        }
        let _ = self.write_loading(&mut out);
        out
    }

    fn write_floods(&self, out: &mut String) -> std::fmt::Result {
        if self.floods.is_empty() {
            return Ok(());
        }
        out.push_str(
            "\n| a flood of invalid tokens | µs for one | good before | good after | p50 quiet | flooded | p99 quiet | flooded |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.floods {
            writeln!(
                out,
                "| {} | {:.1} | {:.1} | {:.1} | {:.0} | {:.0} | {:.0} | {:.0} |",
                row.name,
                row.invalid.median,
                row.before.median,
                row.after.median,
                row.quiet[0].median,
                row.flooded[0].median,
                row.quiet[1].median,
                row.flooded[1].median,
            )?;
        }
        Ok(())
    }

    fn write_loading(&self, out: &mut String) -> std::fmt::Result {
        if self.loading.is_empty() {
            return Ok(());
        }
        out.push_str(
            "\n| a million keys | 1st answer s | without | CPU s | without | bytes a key | by worker | CPU ms of a change |\n\
             |---|--:|--:|--:|--:|--:|--:|--:|\n",
        );
        for row in &self.loading {
            writeln!(
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
            )?;
        }
        Ok(())
    }
}

impl Table {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        if self.rows.is_empty() {
            return Ok(());
        }
        let is_asking = self.rows.iter().any(|row| row.questions_per_thousand > 0.0);
        let is_timed = self.rate.is_some();
        write!(
            out,
            "\n| {}: CPU for a request | µs | least - most | added | ratio | a second |",
            self.title
        )?;
        let mut line = "|---|--:|--:|--:|--:|--:|".to_owned();
        if let Some(rate) = self.rate {
            write!(out, " p50 µs at {rate:.0}/s | p99 | p99.9 |")?;
            line.push_str("--:|--:|--:|");
        }
        if is_asking {
            out.push_str(" asked for 1,000 |");
            line.push_str("--:|");
        }
        writeln!(out, " target |\n{line}---|")?;
        for row in &self.rows {
            let Spread { least, median, most } = row.micros;
            write!(out, "| {} | {median:.2} | {least:.2} - {most:.2} |", row.name)?;
            let added = row.added.map(|added| format!("{:+.2}", added.median));
            let ratio = row.ratio.map(|ratio| format!("{:.3}", ratio.median));
            let second = row.requests_per_second.map(|all| format!("{:.0}", all.median));
            for cell in [added, ratio, second] {
                write!(out, " {} |", cell.unwrap_or_default())?;
            }
            if is_timed {
                let percentiles = row.answer_micros.map(|all| all.map(|one| one.median));
                for place in 0..3 {
                    let cell = percentiles.map(|all| format!("{:.0}", all[place]));
                    write!(out, " {} |", cell.unwrap_or_default())?;
                }
            }
            if is_asking {
                write!(out, " {:.0} |", row.questions_per_thousand)?;
            }
            let told: Vec<_> = row.targets.iter().map(ToString::to_string).collect();
            writeln!(out, " {} |", told.join("; "))?;
        }
        for left_out in &self.left_out {
            writeln!(out, "\nLeft out: {left_out}")?;
        }
        Ok(())
    }
}

impl std::fmt::Display for Judged {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let verdict = if self.is_met { "met" } else { "missed" };
        write!(out, "{}: {verdict} ({:.2})", self.target, self.measured)
    }
}

impl Starting {
    fn write(&self, out: &mut String) -> std::fmt::Result {
        if let Some(Spread { least, median, most }) = self.cold_start {
            writeln!(
                out,
                "\nFrom `tollgate run` to the first answer: {median:.2} s ({least:.2} - {most:.2})."
            )?;
        }
        out.push_str("\n| memory | MiB with 1 worker | with 2 |\n|---|--:|--:|\n");
        for row in &self.memory {
            writeln!(out, "| {} | {:.1} | {:.1} |", row.name, row.one_worker, row.two_workers)?;
        }
        out.push_str(
            "\n| another definition | ms to the first new answer | longest answer ms | without |\n\
             |---|--:|--:|--:|\n",
        );
        for row in &self.reloads {
            writeln!(
                out,
                "| {} | {:.0} | {:.1} | {:.1} |",
                row.name, row.millis.median, row.longest.median, row.longest_without.median,
            )?;
        }
        out.push('\n');
        for target in &self.targets {
            writeln!(out, "* {target}")?;
        }
        Ok(())
    }
}

#[expect(clippy::cast_precision_loss, reason = "there are not that many")]
pub fn float(count: u64) -> f64 {
    count as f64
}
