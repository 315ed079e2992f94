//! What the lists and numbers of a configuration may be.

use std::collections::BTreeMap;

use tollgate_policy::{Invalid, is_steering, is_token};

/// The most header fields that may carry claims: each is written for a request.
const MAX_CLAIM_HEADERS: usize = 20;
/// API Gateway's limit on the scopes of a route.
const MAX_SCOPES: usize = 10;

/// Whether these can be the scopes of a route: RFC 6749 section 3.3, API Gateway's number.
///
/// # Errors
/// [`Invalid`] for the first that cannot.
pub fn check_scopes(scopes: &[String]) -> Result<(), Invalid> {
    bounded("scopes", scopes.len(), 0, MAX_SCOPES)?;
    let allowed = |byte: u8| matches!(byte, 0x21 | 0x23..=0x5b | 0x5d..=0x7e);
    for (index, scope) in scopes.iter().enumerate() {
        if scope.is_empty() || !scope.bytes().all(allowed) {
            let reason = format!("`{}` is not a scope of RFC 6749", scope.escape_default());
            return Err(Invalid::new(format!("scopes[{index}]"), reason));
        }
    }
    Ok(())
}

/// Whether these header fields can carry claims.
///
/// # Errors
/// [`Invalid`] for the first that cannot.
pub fn check_claims_to_headers(headers: &BTreeMap<String, String>) -> Result<(), Invalid> {
    bounded("claims_to_headers", headers.len(), 0, MAX_CLAIM_HEADERS)?;
    for (name, claim) in headers {
        let refuse = |reason: String| Err(Invalid::new("claims_to_headers", reason));
        if !is_token(name.as_bytes()) {
            return refuse(format!("`{}` is not a header field", name.escape_default()));
        }
        if is_steering(name) {
            return refuse(format!("`{name}` cannot carry a claim"));
        }
        if claim.is_empty() {
            return refuse(format!("`{name}` names no claim"));
        }
    }
    Ok(())
}

pub(crate) fn bounded(field: &str, count: usize, least: usize, most: usize) -> Result<(), Invalid> {
    if (least..=most).contains(&count) {
        return Ok(());
    }
    Err(Invalid::new(field, format!("must be {least} to {most}, there are {count}")))
}

pub(crate) fn within(field: &str, value: u32, most: u32) -> Result<(), Invalid> {
    if value <= most {
        return Ok(());
    }
    Err(Invalid::new(field, format!("`{value}` is more than {most}")))
}
