//! What holds for every input, and for every token that another implementation signs.

use std::sync::LazyLock;

use jwt_simple::prelude::*;
use proptest::prelude::*;
use serde_json::{Value, json};

use crate::{Algorithm, Claims, Jws, Key, KeySet, PureRust, base64url};

const RSA: &str = include_str!("../../tests/data/rsa_2048.pem");

/// A key as an issuer publishes it, and a token that `sign` signed with it.
struct Signed {
    algorithm: Algorithm,
    key: Value,
    token: String,
}

/// Signs the same claims in every algorithm.
fn sign_all(subject: &str) -> Vec<Signed> {
    fn claims(subject: &str) -> JWTClaims<NoCustomClaims> {
        jwt_simple::prelude::Claims::create(Duration::from_hours(1)).with_subject(subject)
    }
    let rsa = jwt_simple::algorithms::RSAKeyPair::from_pem(RSA).expect("a key").public_key();
    let parts = rsa.to_components();
    let rsa = json!({
        "kty": "RSA", "n": base64url::encode(&parts.n), "e": base64url::encode(&parts.e),
    });
    let point = |curve: &str, bytes: &[u8]| {
        let (x, y) = bytes[1..].split_at(bytes.len() / 2);
        let (x, y) = (base64url::encode(x), base64url::encode(y));
        json!({ "kty": "EC", "crv": curve, "x": x, "y": y })
    };
    let secret = |bytes: &[u8]| json!({ "kty": "oct", "k": base64url::encode(bytes) });
    let mut all = Vec::new();
    let mut add = |algorithm, key: &Value, token: Result<String, jwt_simple::Error>| {
        all.push(Signed { algorithm, key: key.clone(), token: token.expect("a token") });
    };
    macro_rules! rsa {
        ($($algorithm:ident $pair:ident),*) => {$(
            let pair = $pair::from_pem(RSA).expect("a key");
            add(Algorithm::$algorithm, &rsa, pair.sign(claims(subject)));
        )*};
    }
    rsa!(Rs256 RS256KeyPair, Rs384 RS384KeyPair, Rs512 RS512KeyPair);
    rsa!(Ps256 PS256KeyPair, Ps384 PS384KeyPair, Ps512 PS512KeyPair);
    let pair = ES256KeyPair::generate();
    let bytes = pair.public_key().public_key().to_bytes_uncompressed();
    add(Algorithm::Es256, &point("P-256", &bytes), pair.sign(claims(subject)));
    let pair = ES384KeyPair::generate();
    let bytes = pair.public_key().public_key().to_bytes_uncompressed();
    add(Algorithm::Es384, &point("P-384", &bytes), pair.sign(claims(subject)));
    let pair = Ed25519KeyPair::generate();
    let x = base64url::encode(&pair.public_key().to_bytes());
    let key = json!({ "kty": "OKP", "crv": "Ed25519", "x": x });
    add(Algorithm::EdDsa, &key, pair.sign(claims(subject)));
    macro_rules! shared {
        ($($algorithm:ident $key:ident),*) => {$(
            let key = $key::from_bytes(&[7; 64]);
            add(Algorithm::$algorithm, &secret(&[7; 64]), key.authenticate(claims(subject)));
        )*};
    }
    shared!(Hs256 HS256Key, Hs384 HS384Key, Hs512 HS512Key);
    all
}

static SIGNED: LazyLock<Vec<Signed>> = LazyLock::new(|| sign_all("anyone"));

/// Whether a key verifies a token whose claims can be read.
fn verify(key: &Value, token: &[u8]) -> bool {
    let key = Key::parse(key.to_string().as_bytes()).expect("a key");
    Jws::parse(token).is_ok_and(|jws| {
        key.verify(&jws, &PureRust).is_ok() && Claims::parse(jws.payload()).is_ok()
    })
}

/// JSON that is nearly what the parsers want.
fn nearly() -> impl Strategy<Value = String> {
    let name = "(keys|kty|alg|kid|crv|n|e|x|y|k|use|key_ops|exp|aud|iss|scope|d)";
    let word =
        "\"(RSA|EC|OKP|oct|P-256|P-384|Ed25519|RS256|HS256|sig|verify|[A-Za-z0-9_-]{0,50})\"";
    let leaf = proptest::string::string_regex(&format!("{word}|-?[0-9]{{1,20}}|null|true|1e9"))
        .expect("a pattern");
    leaf.prop_recursive(4, 32, 8, move |inner| {
        let name = proptest::string::string_regex(name).expect("a pattern");
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6)
                .prop_map(|items| format!("[{}]", items.join(","))),
            proptest::collection::vec((name, inner), 0..8).prop_map(|members| {
                let members: Vec<_> =
                    members.iter().map(|(name, value)| format!("\"{name}\":{value}")).collect();
                format!("{{{}}}", members.join(","))
            }),
        ]
    })
}

fn parse_all(text: &[u8]) {
    let _ = Jws::parse(text);
    let _ = KeySet::parse(text);
    let _ = Key::parse(text);
    if let Ok(claims) = Claims::parse(text) {
        let _ = crate::Validation::default().check(&claims, std::time::Duration::MAX);
        let _ = claims.scopes();
    }
}

proptest! {
    #[test]
    fn no_bytes_make_a_parser_panic(bytes: Vec<u8>) {
        parse_all(&bytes);
    }

    #[test]
    fn no_json_makes_a_parser_panic(json in nearly()) {
        parse_all(json.as_bytes());
        parse_all(format!("{{\"keys\":[{json}]}}").as_bytes());
        parse_all(format!("{}.{0}.{0}", base64url::encode(json.as_bytes())).as_bytes());
    }

    #[test]
    fn no_signature_makes_a_key_panic(
        at in 0..12_usize,
        message: Vec<u8>,
        signature in prop_oneof![
            proptest::collection::vec(any::<u8>(), 0..70),
            proptest::collection::vec(any::<u8>(), 255..258),
        ],
    ) {
        let signed = &SIGNED[at];
        let key = Key::parse(signed.key.to_string().as_bytes()).expect("a key");
        let verdict = key.verify_bytes(signed.algorithm, &message, &signature, &PureRust);
        prop_assert!(verdict.is_err());
    }

    #[test]
    fn a_token_with_one_byte_changed_is_refused(
        at in 0..12_usize,
        place: proptest::sample::Index,
        flip in 1..=255_u8,
    ) {
        let signed = &SIGNED[at];
        let mut token = signed.token.clone().into_bytes();
        let place = place.index(token.len());
        token[place] ^= flip;
        prop_assert!(!verify(&signed.key, &token));
    }

    #[test]
    fn a_token_with_its_end_cut_off_is_refused(at in 0..12_usize, place: proptest::sample::Index) {
        let signed = &SIGNED[at];
        let token = signed.token.as_bytes();
        prop_assert!(!verify(&signed.key, &token[..place.index(token.len())]));
    }

    #[test]
    fn a_secret_survives_being_published(secret in proptest::collection::vec(any::<u8>(), 32..99)) {
        let key = json!({ "kty": "oct", "k": base64url::encode(&secret), "kid": "a" });
        let token = HS256Key::from_bytes(&secret)
            .authenticate(jwt_simple::prelude::Claims::create(Duration::from_hours(1)))
            .expect("a token");
        prop_assert!(verify(&key, token.as_bytes()));
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(8))]

    #[test]
    fn what_another_implementation_signs_is_verified(subject: String) {
        for signed in sign_all(&subject) {
            prop_assert!(verify(&signed.key, signed.token.as_bytes()), "{}", signed.algorithm);
            let jws = Jws::parse(&signed.token).expect("a token");
            prop_assert_eq!(jws.algorithm(), signed.algorithm);
            let claims = Claims::parse(jws.payload()).expect("claims");
            prop_assert_eq!(claims.subject(), Some(subject.as_str()));
        }
    }
}

#[test]
fn a_key_verifies_only_what_it_signed_itself() {
    let again = sign_all("anyone");
    for (index, signed) in SIGNED.iter().enumerate() {
        assert!(verify(&signed.key, signed.token.as_bytes()), "{}", signed.algorithm);
        for (other, another) in again.iter().enumerate() {
            // RSA and HMAC keys are the same in both rounds, and serve several algorithms.
            let is_same = match (index, other) {
                (0..6, 0..6) | (9..12, 9..12) => continue,
                _ => signed.key == another.key,
            };
            assert_eq!(verify(&signed.key, another.token.as_bytes()), is_same);
        }
    }
}

#[test]
fn a_thumbprint_is_that_of_another_implementation() {
    let pair = RS256KeyPair::from_pem(RSA).expect("a key");
    let keys = [
        (pair.public_key().to_jwk(), pair.jwk_thumbprint()),
        {
            let pair = ES256KeyPair::generate();
            (pair.public_key().to_jwk(), pair.jwk_thumbprint())
        },
        {
            let pair = ES384KeyPair::generate();
            (pair.public_key().to_jwk(), pair.jwk_thumbprint())
        },
    ];
    for (jwk, thumbprint) in keys {
        let key = Key::parse(jwk.as_bytes()).expect("a key");
        assert_eq!(key.thumbprint().to_string(), thumbprint);
    }
}
