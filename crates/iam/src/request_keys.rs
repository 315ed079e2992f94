//! What most requests are worth to condition keys.

use std::net::IpAddr;

use crate::keys::{Found, Keys, Value};
use crate::principal::{Caller, CallerKind, Principal};

/// What most requests are worth to condition keys. What is `None` is a key that the request does not
/// have.
#[derive(Clone, Copy, Debug)]
pub struct RequestKeys<'r> {
    /// Who asks: `aws:PrincipalArn`, `aws:PrincipalAccount`, `aws:PrincipalType`, `aws:userid`,
    /// `aws:username` and all else that [`Caller`] says.
    pub principal: Principal<'r>,
    /// `aws:CurrentTime` and `aws:EpochTime`, in seconds since the Unix epoch.
    pub now_secs: Option<u64>,
    /// `aws:SourceIp`
    pub source_ip: Option<IpAddr>,
    /// `aws:VpcSourceIp`
    pub vpc_source_ip: Option<IpAddr>,
    /// `aws:SourceVpc`
    pub source_vpc: Option<&'r str>,
    /// `aws:SourceVpce`
    pub source_vpce: Option<&'r str>,
    /// `aws:UserAgent`
    pub user_agent: Option<&'r str>,
    /// `aws:Referer`
    pub referer: Option<&'r str>,
    /// `aws:SecureTransport`
    pub secure_transport: Option<bool>,
}

impl RequestKeys<'_> {
    /// Those of a request of which nothing is known.
    #[must_use]
    pub const fn none() -> Self {
        Self {
            principal: Principal::Anonymous,
            now_secs: None,
            source_ip: None,
            vpc_source_ip: None,
            source_vpc: None,
            source_vpce: None,
            user_agent: None,
            referer: None,
            secure_transport: None,
        }
    }
}

impl Keys for RequestKeys<'_> {
    fn values(&self, key: &str) -> Found<'_> {
        let found = match key {
            "aws:sourceip" => self.source_ip.map(Value::Address),
            "aws:vpcsourceip" => self.vpc_source_ip.map(Value::Address),
            "aws:sourcevpc" => self.source_vpc.map(Value::from),
            "aws:sourcevpce" => self.source_vpce.map(Value::from),
            "aws:useragent" => self.user_agent.map(Value::from),
            "aws:referer" => self.referer.map(Value::from),
            "aws:securetransport" => self.secure_transport.map(Value::Flag),
            "aws:currenttime" => self.now_secs.map(Value::Time),
            "aws:epochtime" => self.now_secs.map(Value::Number),
            // No service calls for anybody here.
            "aws:viaawsservice" | "aws:principalisawsservice" => Some(Value::Flag(false)),
            key => match self.principal {
                Principal::Anonymous => None,
                Principal::Caller(caller) => return of_caller(caller, key),
            },
        };
        found.into()
    }
}

fn of_caller<'c>(caller: &'c Caller, key: &str) -> Found<'c> {
    let text = |text: &'c str| Some(Value::from(text));
    let found = match key {
        "aws:principalarn" => Some(principal_arn(caller)),
        "aws:principalaccount" => text(&caller.account_id),
        "aws:principaltype" => text(caller.kind.name()),
        "aws:userid" => text(&caller.user_id),
        "aws:username" => caller.user_name().map(Value::from),
        "aws:principalorgid" => caller.org_id.as_deref().map(Value::from),
        "aws:principalorgpaths" => {
            return Found::Several(
                caller.org_paths.iter().map(|path| Value::from(&**path)).collect(),
            );
        }
        "aws:multifactorauthpresent" => caller.has_mfa.map(Value::Flag),
        "aws:multifactorauthage" => caller.mfa_age_secs.map(Value::Number),
        "aws:tokenissuetime" => caller.token_issued_secs.map(Value::Time),
        key => {
            let tag = key.strip_prefix("aws:principaltag/");
            let value = tag.and_then(|tag| {
                caller.tags.iter().find(|(name, _)| name.eq_ignore_ascii_case(tag))
            });
            value.map(|(_, value)| Value::from(&**value))
        }
    };
    found.into()
}

/// Of a session, the role that is assumed.
fn principal_arn(caller: &Caller) -> Value<'_> {
    match (caller.kind, &caller.role_arn, caller.role_name()) {
        (CallerKind::AssumedRole, Some(role), _) => Value::from(&**role),
        (CallerKind::AssumedRole, None, Some(role)) => {
            let (partition, account) = (caller.partition(), &caller.account_id);
            Value::Text(format!("arn:{partition}:iam::{account}:role/{role}").into())
        }
        _ => Value::from(&*caller.arn),
    }
}
