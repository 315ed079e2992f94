//! What the operator writes.

use serde::{Deserialize, Deserializer, Serialize};

/// A key in the configuration, under its id.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct ApiKey {
    /// What people call it. Up to 1,024 characters.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub name: Option<String>,
    /// The SHA-256 of its value, in hexadecimal digits.
    pub sha256: String,
    /// Whether requests with it are admitted. True where absent.
    #[serde(skip_serializing_if = "is_true")]
    pub enabled: bool,
    /// The usage plans it is in. Up to 10, as with API Gateway.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub usage_plans: Vec<String>,
}

/// [`ApiKey`] as it is read.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Written {
    name: Option<String>,
    sha256: String,
    #[serde(default = "yes")]
    enabled: bool,
    #[serde(default)]
    usage_plans: Vec<String>,
    /// What API Gateway calls the secret.
    #[serde(default, deserialize_with = "refuse_value")]
    value: (),
}

impl From<Written> for ApiKey {
    fn from(written: Written) -> Self {
        let Written { name, sha256, enabled, usage_plans, value: () } = written;
        Self { name, sha256, enabled, usage_plans }
    }
}

/// Without a look at it: the error must not repeat it.
fn refuse_value<'de, D: Deserializer<'de>>(_: D) -> Result<(), D::Error> {
    Err(serde::de::Error::custom(
        "the plain value of a key must not be in a configuration: give its `sha256`",
    ))
}

/// Where keys are that are delivered beside the configuration.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The proxy's cluster that serves the files; `tollgate.keys` where absent.
    #[serde(default = "cluster", skip_serializing_if = "is_cluster")]
    pub cluster: String,
    /// The path of the folder, such as `/shop`; that of all folders where absent.
    #[serde(default, skip_serializing_if = "String::is_empty")]
    pub path: String,
    /// How often to look whether keys have changed. 100 to 60,000 ms; 1,000 where absent.
    #[serde(default = "refresh", skip_serializing_if = "is_refresh")]
    pub refresh_millis: u32,
}

impl Default for Config {
    fn default() -> Self {
        Self { cluster: cluster(), path: String::new(), refresh_millis: refresh() }
    }
}

const fn yes() -> bool {
    true
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_true(value: &bool) -> bool {
    *value
}

fn cluster() -> String {
    "tollgate.keys".to_owned()
}

fn is_cluster(name: &str) -> bool {
    name == cluster()
}

const fn refresh() -> u32 {
    1_000
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
const fn is_refresh(value: &u32) -> bool {
    *value == refresh()
}
