//! What the operator says about keys and plans.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate_api_keys::ApiKey;
use tollgate_rate_limit::{Counters, Quota, ResponseHeaders, Throttle};

/// Keys and usage plans of a proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Usage plans by name. 1 to 300.
    pub usage_plans: BTreeMap<String, Plan>,
    /// API keys by id. Up to 10,000; more come as files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, ApiKey>,
    /// Where more API keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_files: Option<tollgate_api_keys::Config>,
    /// The header field that a key comes in.
    #[serde(default = "x_api_key")]
    pub key_header: String,
    /// The server that counts quotas, and for a fleet of proxies. Needed where there is a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// Whether responses say how the plan stands.
    #[serde(default)]
    pub response_headers: ResponseHeaders,
}

fn x_api_key() -> String {
    "x-api-key".to_owned()
}

/// A usage plan: what each of its keys may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Plan {
    /// How fast requests of one key may come, whatever they are for.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// How many requests of one key there may be.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// How fast requests of one key for one method may come besides, by `/orders/{id}/GET`. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub methods: BTreeMap<String, Throttle>,
}
