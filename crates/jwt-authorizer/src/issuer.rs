//! An issuer of tokens, and what it takes to believe it.

use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tollgate_jose::{Algorithm, Claims, Expiry, Refusal, Validation};
use tollgate_policy::{Invalid, Timestamp};

use crate::config::{self, Audiences, Keys};
use crate::keyring::Keyring;

/// The most values a list of the configuration may have, where API Gateway has no limit of its own.
const MAX_ADDITIONAL_CLAIMS: usize = 20;
/// API Gateway's limit on the audiences of an authorizer.
const MAX_AUDIENCES: usize = 50;
/// API Gateway's limit on the length of an issuer.
const MAX_ISSUER_BYTES: usize = 2048;

/// The claims that are checked anyway, in their own way.
const RESERVED: [&str; 7] = ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"];

/// An issuer of tokens.
#[derive(Debug)]
pub(crate) struct Issuer {
    pub(crate) name: String,
    pub(crate) keys: Rc<Keyring>,
    algorithms: Vec<Algorithm>,
    validation: Validation,
    additional_claims: Vec<config::AdditionalClaim>,
}

impl Issuer {
    pub(crate) fn compile(config: &config::Issuer, leeway: Duration) -> Result<Self, Invalid> {
        if config.issuer.is_empty() || config.issuer.len() > MAX_ISSUER_BYTES {
            let reason = format!("must have 1 to {MAX_ISSUER_BYTES} characters");
            return Err(Invalid::new("issuer", reason));
        }
        let audiences = match &config.audiences {
            Audiences::Unchecked => None,
            Audiences::AnyOf(audiences) => {
                if audiences.is_empty() || audiences.len() > MAX_AUDIENCES {
                    let reason = format!("must name 1 to {MAX_AUDIENCES} audiences");
                    return Err(Invalid::new("audiences.any_of", reason));
                }
                Some(audiences.clone())
            }
        };
        let algorithms = algorithms(config)?;
        if config.additional_claims.len() > MAX_ADDITIONAL_CLAIMS {
            let reason = format!("must not be more than {MAX_ADDITIONAL_CLAIMS}");
            return Err(Invalid::new("additional_claims", reason));
        }
        for (index, claim) in config.additional_claims.iter().enumerate() {
            let refuse = |reason: String| {
                Err(Invalid::new(format!("additional_claims[{index}].claim_name"), reason))
            };
            if claim.claim_name.is_empty() {
                return refuse("must not be empty".to_owned());
            }
            if RESERVED.contains(&claim.claim_name.as_str()) {
                return refuse(format!("`{}` is checked in its own way", claim.claim_name));
            }
        }
        let validation = Validation {
            issuers: vec![config.issuer.clone()],
            audiences,
            leeway,
            expiry: Expiry::Required,
            required: Vec::new(),
        };
        Ok(Self {
            name: config.issuer.clone(),
            keys: Rc::new(Keyring::compile(&config.issuer, &config.keys)?),
            algorithms,
            validation,
            additional_claims: config.additional_claims.clone(),
        })
    }

    /// Whether the claims, if the issuer made them, would be good now.
    pub(crate) fn check(
        &self,
        algorithm: Algorithm,
        claims: &Claims,
        now: Timestamp,
    ) -> Result<(), Refusal> {
        if !self.algorithms.contains(&algorithm) {
            return Err(Refusal::Algorithm(algorithm));
        }
        self.validation.check(claims, now.0)?;
        let met = |claim: &config::AdditionalClaim| match claims.get(&claim.claim_name) {
            None | Some(Value::Null) => !claim.required,
            Some(_) if claim.expected_values.is_empty() => true,
            Some(Value::String(value)) => claim.expected_values.contains(value),
            Some(_) => false,
        };
        if self.additional_claims.iter().all(met) { Ok(()) } else { Err(Refusal::RequiredClaim) }
    }

    /// Until when good claims stay good.
    pub(crate) fn good_until(&self, claims: &Claims) -> f64 {
        claims.expires().unwrap_or_default() + self.validation.leeway.as_secs_f64()
    }
}

fn algorithms(config: &config::Issuer) -> Result<Vec<Algorithm>, Invalid> {
    if config.algorithms.is_empty() {
        return Ok(Algorithm::ALL.into_iter().filter(|each| !each.is_symmetric()).collect());
    }
    let mut algorithms = Vec::with_capacity(config.algorithms.len());
    for (index, name) in config.algorithms.iter().enumerate() {
        let refuse = |reason: String| Err(Invalid::new(format!("algorithms[{index}]"), reason));
        let Ok(algorithm) = name.parse::<Algorithm>() else {
            let known: Vec<_> = Algorithm::ALL.iter().map(|each| each.as_str()).collect();
            return refuse(format!("`{name}` is not one of {}", known.join(", ")));
        };
        if algorithm.is_symmetric() && !matches!(config.keys, Keys::Jwks(_)) {
            return refuse(format!(
                "`{name}` needs a secret, so the keys must be written into the configuration"
            ));
        }
        algorithms.push(algorithm);
    }
    Ok(algorithms)
}
