//! What the operator says about who may come.

use serde::{Deserialize, Serialize};

/// The configuration of the filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The policy document, as `x-amazon-apigateway-policy` has it: up to 8192 characters. Its resources
    /// may be written `execute-api:/stage/METHOD/path`.
    pub policy: serde_json::Value,
    /// The region that resources are in, in small letters; `us-east-1` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The account that resources belong to: twelve digits, `123456789012` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The API that resources are of; `tollgate` where absent. Up to 128 letters, digits, `-`, `_` and
    /// `$`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_id: Option<String>,
    /// The stage that resources are of; `$default` where absent. Paths have none of it. As long as an
    /// API's id, and of the same characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}
