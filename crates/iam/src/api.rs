//! The ARNs of an API and of what can be called in it.

use std::borrow::Cow;

/// How a resource begins that leaves out which API it is of.
const SHORT: &str = "execute-api:/";

/// Which API a policy belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Api {
    /// `aws`, `aws-cn`, `aws-us-gov` ...
    pub partition: String,
    /// The region, such as `us-east-1`.
    pub region: String,
    /// The account that owns the API.
    pub account_id: String,
    /// The id of the API.
    pub api_id: String,
}

impl Api {
    /// An API of a region, whose partition goes by its region.
    #[must_use]
    pub fn new(region: &str, account_id: &str, api_id: &str) -> Self {
        let partition = if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        };
        Self {
            partition: partition.to_owned(),
            region: region.to_owned(),
            account_id: account_id.to_owned(),
            api_id: api_id.to_owned(),
        }
    }

    /// What one request asks to invoke:
    /// `arn:aws:execute-api:{region}:{account}:{api}/{stage}/{METHOD}/{path}`. That of the root ends
    /// in `/`.
    #[must_use]
    pub fn method_arn(&self, stage: &str, method: &str, path: &str) -> String {
        let path = path.strip_prefix('/').unwrap_or(path);
        format!("{}/{stage}/{method}/{path}", self.arn())
    }

    /// A resource in full, whether it is written so or as `execute-api:/stage/METHOD/path`.
    #[must_use]
    pub fn expand<'r>(&self, resource: &'r str) -> Cow<'r, str> {
        match resource.strip_prefix(SHORT) {
            Some(rest) => format!("{}/{rest}", self.arn()).into(),
            None => resource.into(),
        }
    }

    fn arn(&self) -> String {
        let Self { partition, region, account_id, api_id } = self;
        format!("arn:{partition}:execute-api:{region}:{account_id}:{api_id}")
    }
}
