//! The keys the development issuer signs with.

use anyhow::{Context, Result, anyhow};
use jwt_simple::prelude::{
    ECDSAP256KeyPairLike, ES256KeyPair, Ed25519KeyPair, EdDSAKeyPairLike, JWTClaims, RS256KeyPair,
    RSAKeyPairLike,
};
use serde_json::{Map, Value};

use crate::dev::algorithm::Algorithm;

/// How long an RSA key is.
const RSA_BITS: usize = 2048;

/// A private key.
pub enum Key {
    /// For RS256.
    Rsa(Box<RS256KeyPair>),
    /// For ES256.
    P256(ES256KeyPair),
    /// For EdDSA.
    Ed25519(Ed25519KeyPair),
}

impl Key {
    /// A new key. Its id is its thumbprint, RFC 7638, so no two keys share one.
    pub fn generate(algorithm: Algorithm) -> Result<Self> {
        Ok(match algorithm {
            Algorithm::Rs256 => {
                let key = RS256KeyPair::generate(RSA_BITS).context("cannot make an RSA key")?;
                let id = key.jwk_thumbprint();
                Self::Rsa(Box::new(key.with_key_id(&id)))
            }
            Algorithm::Es256 => {
                let key = ES256KeyPair::generate();
                let id = key.jwk_thumbprint();
                Self::P256(key.with_key_id(&id))
            }
            Algorithm::EdDsa => {
                let key = Ed25519KeyPair::generate();
                let id = key.jwk_thumbprint();
                Self::Ed25519(key.with_key_id(&id))
            }
        })
    }

    /// A key that was kept as a private JSON Web Key.
    pub fn from_jwk(jwk: &Value) -> Result<Self> {
        let name = jwk.get("alg").and_then(Value::as_str).context("a key has no `alg`")?;
        let algorithm = Algorithm::named(name);
        let algorithm = algorithm.ok_or_else(|| anyhow!("a key is for `{name}`"))?;
        let text = jwk.to_string();
        Ok(match algorithm {
            Algorithm::Rs256 => Self::Rsa(Box::new(RS256KeyPair::from_jwk(&text)?)),
            Algorithm::Es256 => Self::P256(ES256KeyPair::from_jwk(&text)?),
            Algorithm::EdDsa => Self::Ed25519(Ed25519KeyPair::from_jwk(&text)?),
        })
    }

    /// What it signs with.
    pub fn algorithm(&self) -> Algorithm {
        match self {
            Self::Rsa(_) => Algorithm::Rs256,
            Self::P256(_) => Algorithm::Es256,
            Self::Ed25519(_) => Algorithm::EdDsa,
        }
    }

    /// The whole key, to be kept secret.
    pub fn private_jwk(&self) -> Result<Value> {
        parsed(&match self {
            Self::Rsa(key) => key.to_jwk(),
            Self::P256(key) => key.to_jwk(),
            Self::Ed25519(key) => key.to_jwk(),
        })
    }

    /// The part for everyone, with `kid`, `alg` and `use`.
    pub fn public_jwk(&self) -> Result<Value> {
        // A key pair does not hand its id on to its public half.
        let id = self.id().unwrap_or_default();
        parsed(&match self {
            Self::Rsa(key) => key.public_key().with_key_id(id).to_jwk(),
            Self::P256(key) => key.public_key().with_key_id(id).to_jwk(),
            Self::Ed25519(key) => key.public_key().with_key_id(id).to_jwk(),
        })
    }

    /// A token that claims what it is told to claim.
    pub fn sign(&self, claims: Map<String, Value>) -> Result<String> {
        // Every claim is one of our own, so that none is added, checked or rewritten.
        let claims = JWTClaims {
            issued_at: None,
            expires_at: None,
            invalid_before: None,
            issuer: None,
            subject: None,
            audiences: None,
            jwt_id: None,
            nonce: None,
            custom: claims,
        };
        match self {
            Self::Rsa(key) => key.sign(claims),
            Self::P256(key) => key.sign(claims),
            Self::Ed25519(key) => key.sign(claims),
        }
        .context("cannot sign the token")
    }

    fn id(&self) -> Option<&str> {
        match self {
            Self::Rsa(key) => key.key_id(),
            Self::P256(key) => key.key_id(),
            Self::Ed25519(key) => key.key_id(),
        }
        .as_deref()
    }
}

fn parsed(jwk: &str) -> Result<Value> {
    serde_json::from_str(jwk).context("a key cannot be written as JSON")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_key_says_what_it_is_and_nothing_secret() {
        for (algorithm, members) in [
            (Algorithm::Es256, ["alg", "crv", "kid", "kty", "use", "x", "y"].as_slice()),
            (Algorithm::EdDsa, &["alg", "crv", "kid", "kty", "use", "x"]),
        ] {
            let key = Key::generate(algorithm).unwrap();
            let jwk = key.public_jwk().unwrap();
            let names: Vec<_> = jwk.as_object().unwrap().keys().map(String::as_str).collect();
            assert_eq!(names, members);
            assert_eq!(jwk["alg"], algorithm.name());
            assert_eq!(jwk["use"], "sig");
            assert_eq!(jwk["kid"].as_str(), key.id());
        }
    }

    #[test]
    fn a_key_that_was_kept_is_the_same_key() {
        for algorithm in [Algorithm::Es256, Algorithm::EdDsa] {
            let key = Key::generate(algorithm).unwrap();
            let kept = Key::from_jwk(&key.private_jwk().unwrap()).unwrap();
            assert_eq!(kept.public_jwk().unwrap(), key.public_jwk().unwrap());
            assert_eq!(kept.algorithm(), algorithm);
        }
        assert!(Key::from_jwk(&serde_json::json!({"alg": "none"})).is_err());
    }
}
