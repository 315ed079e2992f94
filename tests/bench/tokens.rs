//! Tokens, as many as it takes, signed by OpenSSL: nothing that is measured has a part in them.

use std::sync::{Arc, LazyLock};
use std::thread;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use openssl::bn::BigNumContext;
use openssl::ec::{EcGroup, EcKey};
use openssl::ecdsa::EcdsaSig;
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::{PKey, Private};
use openssl::sign::Signer;
use serde_json::{Value, json};
use tollgate_tests::data;
use tollgate_tests::issuer::now;

/// The size of a token that is long enough by itself: that of one which RSA has signed.
const BYTES: usize = 600;

/// Whom tokens are for.
pub const AUDIENCE: &str = "api";

/// What they allow.
pub const SCOPE: &str = "orders.read";

/// Tokens that are signed when they are needed first.
#[derive(Clone)]
pub struct Tokens {
    all: Arc<LazyLock<Vec<String>, Make>>,
}

/// What makes them.
type Make = Box<dyn FnOnce() -> Vec<String> + Send>;

/// What tokens are signed with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    Rs256,
    Es256,
}

/// Who signs tokens.
#[derive(Clone, Debug)]
pub struct Issuer {
    pub name: String,
    algorithm: Algorithm,
    key: PKey<Private>,
}

impl Issuer {
    /// An issuer. All that sign with RSA have the same key, which takes long to make.
    pub fn new(name: &str, algorithm: Algorithm) -> Self {
        let key = match algorithm {
            Algorithm::Rs256 => PKey::private_key_from_pem(data::text("rsa.pem").as_bytes()),
            Algorithm::Es256 => EcKey::generate(&p256()).and_then(PKey::from_ec_key),
        };
        Self { name: name.to_owned(), algorithm, key: key.expect("a key") }
    }

    /// Its name among algorithms.
    pub const fn algorithm(&self) -> &'static str {
        match self.algorithm {
            Algorithm::Rs256 => "RS256",
            Algorithm::Es256 => "ES256",
        }
    }

    /// Its public key, in PEM.
    pub fn pem(&self) -> String {
        let pem = self.key.public_key_to_pem().expect("a key");
        String::from_utf8(pem).expect("text")
    }

    /// Its public key, as a JSON Web Key Set.
    pub fn jwks(&self) -> Value {
        let mut key = json!({"kid": "key-1", "use": "sig", "alg": self.algorithm()});
        let text = |bytes: Vec<u8>| Value::from(URL_SAFE_NO_PAD.encode(bytes));
        match self.algorithm {
            Algorithm::Rs256 => {
                let rsa = self.key.rsa().expect("a key");
                key["kty"] = "RSA".into();
                key["n"] = text(rsa.n().to_vec());
                key["e"] = text(rsa.e().to_vec());
            }
            Algorithm::Es256 => {
                let ec = self.key.ec_key().expect("a key");
                let mut context = BigNumContext::new().expect("memory");
                let form = openssl::ec::PointConversionForm::UNCOMPRESSED;
                let point = ec.public_key().to_bytes(&p256(), form, &mut context);
                let point = point.expect("a point");
                key["kty"] = "EC".into();
                key["crv"] = "P-256".into();
                key["x"] = text(point[1..33].to_vec());
                key["y"] = text(point[33..65].to_vec());
            }
        }
        json!({"keys": [key]})
    }

    /// So many tokens, each of another caller, numbered from the first.
    pub fn tokens(&self, first: usize, count: usize) -> Tokens {
        let issuer = self.clone();
        Tokens::new(move || issuer.sign(first, count))
    }

    fn sign(&self, first: usize, count: usize) -> Vec<String> {
        let half = count / 2;
        let make = |from: usize, to: usize| (from..to).map(|number| self.token(first + number));
        thread::scope(|scope| {
            let other = scope.spawn(move || make(half, count).collect::<Vec<_>>());
            let mut tokens: Vec<_> = make(0, half).collect();
            tokens.extend(other.join().expect("a thread that signs"));
            tokens
        })
    }

    /// A token that looks good, and was signed by nobody.
    pub fn forged(&self, number: usize) -> String {
        let signed = self.signed_part(number);
        let length = match self.algorithm {
            Algorithm::Rs256 => 256,
            Algorithm::Es256 => 64,
        };
        // Below the modulus and below the order of the curve, so that it is looked at.
        let mut signature = vec![0; length];
        for (place, byte) in signature.iter_mut().enumerate() {
            *byte = u8::try_from((number >> (place % 4 * 8)) & 0x7f).unwrap_or_default();
        }
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn token(&self, number: usize) -> String {
        let signed = self.signed_part(number);
        let mut signer = Signer::new(MessageDigest::sha256(), &self.key).expect("a signer");
        let mut signature = signer.sign_oneshot_to_vec(signed.as_bytes()).expect("a signature");
        if self.algorithm == Algorithm::Es256 {
            let pair = EcdsaSig::from_der(&signature).expect("a signature");
            let [r, s] = [pair.r(), pair.s()].map(|half| half.to_vec_padded(32).expect("a half"));
            signature = [r, s].concat();
        }
        format!("{signed}.{}", URL_SAFE_NO_PAD.encode(signature))
    }

    fn signed_part(&self, number: usize) -> String {
        let encoded = |value: &Value| URL_SAFE_NO_PAD.encode(value.to_string());
        let header = encoded(&json!({"alg": self.algorithm(), "kid": "key-1", "typ": "JWT"}));
        let mut claims = json!({
            "iss": self.name,
            "aud": AUDIENCE,
            "sub": format!("user-{number:07}"),
            "scope": SCOPE,
            // Longer than the whole run.
            "exp": now() + 7_200,
        });
        if self.algorithm == Algorithm::Es256 {
            let length = header.len() + encoded(&claims).len() + 88;
            claims["more"] = "m".repeat(BYTES.saturating_sub(length) * 3 / 4).into();
        }
        format!("{header}.{}", encoded(&claims))
    }
}

impl Tokens {
    /// What a function makes.
    pub fn new(make: impl FnOnce() -> Vec<String> + Send + 'static) -> Self {
        let make: Make = Box::new(make);
        Self { all: Arc::new(LazyLock::new(make)) }
    }

    /// Those of several issuers, each with as many.
    pub fn of_all(issuers: &[Issuer], each: usize) -> Self {
        let issuers = issuers.to_vec();
        Self::new(move || issuers.iter().flat_map(|issuer| issuer.sign(0, each)).collect())
    }

    /// So many of them, or all where there are fewer.
    pub fn first(&self, count: usize) -> Self {
        let all = self.clone();
        Self::new(move || all.all().iter().take(count).cloned().collect())
    }

    /// The tokens.
    pub fn all(&self) -> &[String] {
        &self.all
    }
}

fn p256() -> EcGroup {
    EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).expect("a curve")
}
