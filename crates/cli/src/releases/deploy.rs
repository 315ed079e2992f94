//! `tollgate deploy`: a document becomes what a stage serves.

use clap::Args;
use tollgate_canary::Percent;
use tollgate_releases::{Deploy, Deployed, Draft, Start, State as Kept};

use super::canary::overrides;
use super::document::{self, Parts};
use super::{Done, State, To, time};
use crate::arguments::{Format, Source};
use crate::failure::Failure;
use crate::terminal;

/// `tollgate deploy`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub source: Source,
    #[command(flatten)]
    pub state: State,
    /// What to say about the deployment; up to 1,024 characters
    #[arg(long, default_value = "", value_name = "TEXT")]
    pub description: String,
    /// Deploy to a canary of the stage, with this much of its traffic, from 0 to 100
    #[arg(long, value_name = "PERCENT")]
    pub canary: Option<f64>,
    /// How to answer
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// Deploys a document to a stage, or to its canary.
pub fn deploy(arguments: &Arguments) -> Result<(), Failure> {
    let parts = document::read(&arguments.source)?;
    let store = arguments.state.store();
    let before = store.read()?;
    if arguments.canary.is_some() {
        // Said before there is a folder that was not there.
        before.releases.can_start_canary(&parts.api, &parts.stage)?;
    }
    let now = time::now();
    let (id, to) = store.change(&format!("deploy to {}", parts.stage), now, |draft| {
        let done = match arguments.canary {
            None => to_stage(draft, &parts, &arguments.description)?,
            Some(percent) => {
                let settings = overrides(parts.canary(), Percent(percent), &[], None);
                let id = to_canary(draft, &parts, &arguments.description, |deployment| Start {
                    settings: tollgate_gateway::definition::Canary { deployment, ..settings },
                    analysis: None,
                    api: parts.api.clone(),
                    stage: parts.stage.clone(),
                    now,
                })?;
                (id, To::Canary)
            }
        };
        Ok::<_, Failure>(done)
    })?;
    tell(&before, &parts, &id, to);
    Done { api: &parts.api, stage: &parts.stage, deployment: &id, to }.say(arguments.format)
}

fn to_stage(draft: &mut Draft, parts: &Parts, description: &str) -> Result<(String, To), Failure> {
    let id = draft.add(&parts.api, description, parts.deployment.clone())?;
    let to = draft.releases.deploy(Deploy {
        api: parts.api.clone(),
        about: parts.about.clone(),
        stage: parts.stage.clone(),
        deployment: id.clone(),
        settings: parts.settings(),
        others: parts.others(),
        shared: parts.shared(&draft.releases),
        now: draft.now,
    })?;
    document::check(&draft.definition()?, &draft.releases.shared)?;
    Ok((
        id,
        match to {
            Deployed::Stage => To::Stage,
            Deployed::Canary => To::Canary,
        },
    ))
}

/// Starts a canary with a document.
pub fn to_canary(
    draft: &mut Draft,
    parts: &Parts,
    description: &str,
    start: impl FnOnce(Option<String>) -> Start,
) -> Result<String, Failure> {
    // Said before anything else, in API Gateway's words.
    draft.releases.can_start_canary(&parts.api, &parts.stage)?;
    let id = draft.add(&parts.api, description, parts.deployment.clone())?;
    draft.releases.start_canary(start(Some(id.clone())))?;
    document::check(&draft.definition()?, &draft.releases.shared)?;
    Ok(id)
}

/// Says what has been done, and what has not.
pub fn tell(before: &Kept, parts: &Parts, id: &str, to: To) {
    let Parts { api, stage, .. } = parts;
    match to {
        To::Stage => {
            if let Some(taken_over) = taken_over(before, parts) {
                terminal::warning(&taken_over);
            }
            terminal::done("deployed", &format!("{id} to stage `{stage}` of `{api}`"));
        }
        To::Canary => {
            if let Some(left_out) = parts.left_out(&before.releases) {
                terminal::warning(left_out);
            }
            terminal::done(
                "deployed",
                &format!("{id} to the canary of stage `{stage}` of `{api}`"),
            );
        }
    }
}

/// What of other APIs is now as this document has it.
fn taken_over(before: &Kept, parts: &Parts) -> Option<String> {
    let releases = &before.releases;
    let mut others = releases.apis.keys().filter(|id| **id != parts.api);
    others.next()?;
    let shared = parts.shared(releases)?;
    let by_default = match &shared.default_api {
        Some(api) => format!("; `{api}` still answers where the host names no API"),
        None => String::new(),
    };
    Some(format!(
        "there are other APIs: domain names, usage plans, keys, counters and the account's throttle are \
         now as this document has them{by_default}"
    ))
}

#[cfg(test)]
mod tests;
