//! Who asks.

use std::collections::BTreeMap;

/// Who asks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Principal<'c> {
    /// Nobody has proved who it is, or not to IAM.
    Anonymous,
    /// The signature of the request has proved it.
    Caller(&'c Caller),
}

/// A principal of an account.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caller {
    /// The ARN, such as `arn:aws:iam::123456789012:user/ann` or
    /// `arn:aws:sts::123456789012:assumed-role/reader/session`.
    pub arn: String,
    /// `aws:PrincipalAccount`: the account, twelve digits.
    pub account_id: String,
    /// `aws:userid`, such as `AIDACKCEVSQ6C2EXAMPLE`.
    pub user_id: String,
    /// What kind of principal it is.
    pub kind: CallerKind,
    /// The ARN of the role that is assumed, which `aws:PrincipalArn` stands for. Without it that of a
    /// role without a path.
    pub role_arn: Option<String>,
    /// `aws:PrincipalOrgID`
    pub org_id: Option<String>,
    /// `aws:PrincipalOrgPaths`
    pub org_paths: Vec<String>,
    /// `aws:PrincipalTag/NAME`. Small and capital letters in names are the same.
    pub tags: BTreeMap<String, String>,
    /// `aws:MultiFactorAuthPresent`, of temporary credentials.
    pub has_mfa: Option<bool>,
    /// `aws:MultiFactorAuthAge`, in seconds.
    pub mfa_age_secs: Option<u64>,
    /// `aws:TokenIssueTime`, in seconds since the Unix epoch.
    pub token_issued_secs: Option<u64>,
}

/// The kinds of principals: `aws:PrincipalType`.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CallerKind {
    /// The account itself, its root.
    Account,
    /// A user.
    User,
    /// Whoever has assumed a role.
    AssumedRole,
    /// A user of `GetFederationToken`.
    FederatedUser,
}

impl Caller {
    /// A caller of which no more is known than this. The kind is told from the ARN; `None` if it is that
    /// of no principal.
    #[must_use]
    pub fn new(arn: &str, account_id: &str, user_id: &str) -> Option<Self> {
        Some(Self {
            kind: CallerKind::of(arn)?,
            arn: arn.to_owned(),
            account_id: account_id.to_owned(),
            user_id: user_id.to_owned(),
            role_arn: None,
            org_id: None,
            org_paths: Vec::new(),
            tags: BTreeMap::new(),
            has_mfa: None,
            mfa_age_secs: None,
            token_issued_secs: None,
        })
    }

    /// What the ARN says after the account, such as `user/ann`.
    fn name(&self) -> &str {
        self.arn.splitn(6, ':').nth(5).unwrap_or_default()
    }

    /// The name of a user: `aws:username`.
    pub(crate) fn user_name(&self) -> Option<&str> {
        let name = self.name().strip_prefix("user/")?;
        name.rsplit('/').next()
    }

    /// The name of the role that is assumed.
    pub(crate) fn role_name(&self) -> Option<&str> {
        let (role, _) = self.name().strip_prefix("assumed-role/")?.split_once('/')?;
        Some(role)
    }

    /// The partition that the ARN is of.
    pub(crate) fn partition(&self) -> &str {
        self.arn.split(':').nth(1).unwrap_or("aws")
    }
}

impl CallerKind {
    /// What kind of principal an ARN is of.
    #[must_use]
    pub fn of(arn: &str) -> Option<Self> {
        let parts: Vec<_> = arn.splitn(6, ':').collect();
        let ["arn", _, service, "", _, name] = parts.as_slice() else { return None };
        match *service {
            "iam" if *name == "root" => Some(Self::Account),
            "iam" if is_named(name, "user/") => Some(Self::User),
            "sts" if is_named(name, "assumed-role/") => Some(Self::AssumedRole),
            "sts" if is_named(name, "federated-user/") => Some(Self::FederatedUser),
            _ => None,
        }
    }

    /// `aws:PrincipalType`
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Account => "Account",
            Self::User => "User",
            Self::AssumedRole => "AssumedRole",
            Self::FederatedUser => "FederatedUser",
        }
    }
}

fn is_named(name: &str, kind: &str) -> bool {
    name.strip_prefix(kind).is_some_and(|rest| !rest.is_empty() && !rest.ends_with('/'))
}
