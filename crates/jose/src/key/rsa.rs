//! RSA, RFC 7518 sections 3.3 and 3.5.

mod modulus;
mod padding;

use serde_json::{Map, Value};

use self::modulus::Modulus;
use super::jwk::{self, Unusable};
use super::roca;
use crate::{Algorithm, Native, base64url, der};

/// The shortest modulus, RFC 7518 section 3.3.
const MIN_BITS: usize = 2048;
/// The longest modulus. None longer is in use, and the time to verify grows with its square.
const MAX_BITS: usize = 8192;

/// An RSA public key.
pub(super) struct Rsa {
    modulus: Modulus,
    bytes: Vec<u8>,
    exponent: u32,
    der: Vec<u8>,
}

impl Rsa {
    /// INVARIANT: the modulus is odd and of a length within the limits; the exponent is odd, no
    /// less than three, and has no more than 32 bits, because the time to verify grows with them.
    /// Exponents in use have at most 17.
    pub(super) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Unusable> {
        let bytes = jwk::number(jwk, "n")?;
        let exponent_bytes = jwk::number(jwk, "e")?;
        if exponent_bytes.len() > size_of::<u32>() {
            return Err(Unusable::Weak);
        }
        let exponent = exponent_bytes.iter().fold(0, |sum, byte| (sum << 8) | u32::from(*byte));
        let is_odd = bytes.last().is_some_and(|byte| byte % 2 == 1);
        if !(MIN_BITS..=MAX_BITS).contains(&bits(&bytes))
            || !is_odd
            || exponent < 3
            || exponent % 2 == 0
            || roca::is_flawed(&bytes)
        {
            return Err(Unusable::Weak);
        }
        let der = der::rsa_public_key(&bytes, &exponent_bytes);
        Ok(Self { modulus: Modulus::new(&bytes), bytes, exponent, der })
    }

    /// A signature is exactly as long as the modulus, and a number less than it.
    pub(super) fn verify(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        native: &dyn Native,
    ) -> bool {
        use Algorithm::{Ps256, Ps384, Ps512};
        if signature.len() != self.bytes.len() || signature >= self.bytes.as_slice() {
            return false;
        }
        let digest = algorithm.digest();
        let opened = || self.modulus.power(signature, self.exponent);
        if matches!(algorithm, Ps256 | Ps384 | Ps512) {
            return padding::is_pss(digest, &opened(), bits(&self.bytes), message);
        }
        native
            .verify(digest, &self.der, signature, message)
            .unwrap_or_else(|| padding::is_pkcs1(digest, &opened(), message))
    }

    pub(super) fn required_members(&self) -> Vec<(&'static str, String)> {
        let exponent = self.exponent.to_be_bytes();
        let zeros = exponent.iter().take_while(|byte| **byte == 0).count();
        vec![
            ("e", base64url::encode(exponent.get(zeros..).unwrap_or_default())),
            ("kty", "RSA".to_owned()),
            ("n", base64url::encode(&self.bytes)),
        ]
    }
}

/// The length in bits of a number without leading zeros.
fn bits(number: &[u8]) -> usize {
    let zeros = number.first().map_or(0, |byte| byte.leading_zeros() as usize);
    (number.len() * 8).saturating_sub(zeros)
}

#[cfg(all(test, not(target_arch = "wasm32")))]
mod tests;
