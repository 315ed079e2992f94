//! `tollgate canary`: a deployment that answers a part of a stage's requests first.

mod arguments;
mod start;
mod status;

use clap::{Args, Subcommand};
use tollgate_canary::{Percent, Sticky};
use tollgate_gateway::definition::Canary;
use tollgate_releases::End;

use super::{Done, Stage, To};
use crate::failure::{EXIT_CODES, Failure};
use crate::terminal;

/// `tollgate canary`
#[derive(Clone, Debug, Subcommand)]
pub enum Command {
    /// Start a canary of a stage with a document
    #[command(after_help = EXIT_CODES, mut_arg("stage", |arg| arg.required(true)))]
    Start(Box<start::Arguments>),
    /// Start a canary of what a stage serves, with other stage variables
    #[command(after_help = EXIT_CODES)]
    Override(start::Variables),
    /// Say how a canary does, or what became of the last one
    #[command(after_help = EXIT_CODES)]
    Status(Stage),
    /// Change how much of the traffic a canary gets
    #[command(after_help = EXIT_CODES)]
    Traffic(Traffic),
    /// Let the stage serve what its canary serves, and remove the canary
    #[command(after_help = EXIT_CODES)]
    Promote(Stage),
    /// Remove a canary
    #[command(after_help = EXIT_CODES)]
    Abort(Stage),
}

/// `tollgate canary traffic`
#[derive(Clone, Debug, Args)]
pub struct Traffic {
    #[command(flatten)]
    stage: Stage,
    /// How much, from 0 to 100
    #[arg(long, value_name = "PERCENT")]
    percent: f64,
}

/// What outcomes say that somebody has asked for.
const BY_HAND: &str = "asked for";

/// Does what was said about a canary.
pub fn execute(command: &Command) -> Result<(), Failure> {
    match command {
        Command::Start(arguments) => start::start(arguments),
        Command::Override(arguments) => start::vary(arguments),
        Command::Status(stage) => status::status(stage),
        Command::Traffic(arguments) => traffic(arguments),
        Command::Promote(stage) => promote(stage),
        Command::Abort(stage) => abort(stage),
    }
}

fn traffic(arguments: &Traffic) -> Result<(), Failure> {
    let Traffic { stage, percent } = arguments;
    let name = &stage.stage;
    let (api, ()) = stage.change(&format!("canary traffic of {name}"), |draft, api| {
        draft.releases.set_percent(api, name, Percent(*percent))
    })?;
    terminal::done("changed", &format!("the canary of stage `{name}` of `{api}` gets {percent} %"));
    Ok(())
}

fn promote(stage: &Stage) -> Result<(), Failure> {
    let name = &stage.stage;
    let (api, id) = stage.change(&format!("canary promote of {name}"), |draft, api| {
        draft.releases.promote(api, name, BY_HAND, draft.now)
    })?;
    terminal::done("promoted", &format!("{id} to stage `{name}` of `{api}`"));
    Done { api: &api, stage: name, deployment: &id, to: To::Stage }.say(stage.format)
}

fn abort(stage: &Stage) -> Result<(), Failure> {
    let name = &stage.stage;
    let (api, id) = stage.change(&format!("canary abort of {name}"), |draft, api| {
        draft.releases.abort(api, name, End::Aborted, BY_HAND, draft.now)?;
        Ok(draft.releases.stage(api, name)?.deployment.clone())
    })?;
    terminal::done("aborted", &format!("stage `{name}` of `{api}` serves {id} alone"));
    Done { api: &api, stage: name, deployment: &id, to: To::Stage }.say(stage.format)
}

/// What an overlay says of a canary, and what the command line says besides.
pub fn overrides(
    canary: Canary,
    percent: Percent,
    variables: &[(String, String)],
    sticky: Option<Sticky>,
) -> Canary {
    let mut stage_variable_overrides = canary.stage_variable_overrides;
    stage_variable_overrides.extend(variables.iter().cloned());
    Canary {
        percent_traffic: percent,
        stage_variable_overrides,
        sticky: sticky.or(canary.sticky),
        ..canary
    }
}
