//! The ARNs of an API and of what can be called in it.

use std::borrow::Cow;

use crate::malformed::Malformed;

/// How a resource begins that leaves out which API it is of.
const SHORT: &str = "execute-api:/";

/// Characters of an API's id and of a stage's name: API Gateway's own bound for the latter.
const MAX_NAME_CHARS: usize = 128;

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
    /// The part of AWS that a region belongs to.
    #[must_use]
    pub fn partition(region: &str) -> &'static str {
        if region.starts_with("cn-") {
            "aws-cn"
        } else if region.starts_with("us-gov-") {
            "aws-us-gov"
        } else {
            "aws"
        }
    }

    /// An API of a region, whose partition goes by its region.
    #[must_use]
    pub fn new(region: &str, account_id: &str, api_id: &str) -> Self {
        Self {
            partition: Self::partition(region).to_owned(),
            region: region.to_owned(),
            account_id: account_id.to_owned(),
            api_id: api_id.to_owned(),
        }
    }

    /// The API that an operator names; `tollgate` of the account `123456789012` in `us-east-1` as far as
    /// nothing else is said.
    ///
    /// # Errors
    /// [`Malformed`] for the first of `region`, `account_id` and `api_id` that would be more than a part
    /// of an ARN.
    pub fn named(
        region: Option<&str>,
        account_id: Option<&str>,
        api_id: Option<&str>,
    ) -> Result<Self, Malformed> {
        let region = region.unwrap_or("us-east-1");
        let is_small =
            |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if region.is_empty() || region.len() > MAX_NAME_CHARS || !region.bytes().all(is_small) {
            let reason = format!("`{region}` is no region such as `us-east-1`");
            return Err(Malformed::new(reason).within("region"));
        }
        let account = account_id.unwrap_or("123456789012");
        if account.len() != 12 || !account.bytes().all(|byte| byte.is_ascii_digit()) {
            let reason = format!("`{account}` is not twelve digits");
            return Err(Malformed::new(reason).within("account_id"));
        }
        let api_id = api_id.unwrap_or("tollgate");
        Self::check_name(api_id).map_err(|malformed| malformed.within("api_id"))?;
        Ok(Self::new(region, account, api_id))
    }

    /// Refuses the name of an API or a stage that would be more than a part of an ARN.
    ///
    /// # Errors
    /// [`Malformed`] if it has a `*` or a colon in it, or is too long.
    pub fn check_name(name: &str) -> Result<(), Malformed> {
        let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-_$".contains(&byte);
        if name.is_empty() || name.len() > MAX_NAME_CHARS || !name.bytes().all(is_plain) {
            let reason =
                format!("`{name}` is not 1 to {MAX_NAME_CHARS} letters, digits, `-`, `_` and `$`");
            return Err(Malformed::new(reason));
        }
        Ok(())
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
