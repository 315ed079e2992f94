//! What can be done to a stage, as API Gateway does it.
//!
//! Every operation either does all of it or refuses and changes nothing.

mod canary;
mod deploy;
mod rollback;

pub use canary::Start;
pub use deploy::{About, Deploy, Deployed, Settings};

use crate::Error;
use crate::model::{HistoryEntry, Releases, StageRelease};

/// How far back a stage can go: months of daily deployments, in a list that people still read.
pub(crate) const MAX_HISTORY: usize = 100;

/// How many deployments are kept for all stages together. Each is a file of some kilobytes, and they
/// are all that grows.
pub(crate) const MAX_DEPLOYMENTS: usize = 300;

/// API Gateway's limit on the REST APIs of an account and region.
pub(crate) const MAX_APIS: usize = 600;

impl Releases {
    /// The API that has a stage: the one that is named, or else the only one that has it.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is none, or more than one.
    pub fn api_of(&self, api: Option<&str>, stage: &str) -> Result<String, Error> {
        let having: Vec<&str> = (self.apis.iter())
            .filter(|(id, releases)| {
                api.is_none_or(|api| api == id.as_str()) && releases.stages.contains_key(stage)
            })
            .map(|(id, _)| id.as_str())
            .collect();
        match having.as_slice() {
            [only] => Ok((*only).to_owned()),
            [] => Err(self.no_stage(api, stage)),
            many => {
                let many = many.join("`, `");
                Err(Error::refused(format!(
                    "several APIs have a stage `{stage}`: say which of `{many}`"
                )))
            }
        }
    }

    /// A stage that is there.
    ///
    /// # Errors
    /// [`Error::Refused`] in API Gateway's words where it is not.
    pub fn stage(&self, api: &str, stage: &str) -> Result<&StageRelease, Error> {
        let found = self.apis.get(api).and_then(|api| api.stages.get(stage));
        found.ok_or_else(|| self.no_stage(Some(api), stage))
    }

    pub(crate) fn stage_mut(&mut self, api: &str, stage: &str) -> Result<&mut StageRelease, Error> {
        // Said first, for the stage that is returned is borrowed as long as the whole.
        self.stage(api, stage)?;
        let found = self.apis.get_mut(api).and_then(|api| api.stages.get_mut(stage));
        found.ok_or_else(|| Error::refused("Invalid stage identifier specified"))
    }

    fn no_stage(&self, api: Option<&str>, stage: &str) -> Error {
        let there: Vec<_> = self
            .stages()
            .filter(|(id, ..)| api.is_none_or(|api| api == *id))
            .map(|(id, name, _)| format!("`{name}` of `{id}`"))
            .collect();
        let there = if there.is_empty() { "nothing".to_owned() } else { there.join(", ") };
        Error::refused(format!(
            "Invalid stage identifier specified: there is no stage `{stage}`, deployed is {there}"
        ))
    }

    /// Forgets the oldest of what is over, so that every list has its bound. Nothing that is served is
    /// forgotten.
    pub(crate) fn forget(&mut self) {
        for stage in self.apis.values_mut().flat_map(|api| api.stages.values_mut()) {
            let over = stage.history.len().saturating_sub(MAX_HISTORY);
            stage.history.drain(..over);
        }
        while self.referred().len() > MAX_DEPLOYMENTS {
            let Some(oldest) = self.oldest() else { return };
            for stage in self.apis.values_mut().flat_map(|api| api.stages.values_mut()) {
                stage.history.retain(|entry| entry.deployment != oldest);
            }
        }
    }

    /// The deployment that is not served and of which the last use is longest ago.
    fn oldest(&self) -> Option<String> {
        let served = self.served();
        let last_use = |id: &str| {
            let uses = self.stages().flat_map(|(_, _, stage)| &stage.history);
            uses.filter(|entry| entry.deployment == id).map(|entry| entry.at).max()
        };
        let gone = self.referred().into_iter().filter(|id| !served.contains(id));
        gone.min_by_key(|id| last_use(id)).map(str::to_owned)
    }
}

impl StageRelease {
    /// Points the stage to another deployment.
    fn point_to(&mut self, entry: HistoryEntry) {
        self.deployment.clone_from(&entry.deployment);
        self.history.push(entry);
    }
}
