//! Usage plans, and the stages that belong to them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate_rate_limit::{Quota, Throttle};

/// What the callers that belong to it may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsagePlan {
    /// How fast requests of one key may come, for all stages of the plan together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// How many requests of one key there may be, for all stages of the plan together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The stages that its keys may call.
    pub api_stages: Vec<ApiStage>,
}

/// A stage that belongs to a usage plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiStage {
    /// The API's id.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
    /// How fast requests of one key for one method may come besides, by `/orders/{id}/GET`. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub throttle: BTreeMap<String, Throttle>,
}
