//! `tollgate canary start` and `tollgate canary override`.

use clap::Args;
use tollgate_canary::Percent;
use tollgate_gateway::definition::Canary;
use tollgate_releases::Start;

use super::arguments::{Analysis, Share};
use super::overrides;
use crate::arguments::{Format, Source};
use crate::failure::Failure;
use crate::releases::deploy::{tell, to_canary};
use crate::releases::{Done, Stage, State, To, document, time};
use crate::terminal;

/// `tollgate canary start`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    source: Source,
    #[command(flatten)]
    state: State,
    /// What to say about the deployment; up to 1,024 characters
    #[arg(long, default_value = "", value_name = "TEXT")]
    description: String,
    #[command(flatten)]
    share: Share,
    #[command(flatten)]
    analysis: Analysis,
    /// How to answer
    #[arg(long, default_value = "text")]
    format: Format,
}

/// `tollgate canary override`
#[derive(Clone, Debug, Args)]
pub struct Variables {
    #[command(flatten)]
    stage: Stage,
    #[command(flatten)]
    share: Share,
    #[command(flatten)]
    analysis: Analysis,
}

/// Starts a canary with a document.
pub fn start(arguments: &Arguments) -> Result<(), Failure> {
    let parts = document::read(&arguments.source)?;
    let store = arguments.state.store();
    let before = store.read()?;
    // Said before there is a folder that was not there.
    before.releases.can_start_canary(&parts.api, &parts.stage)?;
    let settings = arguments.share.over(parts.canary(), &arguments.analysis);
    let who = format!("canary start on {}", parts.stage);
    let now = time::now();
    let id = store.change(&who, now, |draft| {
        to_canary(draft, &parts, &arguments.description, |deployment| Start {
            api: parts.api.clone(),
            stage: parts.stage.clone(),
            settings: Canary { deployment, ..settings },
            analysis: arguments.analysis.plan(),
            now,
        })
    })?;
    tell(&before, &parts, &id, To::Canary);
    Done { api: &parts.api, stage: &parts.stage, deployment: &id, to: To::Canary }
        .say(arguments.format)
}

/// Starts a canary of what the stage serves.
pub fn vary(arguments: &Variables) -> Result<(), Failure> {
    let Variables { stage, share, analysis } = arguments;
    let name = &stage.stage;
    let settings = share.over(Canary::default(), analysis);
    let who = format!("canary override on {name}");
    let (api, id) = stage.change(&who, |draft, api| {
        let now = draft.now;
        draft.releases.start_canary(Start {
            api: api.to_owned(),
            stage: name.clone(),
            settings,
            analysis: analysis.plan(),
            now,
        })?;
        document::check(&draft.definition()?, &draft.releases.shared)?;
        Ok(draft.releases.stage(api, name)?.deployment.clone())
    })?;
    terminal::done("started", &format!("a canary of stage `{name}` of `{api}`, with {id} too"));
    Done { api: &api, stage: name, deployment: &id, to: To::Canary }.say(stage.format)
}

impl Share {
    /// Puts what the command line says over what an overlay says of a canary.
    fn over(&self, canary: Canary, analysis: &Analysis) -> Canary {
        let percent = self.percent.or_else(|| analysis.steps.first().copied()).unwrap_or_default();
        overrides(canary, Percent(percent), &self.stage_variable_override, self.sticky.clone())
    }
}
