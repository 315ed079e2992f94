//! A token that has been verified.

use std::rc::Rc;

use tollgate_jose::{Claims, SignatureValid, Thumbprint};
use tollgate_policy::{Authorizer, Timestamp};

/// A token whose signature and claims were found good. It takes a proof to make one.
#[derive(Debug)]
pub(crate) struct Verified {
    /// Which of the authorizer's issuers vouches for it.
    pub(crate) issuer: usize,
    /// The key that signed it.
    pub(crate) key: Thumbprint,
    /// When it stops being good, leeway included.
    pub(crate) until: f64,
    pub(crate) authorizer: Authorizer,
}

impl Verified {
    pub(crate) fn new(
        _proof: SignatureValid,
        issuer: usize,
        key: Thumbprint,
        until: f64,
        claims: Claims,
    ) -> Self {
        let scopes = claims.scopes().map(|scopes| scopes.into_iter().map(str::to_owned).collect());
        let principal_id = claims.subject().map(Rc::from);
        let claims = Rc::new(claims.into_map());
        let authorizer = Authorizer { principal_id, claims, scopes, ..Authorizer::default() };
        Self { issuer, key, until, authorizer }
    }

    pub(crate) fn is_current(&self, now: Timestamp) -> bool {
        now.0.as_secs_f64() < self.until
    }

    pub(crate) fn has_any(&self, scopes: &[String]) -> bool {
        let granted = self.authorizer.scopes.as_deref().unwrap_or_default();
        scopes.is_empty() || scopes.iter().any(|scope| granted.contains(scope))
    }
}
