//! What policies of IAM say of an exchange.
//!
//! `iam` knows what a policy means, and is told what its condition keys are worth. Here they are worth what
//! the exchange says, alike for all whose policies are asked: callers, APIs and functions that authorize.

use std::borrow::Cow;
use std::rc::Rc;

use tollgate_iam::{Action, Decision, Policy, Principal, Request, RequestKeys};
use tollgate_policy::Exchange;

#[cfg(test)]
mod tests;

/// Policies that are asked together. Where there are none, nothing is allowed.
#[derive(Debug)]
pub struct Policies {
    policies: Box<[Rc<Policy>]>,
    is_about_address: bool,
    is_about_agent: bool,
    is_about_referer: bool,
}

impl Policies {
    /// Finds what it takes to ask these.
    #[must_use]
    pub fn new(policies: Box<[Rc<Policy>]>) -> Self {
        let asks =
            |wanted: &str| policies.iter().any(|policy| policy.keys().any(|key| key == wanted));
        Self {
            is_about_address: asks("aws:sourceip") || asks("aws:vpcsourceip"),
            is_about_agent: asks("aws:useragent"),
            is_about_referer: asks("aws:referer"),
            policies,
        }
    }

    /// Whether it takes the client's address to decide.
    #[must_use]
    pub const fn needs_source_address(&self) -> bool {
        self.is_about_address
    }

    /// What they say of this principal's call: a denial by one outweighs what others allow.
    ///
    /// A header field that a condition is about and that is there twice is denied: the policy might
    /// read the one, and the backend the other.
    pub fn decide(
        &self,
        exchange: &Exchange,
        principal: Principal<'_>,
        action: Action,
        arn: &str,
    ) -> Decision {
        let mut is_ambiguous = false;
        let mut field = |name: &str, is_asked_for: bool| {
            let mut values = is_asked_for.then(|| exchange.request.headers.get_all(name))?;
            let value = values.next()?;
            is_ambiguous |= values.next().is_some();
            Some(String::from_utf8_lossy(value))
        };
        let user_agent: Option<Cow<'_, str>> = field("user-agent", self.is_about_agent);
        let referer = field("referer", self.is_about_referer);
        if is_ambiguous {
            return Decision::ExplicitDeny;
        }
        let context = &exchange.context;
        // Through an endpoint the address is one of its VPC, which is another key.
        let (source_ip, vpc_source_ip) = match context.vpce_id {
            None => (exchange.source_address, None),
            Some(_) => (None, exchange.source_address),
        };
        let keys = RequestKeys {
            principal,
            now_secs: Some(exchange.arrived.as_secs()),
            source_ip,
            vpc_source_ip,
            source_vpc: context.vpc_id.as_deref(),
            source_vpce: context.vpce_id.as_deref(),
            user_agent: user_agent.as_deref(),
            referer: referer.as_deref(),
            secure_transport: Some(is_secure(exchange)),
        };
        let request = Request { principal, action, resource: arn, keys: &keys };
        let mut decision = Decision::ImplicitDeny;
        for policy in &self.policies {
            match policy.decide(&request) {
                Decision::ExplicitDeny => return Decision::ExplicitDeny,
                Decision::Allow => decision = Decision::Allow,
                Decision::ImplicitDeny => {}
            }
        }
        decision
    }
}

/// Whether the client has come by TLS, as the proxy says. What it does not say is no.
fn is_secure(exchange: &Exchange) -> bool {
    let mut said = exchange.request.headers.get_all("x-forwarded-proto");
    said.next() == Some(b"https") && said.next().is_none()
}
