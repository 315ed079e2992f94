//! Whom a statement is about.

use serde_json::Value as Json;

use crate::elements::{each, object, text};
use crate::malformed::{Malformed, shown};
use crate::principal::{Caller, CallerKind, Principal};

/// Whom a statement is about, or all but whom.
#[derive(Debug)]
pub(crate) struct Principals {
    is_negated: bool,
    is_everyone: bool,
    names: Box<[Name]>,
}

#[derive(Debug)]
enum Name {
    /// An account, and whoever belongs to it.
    Account(Box<str>),
    /// Whoever has assumed a role.
    Role { account: Box<str>, name: Box<str> },
    /// One user, or one session of a role.
    Arn(Box<str>),
    /// A service, or an identity provider. None of them calls.
    Other,
}

impl Principals {
    pub(crate) fn parse(written: &Json, is_negated: bool) -> Result<Self, Malformed> {
        if let Json::String(written) = written {
            return match written.as_str() {
                "*" => Ok(Self { is_negated, is_everyone: true, names: Box::default() }),
                other => Err(Malformed::new(format!(
                    "`{}` must be written `{{\"AWS\": ...}}`; only `*` stands alone",
                    shown(other)
                ))),
            };
        }
        let kinds = object(written)?;
        if kinds.is_empty() {
            return Err(Malformed::new("must name a principal, or be `*`"));
        }
        let (mut is_everyone, mut names) = (false, Vec::new());
        for (kind, written) in kinds {
            let parse = |written| match kind.as_str() {
                "AWS" => Name::parse(text(written)?),
                "Service" | "Federated" => text(written).map(|_| Some(Name::Other)),
                _ => Err(Malformed::new("must be `AWS`, `Service` or `Federated`")),
            };
            let of_kind =
                each(written, parse).map_err(|malformed| malformed.within(shown(kind)))?;
            is_everyone |= of_kind.iter().any(Option::is_none);
            names.extend(of_kind.into_iter().flatten());
        }
        Ok(Self { is_negated, is_everyone, names: names.into() })
    }

    pub(crate) fn covers(&self, principal: Principal<'_>) -> bool {
        match (self.is_negated, principal) {
            (is_negated, _) if self.is_everyone => !is_negated,
            (is_negated, Principal::Anonymous) => is_negated,
            (false, Principal::Caller(caller)) => self.names.iter().any(|name| name.is(caller)),
            (true, Principal::Caller(caller)) => !self.exempts(caller),
        }
    }

    /// Whether an `Allow` lets a caller in by itself, of a resource that belongs to this account.
    ///
    /// The owner's own account as a principal stands for its administrators, who say in policies of their
    /// users what each may do. To have only one of these be enough would let all of them in.
    pub(crate) fn admit(&self, principal: Principal<'_>, owner: &str) -> bool {
        let Principal::Caller(caller) = principal else { return self.covers(principal) };
        let is_delegated = caller.account_id == owner && caller.kind != CallerKind::Account;
        if !is_delegated || self.is_negated || self.is_everyone {
            return self.covers(principal);
        }
        let mut direct = self.names.iter().filter(|name| !matches!(name, Name::Account(_)));
        direct.any(|name| name.is(caller))
    }

    /// Whether a `NotPrincipal` leaves a caller out. It must name all that the caller is: the account as
    /// well as the user, or the account, the role and the session. That way an account that is named
    /// for the sake of one user does not let its other users through.
    fn exempts(&self, caller: &Caller) -> bool {
        let has = |is_meant: fn(&Name) -> bool| {
            self.names.iter().any(|name| is_meant(name) && name.is(caller))
        };
        let has_account = has(|name| matches!(name, Name::Account(_)));
        let has_role = has(|name| matches!(name, Name::Role { .. }));
        let has_arn = has(|name| matches!(name, Name::Arn(_)));
        has_account
            && match caller.kind {
                CallerKind::Account => true,
                CallerKind::User | CallerKind::FederatedUser => has_arn,
                CallerKind::AssumedRole => has_role && has_arn,
            }
    }
}

impl Name {
    /// Reads what stands under `AWS`. `None` is everyone.
    fn parse(written: &str) -> Result<Option<Self>, Malformed> {
        if written == "*" {
            return Ok(None);
        }
        if is_account(written) {
            return Ok(Some(Self::Account(written.into())));
        }
        let parts: Vec<_> = written.splitn(6, ':').collect();
        if let ["arn", _, service, "", account, name] = parts.as_slice()
            && is_account(account)
            && !written.contains(['*', '?'])
        {
            let role = name.strip_prefix("role/").and_then(|path| path.rsplit('/').next());
            match (*service, role, CallerKind::of(written)) {
                ("iam", Some(role), _) if !role.is_empty() => {
                    return Ok(Some(Self::Role { account: (*account).into(), name: role.into() }));
                }
                (_, _, Some(CallerKind::Account)) => {
                    return Ok(Some(Self::Account((*account).into())));
                }
                (_, _, Some(_)) => return Ok(Some(Self::Arn(written.into()))),
                (_, _, None) => {}
            }
        }
        let reason = format!(
            "`{}` is neither `*`, an account of twelve digits, nor the ARN of an account, a user, a role \
             or a session, which may have no wildcards",
            shown(written)
        );
        Err(Malformed::new(reason))
    }

    fn is(&self, caller: &Caller) -> bool {
        match self {
            Self::Account(account) => **account == *caller.account_id,
            Self::Role { account, name } => {
                **account == *caller.account_id
                    && caller.kind == CallerKind::AssumedRole
                    && caller.role_name() == Some(name)
            }
            Self::Arn(arn) => **arn == *caller.arn,
            Self::Other => false,
        }
    }
}

fn is_account(text: &str) -> bool {
    text.len() == 12 && text.bytes().all(|byte| byte.is_ascii_digit())
}
