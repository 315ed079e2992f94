//! What the operator says about who may sign.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::Secret;
use crate::answer::Style;

/// The configuration of the filter.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Who may sign. One to 10,000.
    pub credentials: Vec<Credential>,
    /// The region that clients sign for and that resources are in, in small letters; `us-east-1` where
    /// absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// The service that clients sign for; `execute-api` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub service: Option<String>,
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
    /// In whose words whoever is refused is told so: `http`, where all are told `Forbidden`, or `rest`,
    /// where they are told why.
    #[serde(default)]
    pub style: Style,
}

/// An access key, and whose it is.
///
/// Both sides of a signature know the secret, so it is in the configuration, and in the memory of the
/// proxy: the file that the configuration is in is for nobody else to read.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Credential {
    /// The id, which requests name: up to 128 letters, digits, `-`, `_` and `.`.
    pub access_key_id: String,
    /// The secret, which they are signed with: 16 to 256 characters.
    pub secret_access_key: Secret,
    /// The token that requests must carry as well, of temporary credentials. Up to 8192 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub session_token: Option<Secret>,
    /// When the key expires, in seconds since the Unix epoch; never where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub expires_at_secs: Option<u64>,
    /// Whether it may be used; `true` where absent.
    #[serde(default = "yes", skip_serializing_if = "is_yes")]
    pub enabled: bool,
    /// Whose it is.
    pub owner: Owner,
    /// What the owner may do: identity policies of IAM, up to 20. Where there are none, only the policy
    /// of an API can allow them anything.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub policies: Vec<Value>,
}

/// Whose an access key is: what policies read as `aws:Principal...`, and the integration as
/// `$context.identity`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Owner {
    /// A user, such as `arn:aws:iam::123456789012:user/ann`, whoever has assumed a role, such as
    /// `arn:aws:sts::123456789012:assumed-role/reader/session`, a federated user, or the account
    /// itself, `arn:aws:iam::123456789012:root`. Up to 2048 characters.
    pub arn: String,
    /// The unique id, such as `AIDACKCEVSQ6C2EXAMPLE`, up to 256 characters; that of the access key
    /// where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_id: Option<String>,
    /// The role that is assumed, where it has a path: `arn:aws:iam::123456789012:role/path/reader`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub role_arn: Option<String>,
    /// The organization that the account belongs to, such as `o-a1b2c3d4e5`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub org_id: Option<String>,
    /// Where in the organization it is, such as `o-a1b2c3d4e5/r-ab12/ou-ab12-11111111/`. Up to 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub org_paths: Vec<String>,
    /// Tags, by name. Up to 50, of names up to 128 and values up to 256 characters.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub tags: BTreeMap<String, String>,
    /// Whether temporary credentials were given to somebody who had a second factor.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub has_mfa: Option<bool>,
    /// When temporary credentials were given, in seconds since the Unix epoch.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub token_issued_secs: Option<u64>,
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_yes(value: &bool) -> bool {
    *value
}
