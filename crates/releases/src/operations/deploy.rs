//! Deploying to a stage.

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use tollgate_gateway::definition::{Protocol, Stage};

use super::MAX_APIS;
use crate::Error;
use crate::model::{ApiReleases, Cause, HistoryEntry, Releases, Shared, StageRelease};

/// What is deployed, and where.
#[derive(Clone, Debug)]
pub struct Deploy {
    /// The API's id.
    pub api: String,
    /// What the document says of the API as a whole.
    pub about: About,
    /// The stage. It is made where it is not there.
    pub stage: String,
    /// The deployment's id.
    pub deployment: String,
    /// The settings of the stage.
    pub settings: Settings,
    /// What is said of other stages of the API: those that are not there yet will have these settings.
    /// As before where nothing is said.
    pub others: Option<BTreeMap<String, Stage>>,
    /// What belongs to no deployment; as before where nothing is said.
    pub shared: Option<Shared>,
    /// Now, in seconds since 1970.
    pub now: u64,
}

/// What a document says of an API as a whole.
#[derive(Clone, Debug)]
pub struct About {
    /// Its name for people.
    pub name: String,
    /// Whose rules it follows.
    pub protocol: Protocol,
    /// Whether requests are refused that come by its own host name.
    pub disable_execute_api_endpoint: bool,
}

/// Where the settings of a stage come from.
#[derive(Clone, Debug)]
pub enum Settings {
    /// These are all.
    Given(Box<Stage>),
    /// Those that the stage has, and these variables besides.
    Kept(BTreeMap<String, String>),
}

/// Where a deployment went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deployed {
    /// To the stage.
    Stage,
    /// To its canary, because it has one.
    Canary,
}

impl Releases {
    /// Deploys to a stage. While the stage has a canary, the deployment goes to the canary, whose
    /// analysis starts again, and nothing else changes.
    ///
    /// # Errors
    /// [`Error::Refused`] for an API whose kind would change, and for one too many.
    pub fn deploy(&mut self, deploy: Deploy) -> Result<Deployed, Error> {
        let Deploy { api, about, stage, deployment, settings, others, shared, now } = deploy;
        self.check_protocol(&api, about.protocol)?;
        if self.apis.len() >= MAX_APIS && !self.apis.contains_key(&api) {
            return Err(Error::refused(format!("there are {MAX_APIS} APIs already")));
        }
        let present = self.apis.get_mut(&api).and_then(|api| api.stages.get_mut(&stage));
        if let Some(canary) = present.and_then(|stage| stage.canary.as_mut()) {
            canary.settings.deployment = Some(deployment);
            canary.restart(now);
            return Ok(Deployed::Canary);
        }
        let others =
            others.map(|all| all.into_iter().map(|(name, stage)| (name, own(stage))).collect());
        let mut waiting: BTreeMap<_, _> =
            others.or_else(|| self.waiting.remove(&api)).unwrap_or_default();
        let waited = waiting.remove(&stage);
        let releases = self.apis.entry(api.clone()).or_insert_with(|| ApiReleases {
            name: String::new(),
            protocol: about.protocol,
            disable_execute_api_endpoint: false,
            stages: BTreeMap::new(),
        });
        releases.name = about.name;
        releases.disable_execute_api_endpoint = about.disable_execute_api_endpoint;
        let entry = HistoryEntry { deployment, at: now, cause: Cause::Deployed };
        match releases.stages.entry(stage) {
            Entry::Occupied(mut there) => {
                let stage = there.get_mut();
                settings.put_into(&mut stage.settings);
                stage.point_to(entry);
            }
            Entry::Vacant(place) => {
                let mut made = waited.unwrap_or_default();
                settings.put_into(&mut made);
                place.insert(StageRelease {
                    deployment: entry.deployment.clone(),
                    settings: made,
                    history: vec![entry],
                    canary: None,
                    last_canary: None,
                });
            }
        }
        waiting.retain(|stage, _| !releases.stages.contains_key(stage));
        if waiting.is_empty() {
            self.waiting.remove(&api);
        } else {
            self.waiting.insert(api, waiting);
        }
        if let Some(shared) = shared {
            self.shared = shared.after(&self.shared);
        }
        Ok(Deployed::Stage)
    }

    /// An API stays of one kind: what its other stages serve was written for it.
    pub(super) fn check_protocol(&self, api: &str, protocol: Protocol) -> Result<(), Error> {
        match self.apis.get(api) {
            Some(there) if there.protocol != protocol => Err(Error::refused(format!(
                "`{api}` is {} API, and the document is of {} API: deploy it as another API",
                a(there.protocol),
                a(protocol)
            ))),
            _ => Ok(()),
        }
    }
}

impl Settings {
    fn put_into(self, stage: &mut Stage) {
        match self {
            Self::Given(given) => *stage = own(*given),
            Self::Kept(variables) => stage.variables.extend(variables),
        }
    }
}

/// What of a stage is its own: what it serves, and by whom, is not.
fn own(stage: Stage) -> Stage {
    Stage { deployment: None, canary: None, ..stage }
}

fn a(protocol: Protocol) -> &'static str {
    match protocol {
        Protocol::Http => "an HTTP",
        Protocol::Rest => "a REST",
    }
}
