//! `tollgate rollback`: a stage serves again what it served before.

use clap::Args;

use super::{Done, Stage, To};
use crate::failure::Failure;
use crate::terminal;

/// `tollgate rollback`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    stage: Stage,
    /// The deployment to go back to; the one before the present one where not given
    #[arg(long, value_name = "ID")]
    to: Option<String>,
}

/// Points a stage to an earlier deployment.
pub fn rollback(arguments: &Arguments) -> Result<(), Failure> {
    let Arguments { stage, to } = arguments;
    let name = &stage.stage;
    let (api, id) = stage.change(&format!("rollback of {name}"), |draft, api| {
        draft.releases.rollback(api, name, to.as_deref(), draft.now)
    })?;
    terminal::done("rolled back", &format!("stage `{name}` of `{api}` to {id}"));
    Done { api: &api, stage: name, deployment: &id, to: To::Stage }.say(stage.format)
}
