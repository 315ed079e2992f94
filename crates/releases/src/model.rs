//! What all stages point to, and what they did before.

use std::collections::{BTreeMap, BTreeSet};

use serde::{Deserialize, Serialize};
use tollgate_api_keys::ApiKey;
use tollgate_gateway::Definition;
use tollgate_gateway::definition::{
    Deployment, Domain, Protocol, Stage, UsagePlan, Version, VpcEndpoint,
};
use tollgate_rate_limit::{Counters, ResponseHeaders, Throttle};

use crate::canary::{CanaryRelease, Outcome};

/// What all stages of all APIs point to. The content of `stages.json`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Releases {
    /// The version of this format: 1.
    pub version: Version,
    /// What has been deployed, by the id of the API. Up to 600.
    pub apis: BTreeMap<String, ApiReleases>,
    /// What belongs to no deployment, as the document says that was deployed last.
    pub shared: Shared,
    /// The settings of stages that are not deployed yet, by API and stage.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub waiting: BTreeMap<String, BTreeMap<String, Stage>>,
}

/// What a definition says that is part of no deployment: it takes effect for all stages at once.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Shared {
    /// The API that answers where the host names none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_api: Option<String>,
    /// Custom domain names.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, Domain>,
    /// The account that resource names speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The region that resource names speak of.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// VPC endpoints by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vpc_endpoints: BTreeMap<String, VpcEndpoint>,
    /// How fast requests for all APIs together may come.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_throttle: Option<Throttle>,
    /// Usage plans by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_plans: BTreeMap<String, UsagePlan>,
    /// API keys by id.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, ApiKey>,
    /// Where more API keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_files: Option<tollgate_api_keys::Config>,
    /// The server that counts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// Whether responses say how the limits stand.
    #[serde(default, skip_serializing_if = "is_default")]
    pub response_headers: ResponseHeaders,
    /// The path of the file with API keys, which the definition does not say.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub keys_file: Option<String>,
    /// The path of the file with credentials, which the definition does not say: who may sign is no part
    /// of what is kept.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub credentials_file: Option<String>,
    /// The URL of the counters, which the definition does not say. Where it has counters and this says
    /// nothing, they have yet to be started.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters_address: Option<String>,
}

/// What has been deployed of one API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiReleases {
    /// Its name for people.
    pub name: String,
    /// Whose rules it follows. It never changes, as with API Gateway.
    pub protocol: Protocol,
    /// Whether requests are refused that come by its own host name.
    #[serde(default)]
    pub disable_execute_api_endpoint: bool,
    /// Its stages by name. Up to 10.
    pub stages: BTreeMap<String, StageRelease>,
}

/// What a stage points to.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct StageRelease {
    /// The deployment that it serves.
    pub deployment: String,
    /// Its variables and throttles. They belong to the stage and not to a deployment.
    pub settings: Stage,
    /// The deployments that it served, the present one last. Up to 100.
    pub history: Vec<HistoryEntry>,
    /// The canary that answers a part of its requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<CanaryRelease>,
    /// What became of the canary that it had before.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub last_canary: Option<Outcome>,
}

/// A stage got another deployment.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HistoryEntry {
    /// Which.
    pub deployment: String,
    /// When, in seconds since 1970.
    pub at: u64,
    /// By what.
    pub cause: Cause,
}

/// By what a stage got a deployment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Cause {
    /// It was deployed there.
    Deployed,
    /// The stage went back to it.
    RolledBack,
    /// It was the canary before.
    Promoted,
}

/// A deployment on disk: the content of `deployments/ID.json`, which is written once.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Snapshot {
    /// The version of this format: 1.
    pub version: Version,
    /// Its id, which is also the name of its file.
    pub id: String,
    /// When it was made, in seconds since 1970.
    pub created: u64,
    /// What people say about it. Up to 1,024 characters.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub description: String,
    /// The API it is of.
    pub api: String,
    /// What it serves.
    pub deployment: Deployment,
}

impl Shared {
    /// What a definition says that is part of no deployment. The files with keys and credentials and
    /// the address of the counters are for the caller to add.
    #[must_use]
    pub fn of(definition: &Definition) -> Self {
        Self {
            default_api: definition.default_api.clone(),
            domains: definition.domains.clone(),
            account_id: definition.account_id.clone(),
            region: definition.region.clone(),
            vpc_endpoints: definition.vpc_endpoints.clone(),
            account_throttle: definition.account_throttle.clone(),
            usage_plans: definition.usage_plans.clone(),
            api_keys: definition.api_keys.clone(),
            api_key_files: definition.api_key_files.clone(),
            counters: definition.counters.clone(),
            response_headers: definition.response_headers,
            keys_file: None,
            credentials_file: None,
            counters_address: None,
        }
    }
}

impl Shared {
    /// The same, in the place of what another document said before.
    ///
    /// The API that answers where the host names none stays the one it was: who deploys another API does
    /// not say that requests for the first are now for it. And what decides who may call stays where nothing
    /// new is said of it: policies of other APIs go by it.
    #[must_use]
    pub fn after(self, before: &Self) -> Self {
        let vpc_endpoints =
            if self.vpc_endpoints.is_empty() { &before.vpc_endpoints } else { &self.vpc_endpoints };
        Self {
            default_api: before.default_api.clone().or(self.default_api),
            account_id: self.account_id.or_else(|| before.account_id.clone()),
            region: self.region.or_else(|| before.region.clone()),
            credentials_file: self.credentials_file.or_else(|| before.credentials_file.clone()),
            vpc_endpoints: vpc_endpoints.clone(),
            ..self
        }
    }
}

impl Releases {
    /// Every stage there is, with its API.
    pub fn stages(&self) -> impl Iterator<Item = (&str, &str, &StageRelease)> {
        self.apis.iter().flat_map(|(api, releases)| {
            let stages = releases.stages.iter();
            stages.map(move |(name, stage)| (api.as_str(), name.as_str(), stage))
        })
    }

    /// The deployments that are served.
    #[must_use]
    pub fn served(&self) -> BTreeSet<&str> {
        self.stages().flat_map(|(_, _, stage)| stage.served()).collect()
    }

    /// The deployments that are served, and those that a stage can go back to.
    #[must_use]
    pub fn referred(&self) -> BTreeSet<&str> {
        self.stages().flat_map(|(_, _, stage)| stage.referred()).collect()
    }
}

impl ApiReleases {
    /// Whether a deployment is one of this API's.
    #[must_use]
    pub fn knows(&self, deployment: &str) -> bool {
        self.stages.values().any(|stage| stage.referred().any(|known| known == deployment))
    }
}

impl StageRelease {
    /// What it serves, and its canary.
    pub fn served(&self) -> impl Iterator<Item = &str> {
        let canary = self.canary.as_ref().and_then(|canary| canary.settings.deployment.as_deref());
        std::iter::once(self.deployment.as_str()).chain(canary)
    }

    fn referred(&self) -> impl Iterator<Item = &str> {
        self.served().chain(self.history.iter().map(|entry| entry.deployment.as_str()))
    }

    /// What it would go back to: the deployment that it served before it first got the present one.
    #[must_use]
    pub fn previous(&self) -> Option<&str> {
        let mut served: Vec<&str> = Vec::new();
        for entry in &self.history {
            let id = entry.deployment.as_str();
            match served.iter().position(|known| *known == id) {
                // What came after it is undone.
                Some(place) if entry.cause == Cause::RolledBack => served.truncate(place + 1),
                _ if served.last() == Some(&id) => {}
                _ => served.push(id),
            }
        }
        served.iter().rev().nth(1).copied()
    }
}

pub(crate) fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
