//! What is kept of deployments: `tollgate deploy`, `stages`, `rollback` and `canary`.

pub mod canary;
pub mod deploy;
mod document;
pub mod rollback;
pub mod stages;
mod table;
mod time;

use std::path::PathBuf;

use clap::Args;
use serde::Serialize;
use tollgate_releases::{Error, Store};

use crate::arguments::Format;
use crate::failure::{Code, Failure};
use crate::terminal;

/// The folder that releases are kept in.
#[derive(Clone, Debug, Args)]
pub struct State {
    /// The folder that deployments and stages are kept in
    #[arg(long, default_value = ".tollgate", value_name = "DIR")]
    pub state: PathBuf,
}

/// A stage that is there.
#[derive(Clone, Debug, Args)]
pub struct Stage {
    #[command(flatten)]
    pub state: State,
    /// The stage
    #[arg(long, value_name = "NAME")]
    pub stage: String,
    /// The id of the API; needed only where several have such a stage
    #[arg(long, value_name = "ID")]
    pub api_id: Option<String>,
    /// How to answer
    #[arg(long, default_value = "text")]
    pub format: Format,
}

impl State {
    fn store(&self) -> Store {
        Store::open(&self.state)
    }
}

impl Stage {
    /// Changes the stage, and says for which API.
    fn change<T>(
        &self,
        who: &str,
        work: impl FnOnce(&mut tollgate_releases::Draft, &str) -> Result<T, Error>,
    ) -> Result<(String, T), Failure> {
        let store = self.state.store();
        // Refused before there is a folder that was not there.
        store.read()?.releases.api_of(self.api_id.as_deref(), &self.stage)?;
        store.change(who, time::now(), |draft| {
            let api = draft.releases.api_of(self.api_id.as_deref(), &self.stage)?;
            let done = work(draft, &api)?;
            Ok((api, done))
        })
    }
}

/// What a command has done, for machines.
#[derive(Debug, Serialize)]
struct Done<'a> {
    api: &'a str,
    stage: &'a str,
    deployment: &'a str,
    /// Whether it went to the stage or to its canary.
    to: To,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum To {
    Stage,
    Canary,
}

impl Done<'_> {
    /// The id of the deployment is the result, so it is on standard output.
    fn say(&self, format: Format) -> Result<(), Failure> {
        match format {
            Format::Text => terminal::result(self.deployment),
            Format::Json => terminal::result(&json(self)?),
        }
    }
}

fn json(value: &impl Serialize) -> Result<String, Failure> {
    use anyhow::Context;

    Ok(serde_json::to_string_pretty(value).context("cannot write JSON")?)
}

impl From<Error> for Failure {
    fn from(error: Error) -> Self {
        let code = if error.is_refusal() { Code::Refused } else { Code::Environment };
        Self::new(code, error.to_string())
    }
}

#[cfg(test)]
mod tests;
