//! What is known of a key.

use sha2::{Digest as _, Sha256};
use tollgate_policy::Invalid;

/// How many bytes a digest has.
pub const DIGEST_BYTES: usize = 32;

/// How many usage plans a key may be in, as with API Gateway.
pub const MAX_USAGE_PLANS: usize = 10;

/// The longest id. API Gateway's own have ten characters.
const MAX_ID_BYTES: usize = 64;

/// The longest name of a usage plan.
const MAX_PLAN_BYTES: usize = 128;

/// What is known of a key besides its digest.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    /// `$context.identity.apiKeyId`
    pub id: String,
    /// Whether requests with it are admitted.
    pub enabled: bool,
    /// The usage plans it is in, in no order that means anything.
    pub usage_plans: Vec<String>,
}

impl Key {
    /// Whether everything about the key can be honoured.
    ///
    /// # Errors
    /// [`Invalid`] for the id or the usage plan that cannot.
    pub fn check(&self) -> Result<(), Invalid> {
        check_id(&self.id).map_err(|invalid| invalid.within("id"))?;
        check_plans(&self.usage_plans).map_err(|invalid| invalid.within("usage_plans"))
    }
}

/// The SHA-256 of a key's value: what it is stored and compared as.
#[must_use]
pub fn digest(value: &[u8]) -> [u8; DIGEST_BYTES] {
    Sha256::digest(value).into()
}

/// The first half of a SHA-256: enough that no two files have the same by accident.
pub(crate) fn hash(bytes: &[u8]) -> [u8; 16] {
    let digest = digest(bytes);
    digest.first_chunk().copied().unwrap_or_default()
}

/// Bytes as hexadecimal digits, in lower case.
#[must_use]
pub fn hex(bytes: &[u8]) -> String {
    let digit = |nibble: u8| char::from_digit(nibble.into(), 16).unwrap_or_default();
    bytes.iter().flat_map(|byte| [digit(byte >> 4), digit(byte & 0xf)]).collect()
}

/// The digest that is written as 64 hexadecimal digits.
#[must_use]
pub fn from_hex(text: &str) -> Option<[u8; DIGEST_BYTES]> {
    let mut digest = [0; DIGEST_BYTES];
    let (pairs, rest) = text.as_bytes().as_chunks::<2>();
    if pairs.len() != DIGEST_BYTES || !rest.is_empty() {
        return None;
    }
    for (byte, [high, low]) in digest.iter_mut().zip(pairs) {
        let nibble = |digit: u8| char::from(digit).to_digit(16);
        *byte = u8::try_from((nibble(*high)? << 4) | nibble(*low)?).ok()?;
    }
    Some(digest)
}

/// Whether a key may have this id.
///
/// # Errors
/// [`Invalid`] with the reason why not.
pub fn check_id(id: &str) -> Result<(), Invalid> {
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'.');
    if (1..=MAX_ID_BYTES).contains(&id.len()) && id.bytes().all(plain) {
        return Ok(());
    }
    let reason = format!("must be 1 to {MAX_ID_BYTES} letters, digits, `-`, `_` or `.`");
    Err(Invalid::new("", reason))
}

/// Whether a usage plan may have this name.
pub(crate) fn check_plan(name: &str) -> Result<(), Invalid> {
    let odd = |char: char| char.is_control() || matches!(char, ',' | '"' | '\'');
    if (1..=MAX_PLAN_BYTES).contains(&name.len()) && name.trim() == name && !name.contains(odd) {
        return Ok(());
    }
    let reason = format!(
        "must be the name of a usage plan: 1 to {MAX_PLAN_BYTES} bytes without commas, quotes or \
         spaces around them"
    );
    Err(Invalid::new("", reason))
}

/// Whether a key may be in these usage plans.
///
/// # Errors
/// [`Invalid`] with the reason why not.
pub fn check_plans(plans: &[String]) -> Result<(), Invalid> {
    if plans.len() > MAX_USAGE_PLANS {
        return Err(Invalid::new("", format!("must not be more than {MAX_USAGE_PLANS}")));
    }
    for (index, plan) in plans.iter().enumerate() {
        let at = |invalid: Invalid| invalid.within(format!("[{index}]"));
        check_plan(plan).map_err(at)?;
        if plans.iter().take(index).any(|other| other == plan) {
            return Err(at(Invalid::new("", "is named twice")));
        }
    }
    Ok(())
}
