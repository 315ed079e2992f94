//! Custom domain names: which API answers under them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::is_false;

/// A custom domain name. In the definition's list, `*.example.com` stands for every name with one label
/// more that is not there itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Which API answers, by header fields and the first segments of the path; by priority, the lowest
    /// number first. Up to 50. What no rule takes is left to the mappings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routing_rules: BTreeMap<u32, RoutingRule>,
    /// Which API answers, by the first segments of the path: `""` for all that no other mapping
    /// takes, `v1`, `shop/v2`. The longest that fits wins. Up to 200; there may be none where there are
    /// rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, Mapping>,
}

/// A rule of a custom domain name. API Gateway's `RoutingRule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// What has to hold of a request, all of it. Up to 3; every request fits where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What answers.
    pub invoke_api: InvokeApi,
}

/// What has to hold of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The path begins with one of these segments, such as `orders` or `shop/v2`. Case matters. 1 to 10.
    MatchBasePaths(Vec<String>),
    /// One of these header fields has such a value. 1 to 10.
    MatchHeaders(Vec<HeaderMatch>),
}

/// A header field and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderMatch {
    /// The name, up to 40 characters.
    pub header: String,
    /// The value, in which `*` stands for anything at the beginning, at the end or at both. Case
    /// matters.
    pub value_glob: String,
}

/// What answers where a rule fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvokeApi {
    /// The API's id.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
    /// Whether the API is asked for what comes after the base path that matched, rather than for the
    /// whole path.
    #[serde(default, skip_serializing_if = "is_false")]
    pub strip_base_path: bool,
}

/// An API behind a custom domain name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The API's id.
    pub api: String,
    /// The stage of the API. Where absent it is the first segment after the mapping's path, as it would
    /// be under the API's own host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}
