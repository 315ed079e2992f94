//! Judges canaries while they are served.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tollgate_releases::analysis::{Action, Look, Moment, Observation};
use tollgate_releases::{Releases, Store};

use super::origin::{Origin, failure};
use crate::envoy::Admin;
use crate::failure::{Code, Failure};
use crate::terminal;

/// How often it is asked whether an interval is over.
const PERIOD: Duration = Duration::from_millis(500);

/// The canaries of what is served.
#[derive(Debug)]
pub enum Canaries {
    /// What is served has no releases.
    None,
    /// Those of a store, and why the last look at them failed.
    Of(Box<Judge>, Option<String>),
}

impl Canaries {
    /// Those of what is served.
    pub fn of(origin: Origin<'_>) -> Self {
        match origin {
            Origin::Document(_) => Self::None,
            Origin::Releases(store) => Self::Of(Box::new(Judge::of(store.clone())), None),
        }
    }

    /// Judges canaries as their intervals end. It may be dropped at any time: what was begun is finished
    /// or begun anew.
    pub async fn judge(&mut self, admin: &Admin) -> Infallible {
        let Self::Of(judge, complaint) = self else { return std::future::pending().await };
        loop {
            sleep(PERIOD).await;
            let outcome = judge.look(admin).await.err().map(|failure| failure.message);
            // The same complaint every half a second would be noise.
            if let Some(message) = &outcome
                && outcome != *complaint
            {
                terminal::warning(&format!("canaries are not judged: {message}"));
            }
            *complaint = outcome;
        }
    }
}

/// Judges the canaries of a store.
#[derive(Debug)]
pub struct Judge {
    store: Store,
    /// What the stages point to, as of the text it was read from.
    known: Option<(String, Releases)>,
    /// By API and stage.
    observations: BTreeMap<(String, String), Observation>,
    started: Instant,
}

impl Judge {
    fn of(store: Store) -> Self {
        Self { store, known: None, observations: BTreeMap::new(), started: Instant::now() }
    }

    /// Looks at every canary whose interval is over, and does what follows of it.
    ///
    /// # Errors
    /// Of Envoy that does not tell, or a store that cannot be changed: the same is tried again.
    async fn look(&mut self, admin: &Admin) -> Result<(), Failure> {
        let moment = Moment { monotonic: self.started.elapsed(), unix: unix() };
        let due = self.due(moment)?;
        if due.is_empty() {
            return Ok(());
        }
        let told = admin.canaries().await?;
        for (api, stage) in due {
            let look = told.get(&format!("{api}/{stage}")).cloned().unwrap_or_default();
            self.judge(api, stage, look, moment).await?;
        }
        Ok(())
    }

    /// The stages whose canaries are to be looked at.
    fn due(&mut self, moment: Moment) -> Result<Vec<(String, String)>, Failure> {
        // Reading all deployments costs more than looking whether anything has changed.
        let text = std::fs::read_to_string(self.store.stages_file()).unwrap_or_default();
        if self.known.as_ref().is_none_or(|(known, _)| *known != text) {
            self.known = Some((text, self.store.read().map_err(failure)?.releases));
        }
        let stages = self.known.iter().flat_map(|(_, releases)| releases.stages());
        let judged: Vec<_> = stages
            .filter_map(|(api, stage, release)| {
                Some((api, stage, release, release.canary.as_ref()?))
            })
            .filter(|(.., canary)| canary.analysis.is_some())
            .collect();
        let is_there = |(api, stage): &(String, String)| {
            judged.iter().any(|(known_api, known, ..)| known_api == api && known == stage)
        };
        self.observations.retain(|place, _| is_there(place));
        let is_due = |api: &str, stage: &str, base: &str, canary: &_| {
            let place = (api.to_owned(), stage.to_owned());
            self.observations.get(&place).is_none_or(|known| known.is_due(base, canary, moment))
        };
        Ok(judged
            .into_iter()
            .filter(|(api, stage, release, canary)| is_due(api, stage, &release.deployment, canary))
            .map(|(api, stage, ..)| (api.to_owned(), stage.to_owned()))
            .collect())
    }

    async fn judge(
        &mut self,
        api: String,
        stage: String,
        look: Look,
        moment: Moment,
    ) -> Result<(), Failure> {
        let place = (api, stage);
        let mut observation = self.observations.get(&place).cloned().unwrap_or_default();
        let (store, (api, stage)) = (self.store.clone(), place.clone());
        // What is written is made durable, which takes as long as the disk does.
        let judged = spawn_blocking(move || {
            let action = store.change("`tollgate serve`", moment.unix, |draft| {
                draft.releases.advance(&api, &stage, &mut observation, &look, moment)
            })?;
            Ok::<_, tollgate_releases::Error>((action, observation))
        });
        let judged = judged.await.map_err(|_| {
            Failure::new(Code::Environment, "a canary could not be judged".to_owned())
        })?;
        let (action, observation) = judged.map_err(failure)?;
        let name = format!("{}/{}", place.0, place.1);
        match action {
            Action::Hold => {}
            Action::Step(percent) => {
                terminal::done("canary", &format!("{name}: healthy, gets {percent} now"));
            }
            Action::Promote => terminal::done("canary", &format!("{name}: healthy, promoted")),
            Action::RollBack(reason) => {
                terminal::warning(&format!("canary {name}: rolled back: {reason}"));
            }
        }
        self.observations.insert(place, observation);
        Ok(())
    }
}

fn unix() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map(|now| now.as_secs()).unwrap_or_default()
}
