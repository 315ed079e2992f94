//! `tollgate keys list`

use std::fmt::Write;

use anyhow::Context;
use clap::Args;
use serde::Serialize;

use crate::arguments::Format;
use crate::failure::Failure;
use crate::keys::Kept;
use crate::keys::file::{self, Record};
use crate::terminal;

/// `tollgate keys list`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    kept: Kept,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// A key, for machines. No digest: who has it can try values as fast as a machine can.
#[derive(Debug, Serialize)]
struct Row<'a> {
    id: &'a str,
    name: &'a str,
    enabled: bool,
    usage_plans: &'a [String],
    description: &'a str,
}

/// Lists the keys in the order of the file.
pub fn list(arguments: &Arguments) -> Result<(), Failure> {
    let records = file::read(&arguments.kept.path)?;
    terminal::result(&match arguments.format {
        Format::Text => table(&records),
        Format::Json => {
            let rows: Vec<_> = records.iter().map(row).collect();
            serde_json::to_string_pretty(&rows).context("cannot write JSON")?
        }
    })
}

fn row(Record { key, name, description, .. }: &Record) -> Row<'_> {
    let (id, enabled, usage_plans) = (&key.id, key.enabled, &key.usage_plans);
    Row { id, name, enabled, usage_plans, description }
}

fn table(records: &[Record]) -> String {
    const HEAD: [&str; 4] = ["ID", "NAME", "ENABLED", "USAGE PLANS"];
    let rows = records.iter().map(|Record { key, name, .. }| {
        let enabled = if key.enabled { "yes" } else { "no" };
        // A name may hold anything, and must not look like another row.
        let name = name.replace(char::is_control, " ");
        [key.id.clone(), name, enabled.to_owned(), key.usage_plans.join(", ")]
    });
    let rows: Vec<_> = std::iter::once(HEAD.map(str::to_owned)).chain(rows).collect();
    let width = |of: fn(&[String; 4]) -> &String| {
        rows.iter().map(|row| of(row).chars().count()).max().unwrap_or_default()
    };
    let (ids, names) = (width(|[id, ..]| id), width(|[_, name, ..]| name));
    let mut out = String::new();
    for [id, name, enabled, plans] in &rows {
        let line = format!("{id:ids$}  {name:names$}  {enabled:7}  {plans}");
        let _ = writeln!(out, "{}", line.trim_end());
    }
    out.trim_end().to_owned()
}
