//! What is served, as whoever serves it says.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate_gateway::Definition;
use tollgate_gateway::definition::{Canary, Version};

use crate::StageRelease;

/// What `tollgate serve` serves of the releases: the content of `serving.json`.
///
/// It is what others are told. Whoever serves knows it better, and what is kept says what is to be served.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Serving {
    /// The version of this format: 1.
    pub version: Version,
    /// What each stage serves, by API and name.
    pub apis: BTreeMap<String, BTreeMap<String, ServedStage>>,
    /// Why what is kept is not what is served.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub problem: Option<String>,
}

/// What one stage serves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ServedStage {
    /// The deployment; none where it is not one of the releases.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// The canary that answers a part of its requests.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
}

impl Serving {
    /// What a definition serves, and why nothing newer is.
    #[must_use]
    pub fn of(definition: &Definition, problem: Option<String>) -> Self {
        let apis = definition.apis.iter().map(|(id, api)| {
            let stages = api.stages.iter().map(|(name, stage)| {
                let served = ServedStage {
                    deployment: stage.deployment.clone(),
                    canary: stage.canary.clone(),
                };
                (name.clone(), served)
            });
            (id.clone(), stages.collect())
        });
        Self { version: Version, apis: apis.collect(), problem }
    }

    /// What a stage serves, if it is served at all.
    #[must_use]
    pub fn stage(&self, api: &str, stage: &str) -> Option<&ServedStage> {
        self.apis.get(api)?.get(stage)
    }
}

impl ServedStage {
    /// Whether this is what a stage points to, and its canary gets as much of the traffic.
    #[must_use]
    pub fn is(&self, release: &StageRelease) -> bool {
        self.deployment.as_ref() == Some(&release.deployment)
            && self.canary.as_ref() == release.canary.as_ref().map(|canary| &canary.settings)
    }
}
