//! What a token says, RFC 7519.

use serde_json::{Map, Value};

use crate::json;
use crate::{Claim, Part, Refusal};

/// How long a claim set may be. It is less than the token it came in.
pub const MAX_CLAIMS_BYTES: usize = crate::MAX_TOKEN_BYTES;

/// The latest time a claim may name, in seconds: the largest number that every JSON reader
/// understands alike, RFC 8259 section 6. It is some hundred million years away.
const MAX_NUMERIC_DATE: f64 = 9_007_199_254_740_991.0;

/// The claims of a token.
///
/// The registered claims are of the types that RFC 7519 section 4.1 gives them; all others may be
/// anything. None is to be believed before the signature is.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

impl Claims {
    /// Reads the payload of a token.
    ///
    /// # Errors
    /// [`Refusal`] if it is not a JSON object that says everything once, or if a registered claim
    /// is not of its type.
    pub fn parse(payload: &[u8]) -> Result<Self, Refusal> {
        if payload.len() > MAX_CLAIMS_BYTES {
            return Err(Refusal::PartTooLong(Part::Payload));
        }
        let claims = Self(json::object(payload).map_err(|fault| fault.of(Part::Payload))?);
        for claim in [Claim::Issuer, Claim::Subject, Claim::Id] {
            if claims.registered(claim).is_some_and(|value| !value.is_string()) {
                return Err(Refusal::Invalid(claim));
            }
        }
        if claims.registered(Claim::Audience).is_some_and(|value| !is_audience(value)) {
            return Err(Refusal::Audience);
        }
        for claim in [Claim::Expiry, Claim::NotBefore, Claim::IssuedAt] {
            if claims.registered(claim).is_some() && claims.time(claim).is_none() {
                return Err(Refusal::Invalid(claim));
            }
        }
        Ok(claims)
    }

    /// Any claim by its name.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&Value> {
        self.0.get(name)
    }

    /// All claims.
    #[must_use]
    pub fn as_map(&self) -> &Map<String, Value> {
        &self.0
    }

    /// All claims, given away.
    #[must_use]
    pub fn into_map(self) -> Map<String, Value> {
        self.0
    }

    /// Who issued the token.
    #[must_use]
    pub fn issuer(&self) -> Option<&str> {
        self.registered(Claim::Issuer)?.as_str()
    }

    /// Whom the token is about.
    #[must_use]
    pub fn subject(&self) -> Option<&str> {
        self.registered(Claim::Subject)?.as_str()
    }

    /// Whom the token is for. `None` if it does not say, which is not the same as nobody.
    #[must_use]
    pub fn audience(&self) -> Option<Vec<&str>> {
        strings(self.registered(Claim::Audience)?)
    }

    /// When the token expires, in seconds since the Unix epoch.
    #[must_use]
    pub fn expires(&self) -> Option<f64> {
        self.time(Claim::Expiry)
    }

    /// When the token becomes valid, in seconds since the Unix epoch.
    #[must_use]
    pub fn not_before(&self) -> Option<f64> {
        self.time(Claim::NotBefore)
    }

    /// When the token was issued, in seconds since the Unix epoch.
    #[must_use]
    pub fn issued(&self) -> Option<f64> {
        self.time(Claim::IssuedAt)
    }

    /// What the token grants: the words of the string `scope`, RFC 8693 section 4.2, or else those
    /// of `scp`, which some issuers write as a string and some as an array. `None` if it has
    /// neither in such a form.
    #[must_use]
    pub fn scopes(&self) -> Option<Vec<&str>> {
        match self.get("scope") {
            Some(Value::String(text)) => Some(split(text)),
            Some(_) => None,
            None => match self.get("scp")? {
                Value::String(text) => Some(split(text)),
                array => strings(array),
            },
        }
    }

    fn registered(&self, claim: Claim) -> Option<&Value> {
        self.get(claim.as_str())
    }

    /// A `NumericDate` of RFC 7519 section 2, which may have a fraction.
    fn time(&self, claim: Claim) -> Option<f64> {
        let time = self.registered(claim)?.as_f64()?;
        (0.0..=MAX_NUMERIC_DATE).contains(&time).then_some(time)
    }
}

fn is_audience(value: &Value) -> bool {
    strings(value).is_some()
}

/// The strings of a string or an array of strings.
fn strings(value: &Value) -> Option<Vec<&str>> {
    match value {
        Value::String(text) => Some(vec![text]),
        Value::Array(items) => items.iter().map(Value::as_str).collect(),
        _ => None,
    }
}

/// The words of a list that is separated by spaces, and by nothing else.
fn split(text: &str) -> Vec<&str> {
    text.split(' ').filter(|word| !word.is_empty()).collect()
}
