//! What a request is worth to the conditions of a policy that a function has answered.

use std::borrow::Cow;

use tollgate_iam::{Action, Decision, Policy, Principal, Request, RequestKeys};
use tollgate_policy::Exchange;

/// What the policy says of a call of the method with this ARN.
///
/// A header field that a condition is about and that is there twice is denied: the policy might read
/// the one, and the backend the other.
pub(crate) fn decide(policy: &Policy, exchange: &Exchange, arn: &str) -> Decision {
    let mut is_ambiguous = false;
    let mut field = |name: &str, key: &str| {
        if !policy.keys().any(|known| known == key) {
            return None;
        }
        let mut values = exchange.request.headers.get_all(name);
        let value = values.next()?;
        is_ambiguous |= values.next().is_some();
        Some(String::from_utf8_lossy(value))
    };
    let user_agent: Option<Cow<'_, str>> = field("user-agent", "aws:useragent");
    let referer = field("referer", "aws:referer");
    if is_ambiguous {
        return Decision::ExplicitDeny;
    }
    let context = &exchange.context;
    // Through an endpoint the address is one of its VPC, which is another key.
    let address = exchange.source_address;
    let (source_ip, vpc_source_ip) = match context.vpce_id {
        None => (address, None),
        Some(_) => (None, address),
    };
    let mut said = exchange.request.headers.get_all("x-forwarded-proto");
    let is_secure = said.next() == Some(b"https") && said.next().is_none();
    let principal = Principal::Anonymous;
    let keys = RequestKeys {
        principal,
        now_secs: Some(exchange.arrived.as_secs()),
        source_ip,
        vpc_source_ip,
        source_vpc: context.vpc_id.as_deref(),
        source_vpce: context.vpce_id.as_deref(),
        user_agent: user_agent.as_deref(),
        referer: referer.as_deref(),
        secure_transport: Some(is_secure),
    };
    policy.decide(&Request { principal, action: Action::Invoke, resource: arn, keys: &keys })
}
