//! `tollgate keys import`

use std::collections::{HashMap, HashSet};
use std::fs;
use std::io::{self, Read};
use std::path::{Path, PathBuf};

use anyhow::Context;
use clap::Args;
use serde_json::json;
use tollgate_api_keys::{Key, digest};

use crate::arguments::Format;
use crate::failure::{Code, Failure};
use crate::keys::aws::{self, Imported, Refused};
use crate::keys::file::{self, Record};
use crate::keys::{Kept, random};
use crate::terminal;

/// `tollgate keys import`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    kept: Kept,
    /// The keys to take over, `-` for standard input: CSV with the columns `Name` and `Key`, and
    /// maybe `description`, `Enabled` and `usageplanIds`
    #[arg(value_name = "AWS.CSV")]
    from: PathBuf,
    /// Take over nothing if any line is refused
    #[arg(long)]
    fail_on_warnings: bool,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// What has become of the lines.
#[derive(Debug, Default)]
struct Outcome {
    created: usize,
    overwritten: usize,
    refused: Vec<Refused>,
}

/// Takes keys over. One whose value is there already is overwritten and keeps its id.
pub fn import(arguments: &Arguments) -> Result<(), Failure> {
    let rows = aws::parse(&content(&arguments.from)?)?;
    let mut kept = file::Kept::open(&arguments.kept.path)?;
    let outcome = merge(rows, &mut kept.records)?;
    let name = arguments.from.display();
    for Refused { line, reason } in &outcome.refused {
        terminal::warning(&format!("{name}:{line}: {reason}"));
    }
    let refused = outcome.refused.len();
    if arguments.fail_on_warnings && refused > 0 {
        let reason = format!("nothing is imported: {refused} lines of `{name}` are refused");
        return Err(Failure::new(Code::Refused, reason));
    }
    kept.save()?;
    let Outcome { created, overwritten, .. } = outcome;
    terminal::result(&match arguments.format {
        Format::Text => format!("{created} created, {overwritten} overwritten, {refused} refused"),
        Format::Json => {
            let lines = outcome
                .refused
                .iter()
                .map(|Refused { line, reason }| json!({ "line": line, "reason": reason }));
            let refused: Vec<_> = lines.collect();
            let answer =
                json!({ "created": created, "overwritten": overwritten, "refused": refused });
            serde_json::to_string_pretty(&answer).context("cannot write JSON")?
        }
    })
}

fn content(from: &Path) -> Result<Vec<u8>, Failure> {
    let at = || format!("cannot read `{}`", from.display());
    if from == Path::new("-") {
        let mut content = Vec::new();
        io::stdin().lock().read_to_end(&mut content).with_context(at)?;
        return Ok(content);
    }
    Ok(fs::read(from).with_context(at)?)
}

/// Puts keys among those that are there. The last line of a value counts, as with API Gateway.
fn merge(
    rows: Vec<Result<Imported, Refused>>,
    records: &mut Vec<Record>,
) -> Result<Outcome, Failure> {
    let mut places: HashMap<_, _> =
        records.iter().enumerate().map(|(place, record)| (record.digest, place)).collect();
    let mut ids: HashSet<_> = records.iter().map(|record| record.key.id.clone()).collect();
    let mut outcome = Outcome::default();
    for row in rows {
        let imported = match row {
            Ok(imported) => imported,
            Err(refused) => {
                outcome.refused.push(refused);
                continue;
            }
        };
        let digest = digest(imported.value.as_bytes());
        let place = places.get(&digest).copied();
        let old = place.and_then(|place| records.get_mut(place));
        let id = match &old {
            Some(record) => record.key.id.clone(),
            None => unused(&mut ids)?,
        };
        let Imported { name, description, enabled, usage_plans, .. } = imported;
        let key = Key { id, enabled, usage_plans };
        let record = Record { key, digest, name, description };
        match old {
            Some(old) => {
                *old = record;
                outcome.overwritten += 1;
            }
            None => {
                places.insert(digest, records.len());
                records.push(record);
                outcome.created += 1;
            }
        }
    }
    Ok(outcome)
}

/// An id that no key has.
fn unused(ids: &mut HashSet<String>) -> Result<String, Failure> {
    loop {
        let id = random::id()?;
        if ids.insert(id.clone()) {
            return Ok(id);
        }
    }
}
