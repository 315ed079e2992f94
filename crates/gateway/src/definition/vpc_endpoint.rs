//! VPC endpoints, which resource policies speak of.

use serde::{Deserialize, Serialize};

/// How requests are told that come through a VPC endpoint: by where they come from, or by who sends them.
/// Outside AWS there are no such endpoints, and the operator says what counts as one.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct VpcEndpoint {
    /// The VPC it belongs to: `aws:SourceVpc`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub vpc_id: Option<String>,
    /// The networks whose addresses are its clients, such as `10.1.0.0/16`. Up to 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub networks: Vec<String>,
    /// The subjects of the certificates that its clients have, such as `CN=orders,O=Example`: what
    /// `$context.identity.clientCert.subjectDN` is. Up to 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subjects: Vec<String>,
}
