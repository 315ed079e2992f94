//! Who has signed a request, and what their policies allow them.

use tollgate_iam::{Action, Caller, Decision, Principal};
use tollgate_iam_policies::Policies;
use tollgate_policy::{Exchange, Identity};

/// Who has signed a request.
///
/// INVARIANT: those outside this crate get one only for a request whose signature has been verified.
#[derive(Debug)]
pub struct Signer {
    pub(crate) caller: Caller,
    pub(crate) policies: Policies,
    pub(crate) identity: Identity,
}

impl Signer {
    /// Who it is, in the words of policies.
    #[must_use]
    pub const fn caller(&self) -> &Caller {
        &self.caller
    }

    /// What the caller's own policies say of a call.
    pub fn decide(&self, exchange: &Exchange, action: Action, arn: &str) -> Decision {
        self.policies.decide(exchange, Principal::Caller(&self.caller), action, arn)
    }
}
