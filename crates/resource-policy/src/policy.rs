//! A resource policy, and what it says of an exchange.

use std::borrow::Cow;

use serde_json::Value;
use tollgate_iam::{Action, Api, Decision, Kind, Policy, Principal, Request, RequestKeys};
use tollgate_policy::{Exchange, Invalid};

/// The resource policy of a REST API.
#[derive(Debug)]
pub struct ResourcePolicy {
    policy: Policy,
    /// Whether conditions are about the client's address, and about these header fields.
    is_about_address: bool,
    is_about_agent: bool,
    is_about_referer: bool,
}

impl ResourcePolicy {
    /// Compiles a document that belongs to an API.
    ///
    /// # Errors
    /// [`Invalid`] for the first element that cannot be honoured.
    pub fn new(document: &Value, api: &Api) -> Result<Self, Invalid> {
        let policy = Policy::compile(document, Kind::Resource(api))
            .map_err(|malformed| Invalid::new(malformed.path, malformed.reason))?;
        let asks = |wanted: &str| policy.keys().any(|key| key == wanted);
        Ok(Self {
            is_about_address: asks("aws:sourceip") || asks("aws:vpcsourceip"),
            is_about_agent: asks("aws:useragent"),
            is_about_referer: asks("aws:referer"),
            policy,
        })
    }

    /// Whether it takes the client's address to decide.
    #[must_use]
    pub fn needs_source_address(&self) -> bool {
        self.is_about_address
    }

    /// What it says of a call of the method with this ARN.
    ///
    /// A header field that a condition is about and that is there twice is denied: the policy might
    /// read the one, and the backend the other.
    pub fn decide(&self, exchange: &Exchange, arn: &str, principal: Principal<'_>) -> Decision {
        let mut is_ambiguous = false;
        let mut field = |name: &str, is_asked_for: bool| {
            if !is_asked_for {
                return None;
            }
            let mut values = exchange.request.headers.get_all(name);
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
        let address = exchange.source_address;
        let (source_ip, vpc_source_ip) = match context.vpce_id {
            None => (address, None),
            Some(_) => (None, address),
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
        let action = Action::Invoke;
        self.policy.decide(&Request { principal, action, resource: arn, keys: &keys })
    }
}

/// Whether the client has come by TLS, as the proxy says. What it does not say is no.
fn is_secure(exchange: &Exchange) -> bool {
    let mut said = exchange.request.headers.get_all("x-forwarded-proto");
    said.next() == Some(b"https") && said.next().is_none()
}
