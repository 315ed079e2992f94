//! What the operator says about requests.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// The configuration of the filter.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// JSON Schemas of draft-04, by names of letters and digits. `Empty` and `Error` are there unless
    /// they are given.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, Value>,
    /// What requests must be like. The first rule that a request is under is the one that counts.
    pub rules: Vec<Rule>,
    /// What becomes of a request that is under no rule.
    pub unmatched: Unmatched,
}

/// What some requests must be like.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Rule {
    /// The methods, such as `POST`. Without it, all.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub methods: Option<Vec<String>>,
    /// The path, such as `/pets/{id}`. A variable stands for one segment that is not empty, and
    /// `{name+}` at the end for all the rest. Segments are compared percent-decoded. A slash at the end
    /// counts.
    pub path: String,
    /// What those requests must be like.
    pub validation: Validation,
}

/// What becomes of a request that is under no rule.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unmatched {
    /// It goes on unseen.
    Pass,
    /// It gets the answer that API Gateway gives where there is no method: 403, `Missing
    /// Authentication Token`.
    Refuse,
}

/// What requests must be like. What is not said is not checked.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Validation {
    /// The parameters that must be there and not blank: `method.request.header.NAME`,
    /// `method.request.path.NAME` or `method.request.querystring.NAME`.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub required_parameters: Vec<String>,
    /// The names of the models that bodies must satisfy, by media types such as `application/json`;
    /// `$default` stands for all that are not listed. A body of a type that has no model is not
    /// checked.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, String>,
}
