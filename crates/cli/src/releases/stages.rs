//! `tollgate stages`: what each stage serves, and what it served before.

use clap::Args;
use serde::Serialize;
use tollgate_releases::{Cause, Releases, StageRelease, Store};

use super::table::{head, table};
use super::{State, json, time};
use crate::arguments::Format;
use crate::failure::Failure;
use crate::terminal;

/// `tollgate stages`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    state: State,
    /// The stage whose history to show; what all stages serve where not given
    #[arg(long, value_name = "NAME")]
    stage: Option<String>,
    /// The id of the API; needed only where several have such a stage
    #[arg(long, value_name = "ID", requires = "stage")]
    api_id: Option<String>,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// Shows what stages serve, or what one has served.
pub fn stages(arguments: &Arguments) -> Result<(), Failure> {
    let store = arguments.state.store();
    let state = store.read()?;
    let releases = &state.releases;
    let Some(name) = &arguments.stage else {
        let rows = rows(releases);
        return terminal::result(&match arguments.format {
            Format::Text => stages_table(&rows),
            Format::Json => json(&rows)?,
        });
    };
    let api = releases.api_of(arguments.api_id.as_deref(), name)?;
    let entries = entries(&store, releases.stage(&api, name)?);
    terminal::result(&match arguments.format {
        Format::Text => history_table(&entries),
        Format::Json => json(&entries)?,
    })
}

/// What one stage serves.
#[derive(Debug, Serialize)]
struct Row<'a> {
    api: &'a str,
    stage: &'a str,
    deployment: &'a str,
    /// Since when, in seconds since 1970.
    since: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    canary: Option<CanaryRow<'a>>,
}

#[derive(Debug, Serialize)]
struct CanaryRow<'a> {
    /// Nothing where it differs in variables only.
    deployment: Option<&'a str>,
    percent_traffic: f64,
}

fn rows(releases: &Releases) -> Vec<Row<'_>> {
    (releases.stages())
        .map(|(api, name, stage)| Row {
            api,
            stage: name,
            deployment: &stage.deployment,
            since: stage.history.last().map(|entry| entry.at),
            canary: stage.canary.as_ref().map(|canary| CanaryRow {
                deployment: canary.settings.deployment.as_deref(),
                percent_traffic: canary.settings.percent_traffic.0,
            }),
        })
        .collect()
}

fn stages_table(rows: &[Row<'_>]) -> String {
    let mut lines = vec![head(["API", "STAGE", "DEPLOYMENT", "SINCE", "CANARY"])];
    for row in rows {
        let canary = row.canary.as_ref().map(|canary| {
            let what = canary.deployment.unwrap_or("variables");
            format!("{what} {} %", canary.percent_traffic)
        });
        lines.push(vec![
            row.api.to_owned(),
            row.stage.to_owned(),
            row.deployment.to_owned(),
            row.since.map(time::text).unwrap_or_default(),
            canary.unwrap_or_else(|| "none".to_owned()),
        ]);
    }
    table(&lines)
}

/// What one stage served.
#[derive(Debug, Serialize)]
struct Entry<'a> {
    deployment: &'a str,
    /// Since when, in seconds since 1970.
    at: u64,
    cause: Cause,
    /// What was said about the deployment.
    description: String,
    /// Whether the stage serves it now.
    current: bool,
    /// Why the stage cannot go back to it.
    #[serde(skip_serializing_if = "Option::is_none")]
    missing: Option<String>,
}

/// The latest first.
fn entries<'a>(store: &Store, stage: &'a StageRelease) -> Vec<Entry<'a>> {
    let last = stage.history.len().saturating_sub(1);
    let entries = stage.history.iter().enumerate().map(|(index, entry)| {
        let (description, missing) = match store.snapshot(&entry.deployment) {
            Ok(snapshot) => (snapshot.description, None),
            Err(error) => (String::new(), Some(error.to_string())),
        };
        Entry {
            deployment: &entry.deployment,
            at: entry.at,
            cause: entry.cause,
            description,
            current: index == last,
            missing,
        }
    });
    entries.rev().collect()
}

fn history_table(entries: &[Entry<'_>]) -> String {
    let mut lines = vec![head(["DEPLOYMENT", "SINCE", "BY", "DESCRIPTION"])];
    for entry in entries {
        let by = match entry.cause {
            Cause::Deployed => "deployment",
            Cause::RolledBack => "rollback",
            Cause::Promoted => "promotion",
        };
        lines.push(vec![
            entry.deployment.to_owned(),
            time::text(entry.at),
            by.to_owned(),
            match &entry.missing {
                Some(reason) => format!("missing: {reason}"),
                // It may have several lines.
                None => entry.description.split_whitespace().collect::<Vec<_>>().join(" "),
            },
        ]);
    }
    table(&lines)
}

#[cfg(test)]
mod tests;
