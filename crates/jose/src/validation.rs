//! Whether claims are acceptable, here and now.

use std::time::Duration;

use serde_json::Value;

use crate::{Claim, Claims, Refusal};

/// What claims must be to be accepted.
///
/// The default accepts no token: there is no issuer it trusts.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Validation {
    /// The issuers that are trusted. `iss` must be exactly one of them.
    pub issuers: Vec<String>,
    /// Whom tokens may be for: a value of `aud` must be exactly one of these. If, and only if, a
    /// token has no `aud`, its `client_id` must be. `None` leaves the audience unjudged.
    pub audiences: Option<Vec<String>>,
    /// How far the clocks of issuer and verifier may differ.
    pub leeway: Duration,
    /// Whether tokens must expire.
    pub expiry: Expiry,
    /// Further claims that tokens must have.
    pub required: Vec<RequiredClaim>,
}

/// Whether tokens must expire.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Expiry {
    /// A token without `exp` is refused.
    #[default]
    Required,
    /// A token without `exp` is valid for ever.
    Optional,
}

/// A claim that tokens must have.
#[derive(Clone, Debug, PartialEq)]
pub struct RequiredClaim {
    /// The name of the claim.
    pub name: String,
    /// The values it may have; a claim that is an array may have one among others. `None` for any
    /// value but `null`.
    pub values: Option<Vec<Value>>,
}

impl Validation {
    /// Judges claims at a time, which is given since the Unix epoch.
    ///
    /// # Errors
    /// [`Refusal`] for the first claim that is not acceptable, in the order in which API Gateway's
    /// documentation lists them: issuer, audience, times, others.
    pub fn check(&self, claims: &Claims, now: Duration) -> Result<(), Refusal> {
        self.check_issuer(claims)?;
        self.check_audience(claims)?;
        self.check_times(claims, now)?;
        if self.required.iter().all(|required| required.is_met(claims)) {
            return Ok(());
        }
        Err(Refusal::RequiredClaim)
    }

    fn check_issuer(&self, claims: &Claims) -> Result<(), Refusal> {
        match claims.issuer() {
            Some(issuer) if self.issuers.iter().any(|trusted| trusted == issuer) => Ok(()),
            _ => Err(Refusal::Issuer),
        }
    }

    fn check_audience(&self, claims: &Claims) -> Result<(), Refusal> {
        let Some(audiences) = &self.audiences else {
            return Ok(());
        };
        let is_meant = |name: &str| audiences.iter().any(|audience| audience == name);
        let accepted = match claims.audience() {
            Some(names) => names.into_iter().any(is_meant),
            None => claims.get("client_id").and_then(Value::as_str).is_some_and(is_meant),
        };
        if accepted { Ok(()) } else { Err(Refusal::Audience) }
    }

    fn check_times(&self, claims: &Claims, now: Duration) -> Result<(), Refusal> {
        let (now, leeway) = (now.as_secs_f64(), self.leeway.as_secs_f64());
        match claims.expires() {
            None if self.expiry == Expiry::Required => {
                return Err(Refusal::Missing(Claim::Expiry));
            }
            Some(expires) if now >= expires + leeway => return Err(Refusal::Expired),
            _ => {}
        }
        if claims.not_before().is_some_and(|begins| begins > now + leeway) {
            return Err(Refusal::NotYetValid);
        }
        if claims.issued().is_some_and(|issued| issued > now + leeway) {
            return Err(Refusal::IssuedInFuture);
        }
        Ok(())
    }
}

impl RequiredClaim {
    fn is_met(&self, claims: &Claims) -> bool {
        let (Some(value), Some(values)) = (claims.get(&self.name), &self.values) else {
            return self.values.is_none()
                && claims.get(&self.name).is_some_and(|value| !value.is_null());
        };
        values.contains(value)
            || value.as_array().is_some_and(|items| items.iter().any(|item| values.contains(item)))
    }
}
