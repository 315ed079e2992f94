//! A key, and the one way to believe a signature.

mod ecdsa;
mod ed25519;
mod jwk;
mod roca;
mod rsa;
mod shared;
mod thumbprint;

use std::fmt;

use serde_json::{Map, Value};

use crate::{Algorithm, Jws, Native, Refusal, json};
pub use jwk::Unusable;
pub use thumbprint::Thumbprint;

/// A key that can verify signatures, from a JSON Web Key of RFC 7517.
///
/// A key knows what it is: an algorithm only ever meets a key of its own type, so a public key can
/// never be taken for a shared secret.
pub struct Key {
    id: Option<String>,
    algorithm: Option<Algorithm>,
    thumbprint: Thumbprint,
    material: Material,
}

/// Proof that [`Key::verify`] found a signature good. Nothing else can make one.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct SignatureValid(());

enum Material {
    Rsa(rsa::Rsa),
    P256(ecdsa::P256),
    P384(ecdsa::P384),
    Ed25519(ed25519::Ed25519),
    Shared(shared::Shared),
}

impl Key {
    /// Reads a single JSON Web Key.
    ///
    /// # Errors
    /// [`Unusable`] if it cannot or must not verify signatures.
    pub fn parse(json: &[u8]) -> Result<Self, Unusable> {
        Self::from_members(&json::object(json).map_err(|_| Unusable::Malformed)?)
    }

    pub(crate) fn from_members(jwk: &Map<String, Value>) -> Result<Self, Unusable> {
        let material = match jwk::text(jwk, "kty")? {
            "RSA" => Material::Rsa(rsa::Rsa::from_jwk(jwk)?),
            "EC" => match jwk::text(jwk, "crv")? {
                "P-256" => Material::P256(ecdsa::P256::from_jwk(jwk)?),
                "P-384" => Material::P384(ecdsa::P384::from_jwk(jwk)?),
                _ => return Err(Unusable::Curve),
            },
            "OKP" => match jwk::text(jwk, "crv")? {
                "Ed25519" => Material::Ed25519(ed25519::Ed25519::from_jwk(jwk)?),
                _ => return Err(Unusable::Curve),
            },
            "oct" => Material::Shared(shared::Shared::from_jwk(jwk)?),
            _ => return Err(Unusable::Type),
        };
        jwk::refuse_private_half(jwk)?;
        jwk::refuse_other_purpose(jwk)?;
        let algorithm = jwk::algorithm(jwk)?;
        if algorithm.is_some_and(|algorithm| !material.fits(algorithm)) {
            return Err(Unusable::Algorithm);
        }
        Ok(Self {
            id: jwk::optional_text(jwk, "kid")?.map(str::to_owned),
            algorithm,
            thumbprint: Thumbprint::of(&material.required_members()),
            material,
        })
    }

    /// The name that the issuer gave the key.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.id.as_deref()
    }

    /// The one algorithm that the issuer bound the key to, if it did.
    #[must_use]
    pub fn algorithm(&self) -> Option<Algorithm> {
        self.algorithm
    }

    /// Whether this key may verify a signature of this algorithm: it is of the right type, long
    /// enough, and not bound to another.
    #[must_use]
    pub fn fits(&self, algorithm: Algorithm) -> bool {
        self.algorithm.is_none_or(|bound| bound == algorithm) && self.material.fits(algorithm)
    }

    /// Whether whoever has this key can also sign with it.
    #[must_use]
    pub fn is_shared(&self) -> bool {
        matches!(self.material, Material::Shared(_))
    }

    /// What tells this key from every other, whatever it is called.
    #[must_use]
    pub fn thumbprint(&self) -> Thumbprint {
        self.thumbprint
    }

    /// Verifies the signature of a token.
    ///
    /// # Errors
    /// [`Refusal::Algorithm`] if the token's algorithm is not one for this key, and
    /// [`Refusal::Signature`] if the signature is not good.
    pub fn verify(&self, jws: &Jws<'_>, native: &dyn Native) -> Result<SignatureValid, Refusal> {
        self.verify_bytes(jws.algorithm(), jws.signing_input(), jws.signature(), native)
    }

    /// Verifies a signature, encoded as JWS has it, of any message.
    ///
    /// # Errors
    /// [`Refusal::Algorithm`] if the algorithm is not one for this key, and
    /// [`Refusal::Signature`] if the signature is not good.
    pub fn verify_bytes(
        &self,
        algorithm: Algorithm,
        message: &[u8],
        signature: &[u8],
        native: &dyn Native,
    ) -> Result<SignatureValid, Refusal> {
        if !self.fits(algorithm) {
            return Err(Refusal::Algorithm(algorithm));
        }
        let good = match &self.material {
            Material::Rsa(key) => key.verify(algorithm, message, signature, native),
            Material::P256(key) => key.verify(message, signature, native),
            Material::P384(key) => key.verify(message, signature, native),
            Material::Ed25519(key) => key.verify(message, signature),
            Material::Shared(key) => key.verify(algorithm, message, signature),
        };
        if good { Ok(SignatureValid(())) } else { Err(Refusal::Signature) }
    }
}

impl fmt::Debug for Key {
    /// Leaves out everything a shared secret could be guessed from.
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_struct("Key")
            .field("id", &self.id)
            .field("algorithm", &self.algorithm)
            .finish_non_exhaustive()
    }
}

impl Material {
    fn fits(&self, algorithm: Algorithm) -> bool {
        use Algorithm::{EdDsa, Es256, Es384, Hs256, Hs384, Hs512};
        use Algorithm::{Ps256, Ps384, Ps512, Rs256, Rs384, Rs512};
        match algorithm {
            Rs256 | Rs384 | Rs512 | Ps256 | Ps384 | Ps512 => matches!(self, Self::Rsa(_)),
            Es256 => matches!(self, Self::P256(_)),
            Es384 => matches!(self, Self::P384(_)),
            EdDsa => matches!(self, Self::Ed25519(_)),
            Hs256 | Hs384 | Hs512 => {
                matches!(self, Self::Shared(key) if key.is_long_enough(algorithm))
            }
        }
    }

    /// The members that RFC 7638 section 3.2 makes a thumbprint of, in lexicographic order.
    fn required_members(&self) -> Vec<(&'static str, String)> {
        match self {
            Self::Rsa(key) => key.required_members(),
            Self::P256(key) => key.required_members(),
            Self::P384(key) => key.required_members(),
            Self::Ed25519(key) => key.required_members(),
            Self::Shared(key) => key.required_members(),
        }
    }
}
