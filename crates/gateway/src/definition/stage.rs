//! Stages, and the canaries that answer in their place.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate_canary::{Override, Percent, Sticky};
use tollgate_rate_limit::Throttle;
use tollgate_throttle::Key;

use super::{is_default, is_false};

/// A name under which callers reach a deployment of an API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The deployment it serves; what the API says itself where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// What answers a part of its requests instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// Stage variables, `${stageVariables.NAME}` in an integration's URI. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// The line that the access log gets about each request; none where absent. API Gateway's
    /// `accessLogSettings`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub access_log: Option<tollgate_access_log::Config>,
    /// Whether requests are counted for each route besides for the stage. API Gateway's
    /// `detailedMetricsEnabled` and `metricsEnabled`.
    #[serde(default, skip_serializing_if = "is_false")]
    pub detailed_metrics: bool,
    /// How fast requests for each route that has no throttle of its own may come. Each of them has a
    /// bucket of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// How fast requests for single routes may come, by route key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub route_throttles: BTreeMap<String, Throttle>,
    /// How fast requests of each client may come, by name. Up to 10. API Gateway has these in its web
    /// application firewall only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub client_throttles: BTreeMap<String, ClientThrottle>,
}

/// What answers a part of a stage's requests in its place. API Gateway's `canarySettings`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The deployment it serves; what the stage serves where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// How much of the traffic it gets.
    pub percent_traffic: Percent,
    /// Stage variables that it has besides, or with other values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_variable_overrides: BTreeMap<String, String>,
    /// Whether it answers from the cache of the stage.
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_stage_cache: bool,
    /// What keeps a caller with the stage or with the canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
    /// How testers choose for themselves.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<Override>,
    /// How many of the other requests it gets a copy of, whose answers are thrown away.
    #[serde(default, skip_serializing_if = "is_default")]
    pub percent_shadow: Percent,
}

/// How fast requests of each client may come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientThrottle {
    /// What clients are told apart by. What an authorizer says of them is known only on routes that
    /// have one; elsewhere such a throttle counts everybody together.
    pub per: Key,
    /// How fast.
    pub throttle: Throttle,
}
