//! ECDSA on P-256 and P-384, RFC 7518 section 3.4.

use p256::ecdsa::signature::Verifier;
use serde_json::{Map, Value};

use super::jwk::{self, Unusable};
use crate::{Digest, Native, base64url, der};

/// One curve: the verifier of a crate, and what it takes to ask a proxy instead.
macro_rules! curve {
    ($name:ident, $curve:ident, $crv:literal, $bytes:literal, $digest:ident, $der:expr) => {
        #[doc = concat!("A public key on ", $crv, ".")]
        pub(super) struct $name {
            x: Vec<u8>,
            y: Vec<u8>,
            key: $curve::ecdsa::VerifyingKey,
            der: Vec<u8>,
        }

        impl $name {
            /// INVARIANT: the key is a point on the curve and not the point at infinity.
            pub(super) fn from_jwk(jwk: &Map<String, Value>) -> Result<Self, Unusable> {
                let (x, y) = coordinates(jwk, $bytes)?;
                let point = [&[UNCOMPRESSED], x.as_slice(), y.as_slice()].concat();
                let key = $curve::ecdsa::VerifyingKey::from_sec1_bytes(&point)
                    .map_err(|_| Unusable::Point)?;
                Ok(Self { x, y, key, der: der::public_key($der, &point) })
            }

            /// The signature is the numbers r and s, each as long as the order of the curve and
            /// neither zero nor beyond the order.
            pub(super) fn verify(
                &self,
                message: &[u8],
                signature: &[u8],
                native: &dyn Native,
            ) -> bool {
                let Ok(parsed) = $curve::ecdsa::Signature::from_slice(signature) else {
                    return false;
                };
                let (r, s) = signature.split_at_checked($bytes).unwrap_or_default();
                let der = der::ecdsa_signature(r, s);
                native
                    .verify(Digest::$digest, &self.der, &der, message)
                    .unwrap_or_else(|| self.key.verify(message, &parsed).is_ok())
            }

            pub(super) fn required_members(&self) -> Vec<(&'static str, String)> {
                vec![
                    ("crv", $crv.to_owned()),
                    ("kty", "EC".to_owned()),
                    ("x", base64url::encode(&self.x)),
                    ("y", base64url::encode(&self.y)),
                ]
            }
        }
    };
}

curve!(P256, p256, "P-256", 32, Sha256, der::P256);
curve!(P384, p384, "P-384", 48, Sha384, der::P384);

/// How SEC 1 section 2.3.3 marks a point with both coordinates.
const UNCOMPRESSED: u8 = 0x04;

/// The coordinates, each exactly as long as the field, RFC 7518 section 6.2.1.2.
fn coordinates(jwk: &Map<String, Value>, length: usize) -> Result<(Vec<u8>, Vec<u8>), Unusable> {
    let coordinate = |name| match jwk::bytes(jwk, name)? {
        bytes if bytes.len() == length => Ok(bytes),
        _ => Err(Unusable::Member(name)),
    };
    Ok((coordinate("x")?, coordinate("y")?))
}
