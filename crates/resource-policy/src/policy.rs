//! A resource policy, and what it says of an exchange.

use std::rc::Rc;

use serde_json::Value;
use tollgate_iam::{Action, Api, Decision, Kind, Policy, Principal};
use tollgate_iam_policies::Policies;
use tollgate_policy::{Exchange, Invalid};

/// The resource policy of a REST API.
#[derive(Debug)]
pub struct ResourcePolicy(Policies);

impl ResourcePolicy {
    /// Compiles a document that belongs to an API.
    ///
    /// # Errors
    /// [`Invalid`] for the first element that cannot be honoured.
    pub fn new(document: &Value, api: &Api) -> Result<Self, Invalid> {
        let policy = Policy::compile(document, Kind::Resource(api))
            .map_err(|malformed| Invalid::new(malformed.path, malformed.reason))?;
        Ok(Self(Policies::new([Rc::new(policy)].into())))
    }

    /// Whether it takes the client's address to decide.
    #[must_use]
    pub const fn needs_source_address(&self) -> bool {
        self.0.needs_source_address()
    }

    /// What it says of a call of the method with this ARN.
    pub fn decide(&self, exchange: &Exchange, arn: &str, principal: Principal<'_>) -> Decision {
        self.0.decide(exchange, principal, Action::Invoke, arn)
    }
}
