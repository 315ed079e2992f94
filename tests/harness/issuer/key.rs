//! Keys that sign tokens, by a library that shares no code with the gateway.

use std::fmt;
use std::sync::Arc;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jwt_simple::prelude::*;
use serde_json::{Value, json};

use crate::data;

/// What a key signs with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(missing_docs, reason = "the names of RFC 7518")]
pub enum Algorithm {
    Rs256,
    Rs384,
    Rs512,
    Ps256,
    Ps384,
    Ps512,
    Es256,
    Es384,
    EdDsa,
}

impl Algorithm {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Rs256,
        Self::Rs384,
        Self::Rs512,
        Self::Ps256,
        Self::Ps384,
        Self::Ps512,
        Self::Es256,
        Self::Es384,
        Self::EdDsa,
    ];
}

/// A key pair.
#[derive(Clone)]
pub struct SigningKey {
    pair: Arc<dyn Pair + Send + Sync>,
}

trait Pair {
    fn sign(&self, claims: JWTClaims<Value>) -> String;
    fn public(&self) -> String;
}

macro_rules! pairs {
    ($trait:ident: $($pair:ty),*) => {
        $(impl Pair for $pair {
            fn sign(&self, claims: JWTClaims<Value>) -> String {
                $trait::sign(self, claims).expect("a signature")
            }

            fn public(&self) -> String {
                self.public_key().to_jwk()
            }
        })*
    };
}

pairs!(RSAKeyPairLike: RS256KeyPair, RS384KeyPair, RS512KeyPair);
pairs!(RSAKeyPairLike: PS256KeyPair, PS384KeyPair, PS512KeyPair);
pairs!(ECDSAP256KeyPairLike: ES256KeyPair);
pairs!(ECDSAP384KeyPairLike: ES384KeyPair);
pairs!(EdDSAKeyPairLike: Ed25519KeyPair);

impl SigningKey {
    /// Makes a key. RSA ones are all the same key, because they take long to make.
    ///
    /// # Panics
    /// If that key cannot be read.
    #[must_use]
    pub fn make(algorithm: Algorithm, id: &str) -> Self {
        macro_rules! rsa {
            ($pair:ty) => {
                Arc::new(<$pair>::from_pem(&data::text("rsa.pem")).expect("a key").with_key_id(id))
            };
        }
        let pair: Arc<dyn Pair + Send + Sync> = match algorithm {
            Algorithm::Rs256 => rsa!(RS256KeyPair),
            Algorithm::Rs384 => rsa!(RS384KeyPair),
            Algorithm::Rs512 => rsa!(RS512KeyPair),
            Algorithm::Ps256 => rsa!(PS256KeyPair),
            Algorithm::Ps384 => rsa!(PS384KeyPair),
            Algorithm::Ps512 => rsa!(PS512KeyPair),
            Algorithm::Es256 => Arc::new(ES256KeyPair::generate().with_key_id(id)),
            Algorithm::Es384 => Arc::new(ES384KeyPair::generate().with_key_id(id)),
            Algorithm::EdDsa => Arc::new(Ed25519KeyPair::generate().with_key_id(id)),
        };
        Self { pair }
    }

    /// A token with these claims.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        self.pair.sign(only(claims))
    }

    /// The public key, as a JSON Web Key.
    ///
    /// # Panics
    /// If the library writes no JSON.
    #[must_use]
    pub fn public(&self) -> Value {
        serde_json::from_str(&self.pair.public()).expect("a key")
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_tuple("SigningKey").field(&self.public()["kid"]).finish()
    }
}

/// A secret that signs with HS256.
#[derive(Clone, Debug)]
pub struct Secret {
    bytes: Vec<u8>,
    id: String,
}

impl Secret {
    /// A secret of these bytes.
    #[must_use]
    pub fn of(bytes: &[u8], id: &str) -> Self {
        Self { bytes: bytes.to_vec(), id: id.to_owned() }
    }

    /// A token with these claims.
    ///
    /// # Panics
    /// If it cannot be made.
    #[must_use]
    pub fn sign(&self, claims: &Value) -> String {
        let key = HS256Key::from_bytes(&self.bytes).with_key_id(&self.id);
        key.authenticate(only(claims)).expect("a token")
    }

    /// The secret, as a JSON Web Key.
    #[must_use]
    pub fn jwk(&self) -> Value {
        let k = URL_SAFE_NO_PAD.encode(&self.bytes);
        json!({"kty": "oct", "kid": self.id, "alg": "HS256", "k": k})
    }
}

/// These claims, and none that the library would add.
fn only(claims: &Value) -> JWTClaims<Value> {
    JWTClaims {
        issued_at: None,
        expires_at: None,
        invalid_before: None,
        issuer: None,
        subject: None,
        audiences: None,
        jwt_id: None,
        nonce: None,
        custom: claims.clone(),
    }
}
