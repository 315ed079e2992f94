//! Going back to a deployment.

use crate::Error;
use crate::model::{Cause, HistoryEntry, Releases};

impl Releases {
    /// Points a stage to a deployment that it had before: to the one before the present one, or to any
    /// of its API. Settings are not part of a deployment and stay. A canary stays too, and its analysis
    /// starts again, for it is compared with another base.
    ///
    /// # Errors
    /// [`Error::Refused`] where there is nothing to go back to, in API Gateway's words for a deployment
    /// that is not known.
    pub fn rollback(
        &mut self,
        api: &str,
        stage: &str,
        to: Option<&str>,
        now: u64,
    ) -> Result<String, Error> {
        let present = self.stage(api, stage)?;
        let known = |id: &str| self.apis.get(api).is_some_and(|api| api.knows(id));
        let target = match to {
            Some(id) if known(id) => id.to_owned(),
            Some(_) => return Err(Error::refused("Deployment id does not exist")),
            None => match present.previous() {
                Some(id) => id.to_owned(),
                None => {
                    let reason = format!("stage `{stage}` has no earlier deployment to go back to");
                    return Err(Error::refused(reason));
                }
            },
        };
        if target == present.deployment {
            return Err(Error::refused(format!("stage `{stage}` serves `{target}` already")));
        }
        let stage = self.stage_mut(api, stage)?;
        let entry = HistoryEntry { deployment: target.clone(), at: now, cause: Cause::RolledBack };
        stage.point_to(entry);
        if let Some(canary) = stage.canary.as_mut().filter(|canary| canary.analysis.is_some()) {
            canary.restart(now);
        }
        Ok(target)
    }
}
