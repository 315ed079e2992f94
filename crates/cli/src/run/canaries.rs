//! Judges canaries while they are served.

use std::collections::BTreeMap;
use std::convert::Infallible;
use std::time::{Duration, Instant, SystemTime};

use tokio::task::spawn_blocking;
use tokio::time::sleep;
use tollgate_canary::Release;
use tollgate_gateway::Definition;
use tollgate_gateway::definition::Canary;
use tollgate_releases::analysis::{Action, FLUSH, Key, Look, Moment, Observation};
use tollgate_releases::{Releases, Store};

use super::live::Live;
use super::origin::{Origin, failure};
use super::placed::Placed;
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
    pub async fn judge(&mut self, live: &Live<'_>) -> Infallible {
        let Self::Of(judge, complaint) = self else { return std::future::pending().await };
        loop {
            sleep(PERIOD).await;
            let outcome = judge.look(live).await.err().map(|failure| failure.message);
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
    known: Option<Known>,
    /// By API and stage.
    windows: BTreeMap<(String, String), Watched>,
    started: Instant,
}

/// What is kept, as of the text it was read from.
#[derive(Debug)]
struct Known {
    text: String,
    releases: Releases,
    definition: Definition,
}

/// A canary that is watched, since the proxy serves it as it is.
#[derive(Clone, Debug)]
struct Watched {
    placed: Instant,
    observation: Observation,
}

/// What is served.
#[derive(Clone, Copy, Debug)]
pub struct Served<'a> {
    /// What the proxy has taken up.
    pub definition: &'a Definition,
    /// Since when.
    pub placed: &'a Placed,
}

/// A canary that is to be looked at.
#[derive(Debug, PartialEq)]
struct Due {
    place: (String, String),
    key: Key,
    /// By which its metrics are known.
    release: Release,
}

impl Judge {
    fn of(store: Store) -> Self {
        Self { store, known: None, windows: BTreeMap::new(), started: Instant::now() }
    }

    fn moment(&self, now: Instant) -> Moment {
        Moment { monotonic: now.saturating_duration_since(self.started), unix: unix() }
    }

    /// Looks at every canary whose interval is over, and does what follows of it.
    ///
    /// # Errors
    /// Of Envoy that does not tell, or a store that cannot be changed: the same is tried again.
    async fn look(&mut self, live: &Live<'_>) -> Result<(), Failure> {
        // What is decided would be kept and not served.
        let Some(served) = live.served() else { return Ok(()) };
        let due = self.due(served, Instant::now())?;
        if due.is_empty() {
            return Ok(());
        }
        let told = live.admin.canaries().await?;
        let moment = self.moment(Instant::now());
        for due in due {
            let (api, stage) = &due.place;
            let metrics = (format!("{api}/{stage}"), due.release.to_string());
            let look = told.get(&metrics).cloned().unwrap_or_default();
            self.judge(due, look, moment).await?;
        }
        Ok(())
    }

    /// The canaries that are to be looked at. They are served as they are kept, and have been for long
    /// enough that what is counted now is theirs.
    fn due(&mut self, served: Served<'_>, now: Instant) -> Result<Vec<Due>, Failure> {
        // Reading all deployments costs more than looking whether anything has changed.
        let text = std::fs::read_to_string(self.store.stages_file()).unwrap_or_default();
        if self.known.as_ref().is_none_or(|known| known.text != text) {
            let state = self.store.read().map_err(failure)?;
            let definition = state.definition().map_err(failure)?;
            self.known = Some(Known { text, releases: state.releases, definition });
        }
        let moment = self.moment(now);
        let (mut due, mut watched) = (Vec::new(), BTreeMap::new());
        let known = self.known.iter();
        let stages = known.flat_map(|known| known.releases.stages().map(move |all| (known, all)));
        for (known, (api, stage, release)) in stages {
            let judged = release.canary.as_ref().filter(|canary| canary.analysis.is_some());
            let Some(canary) = judged else { continue };
            let place = (api.to_owned(), stage.to_owned());
            let before = self.windows.remove(&place);
            let of = |definition: &Definition| definition.apis.get(api)?.stages.get(stage).cloned();
            let is_served = of(&known.definition) == of(served.definition);
            let placed = served.placed.since(api, stage).filter(|_| is_served);
            let Some(placed) = placed else { continue };
            // What was counted before it was served is another's.
            let window = before
                .filter(|before| before.placed == placed)
                .unwrap_or_else(|| Watched { placed, observation: Observation::default() });
            if now.saturating_duration_since(placed) >= FLUSH
                && window.observation.is_due(&release.deployment, canary, moment)
            {
                let Canary { deployment, stage_variable_overrides, .. } = &canary.settings;
                due.push(Due {
                    place: place.clone(),
                    key: Key::of(&release.deployment, canary),
                    release: Release::of(deployment.as_deref(), stage_variable_overrides),
                });
            }
            watched.insert(place, window);
        }
        self.windows = watched;
        Ok(due)
    }

    async fn judge(&mut self, due: Due, look: Look, moment: Moment) -> Result<(), Failure> {
        let Due { place, key, .. } = due;
        let Some(window) = self.windows.get(&place).cloned() else { return Ok(()) };
        let mut observation = window.observation;
        let (store, (api, stage)) = (self.store.clone(), place.clone());
        // What is written is made durable, which takes as long as the disk does.
        let judged = spawn_blocking(move || {
            let action = store.change("`tollgate serve`", moment.unix, |draft| {
                let of = (api.as_str(), stage.as_str());
                draft.releases.advance(of, &key, &mut observation, &look, moment)
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
        self.windows.insert(place, Watched { placed: window.placed, observation });
        Ok(())
    }
}

fn unix() -> u64 {
    let now = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH);
    now.map(|now| now.as_secs()).unwrap_or_default()
}

#[cfg(test)]
mod tests;
