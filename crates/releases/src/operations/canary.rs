//! Starting a canary, and how it ends.

use tollgate_canary::Percent;
use tollgate_gateway::definition::Canary;

use crate::Error;
use crate::analysis::AnalysisPlan;
use crate::canary::{CanaryRelease, End, Outcome, Progress};
use crate::model::{Cause, HistoryEntry, Releases};

/// A canary that is to be started.
#[derive(Clone, Debug)]
pub struct Start {
    /// The API's id.
    pub api: String,
    /// The stage, which is there.
    pub stage: String,
    /// What it serves, and how much of the traffic it gets. With an analysis, its first step says how
    /// much.
    pub settings: Canary,
    /// How it is judged, if at all.
    pub analysis: Option<AnalysisPlan>,
    /// Now, in seconds since 1970.
    pub now: u64,
}

impl Releases {
    /// Starts a canary on a stage that has none.
    ///
    /// # Errors
    /// [`Error::Refused`] where the stage is not there, in API Gateway's words, where it has a canary,
    /// and where the canary would be no different; [`Error::Invalid`] for a field that is out of range.
    pub fn start_canary(&mut self, start: Start) -> Result<(), Error> {
        let Start { api, stage, settings, analysis, now } = start;
        self.can_start_canary(&api, &stage)?;
        if settings.deployment.is_none() && settings.stage_variable_overrides.is_empty() {
            let reason = "a canary needs a deployment or stage variable overrides";
            return Err(Error::refused(reason));
        }
        check_percent("percent_traffic", settings.percent_traffic)?;
        check_percent("percent_shadow", settings.percent_shadow)?;
        if let Some(plan) = &analysis {
            plan.check().map_err(|invalid| invalid.within("analysis"))?;
        }
        let stage = self.stage_mut(&api, &stage)?;
        let mut canary =
            CanaryRelease { settings, began: now, analysis, progress: Progress::default() };
        canary.restart(now);
        stage.canary = Some(canary);
        Ok(())
    }

    /// Whether a stage can have a canary: it is there and has none.
    ///
    /// # Errors
    /// As of [`start_canary`](Self::start_canary).
    pub fn can_start_canary(&self, api: &str, stage: &str) -> Result<(), Error> {
        let Some(present) = self.apis.get(api).and_then(|api| api.stages.get(stage)) else {
            return Err(Error::refused(format!(
                "Invalid deployment content specified.Stage {stage} must already be created before \
                 making a canary release deployment"
            )));
        };
        if present.canary.is_some() {
            return Err(Error::refused(format!(
                "stage `{stage}` has a canary already: promote or abort it first"
            )));
        }
        Ok(())
    }

    /// Changes how much of the traffic a canary gets.
    ///
    /// # Errors
    /// [`Error::Invalid`] for what is not from 0 to 100; [`Error::Refused`] where there is no canary, or
    /// where its analysis decides.
    pub fn set_percent(&mut self, api: &str, stage: &str, percent: Percent) -> Result<(), Error> {
        check_percent("percent_traffic", percent)?;
        let present = self.stage_mut(api, stage)?;
        let canary = present.canary.as_mut().ok_or_else(|| no_canary(stage))?;
        if canary.analysis.is_some() {
            let reason = "its analysis decides how much the canary gets: promote or abort it";
            return Err(Error::refused(format!("stage `{stage}`: {reason}")));
        }
        canary.settings.percent_traffic = percent;
        Ok(())
    }

    /// Copies the canary's deployment and its variables into the stage, and removes the canary.
    ///
    /// Unlike API Gateway, which leaves the canary there with 0 %, until somebody removes it, and sends
    /// the next deployment to it.
    ///
    /// # Errors
    /// [`Error::Refused`] in API Gateway's words where there is none.
    pub fn promote(
        &mut self,
        api: &str,
        stage: &str,
        reason: &str,
        now: u64,
    ) -> Result<String, Error> {
        let stage = self.stage_mut(api, stage)?;
        let Some(canary) = stage.canary.take() else {
            return Err(Error::refused("Promotion not available. Canary does not exist."));
        };
        let overrides = canary.settings.stage_variable_overrides.clone();
        stage.settings.variables.extend(overrides);
        let deployment =
            canary.settings.deployment.clone().unwrap_or_else(|| stage.deployment.clone());
        let entry =
            HistoryEntry { deployment: deployment.clone(), at: now, cause: Cause::Promoted };
        stage.point_to(entry);
        let reason = reason.to_owned();
        stage.last_canary = Some(Outcome { end: End::Promoted, at: now, reason, canary });
        Ok(deployment)
    }

    /// Removes the canary: all requests go to the stage again.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is none.
    pub fn abort(
        &mut self,
        api: &str,
        stage: &str,
        end: End,
        reason: &str,
        now: u64,
    ) -> Result<(), Error> {
        let present = self.stage_mut(api, stage)?;
        let canary = present.canary.take().ok_or_else(|| no_canary(stage))?;
        present.last_canary = Some(Outcome { end, at: now, reason: reason.to_owned(), canary });
        Ok(())
    }
}

fn no_canary(stage: &str) -> Error {
    Error::refused(format!("stage `{stage}` has no canary"))
}

fn check_percent(field: &str, percent: Percent) -> Result<(), Error> {
    percent.check().map_err(|invalid| Error::Invalid(invalid.within(field)))
}
