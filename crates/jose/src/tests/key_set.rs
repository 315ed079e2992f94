#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::cell::RefCell;

use serde_json::{Value, json};

use super::hex;

use crate::{
    Algorithm, Digest, Key, KeySet, KeySetError, MAX_CANDIDATES, MAX_KEY_SET_BYTES, MAX_KEYS,
    Native, PureRust, Refusal, Unusable, base64url,
};

const OPENSSL: &str = include_str!("../../tests/data/openssl.jsonl");

/// The key of RFC 7638 section 3.1.
fn rsa() -> Value {
    json!({ "kty": "RSA", "e": "AQAB", "n": "0vx7agoebGcQSuuPiLJXZptN9nndrQmbXEps2aiAFbWhM78LhWx\
        4cbbfAAtVT86zwu1RK7aPFFxuhDR1L6tSoc_BJECPebWKRXjBZCiFV4n3oknjhMstn64tZ_2W-5JsGY4Hc5n9yBXA\
        rwl93lqt7_RN5w6Cf0h4QyQ5v-65YGjQR0_FDW2QvzqY368QQMicAtaSqzs8KJZgnYb9c7d0zgdAZHzu6qMQvRL5h\
        ajrn1n91CbOpbISD08qNLyrdkt-bFTWhAI4vMQFh6WeZu0fM4lFd2NcRwr3XPksINHaQ-G_xBniIqbw0Ls1jF44-c\
        sFCur-kEgU8awapJzKnqDKgw" })
}

/// The key of RFC 7515 appendix A.3.
fn p256() -> Value {
    json!({ "kty": "EC", "crv": "P-256",
        "x": "f83OJ3D2xF1Bg8vub9tLe1gHMzV76e8Tus9uPHvRVEU",
        "y": "x_FEzRu9m36HLN_tue659LNpXW6pCyStikYjKIWI5a0" })
}

/// The key of RFC 8037 appendix A.2.
fn ed25519() -> Value {
    json!({ "kty": "OKP", "crv": "Ed25519", "x": "11qYAYKxCrfVS_7TyWQHOg7hcvPapiMlrwIaaPcHURo" })
}

fn shared(length: usize) -> Value {
    json!({ "kty": "oct", "k": base64url::encode(&vec![7; length]) })
}

/// A key with some members changed.
fn with(mut key: Value, changes: Value) -> Value {
    for (name, value) in changes.as_object().expect("changes") {
        key[name] = value.clone();
    }
    key
}

#[track_caller]
fn check(key: &Value, expected: Result<&[Algorithm], Unusable>) {
    let fits = Key::parse(key.to_string().as_bytes()).map(|key| {
        Algorithm::ALL.into_iter().filter(|algorithm| key.fits(*algorithm)).collect::<Vec<_>>()
    });
    assert_eq!(fits.as_deref().map_err(|reason| *reason), expected, "{key}");
}

#[track_caller]
fn check_set(json: &str, expected: Result<usize, KeySetError>) {
    assert_eq!(KeySet::parse(json.as_bytes()).map(|set| set.keys().len()), expected);
}

use Algorithm::*;

const RSA: &[Algorithm] = &[Rs256, Rs384, Rs512, Ps256, Ps384, Ps512];

#[test]
fn an_algorithm_only_meets_a_key_of_its_own_type() {
    check(&rsa(), Ok(RSA));
    check(&p256(), Ok(&[Es256]));
    check(&ed25519(), Ok(&[EdDsa]));
    check(&shared(64), Ok(&[Hs256, Hs384, Hs512]));
}

#[test]
fn a_secret_is_no_shorter_than_the_digest() {
    check(&shared(63), Ok(&[Hs256, Hs384]));
    check(&shared(47), Ok(&[Hs256]));
    check(&shared(31), Err(Unusable::Weak));
    check(&with(shared(32), json!({ "alg": "HS512" })), Err(Unusable::Algorithm));
}

#[test]
fn a_key_may_be_bound_to_an_algorithm() {
    check(&with(rsa(), json!({ "alg": "PS384" })), Ok(&[Ps384]));
    check(&with(rsa(), json!({ "alg": "HS256" })), Err(Unusable::Algorithm));
    check(&with(rsa(), json!({ "alg": "RSA-OAEP" })), Err(Unusable::Algorithm));
    check(&with(p256(), json!({ "alg": "ES384" })), Err(Unusable::Algorithm));
    check(&with(p256(), json!({ "alg": 1 })), Err(Unusable::Member("alg")));
}

#[test]
fn a_key_for_something_else_is_not_used() {
    check(&with(p256(), json!({ "use": "sig", "key_ops": ["verify"] })), Ok(&[Es256]));
    check(&with(p256(), json!({ "use": "enc" })), Err(Unusable::Purpose));
    check(&with(p256(), json!({ "use": null })), Err(Unusable::Member("use")));
    check(&with(p256(), json!({ "key_ops": ["sign"] })), Err(Unusable::Purpose));
    check(&with(p256(), json!({ "key_ops": [] })), Err(Unusable::Purpose));
    check(&with(p256(), json!({ "key_ops": "verify" })), Err(Unusable::Member("key_ops")));
    check(&with(p256(), json!({ "key_ops": ["verify", 1] })), Err(Unusable::Member("key_ops")));
}

#[test]
fn a_published_private_key_is_not_used() {
    for member in ["d", "p", "q", "dp", "dq", "qi", "oth"] {
        check(&with(rsa(), json!({ member: "AQAB" })), Err(Unusable::Private));
    }
    check(&with(p256(), json!({ "d": "AQAB" })), Err(Unusable::Private));
    check(&with(ed25519(), json!({ "d": "AQAB" })), Err(Unusable::Private));
}

#[test]
fn a_key_is_well_formed() {
    check(&json!({}), Err(Unusable::Member("kty")));
    check(&json!([]), Err(Unusable::Malformed));
    check(&with(rsa(), json!({ "kty": "rsa" })), Err(Unusable::Type));
    check(&with(rsa(), json!({ "kid": 1 })), Err(Unusable::Member("kid")));
    check(&with(p256(), json!({ "crv": "P-521" })), Err(Unusable::Curve));
    check(&with(ed25519(), json!({ "crv": "X25519" })), Err(Unusable::Curve));
    check(&with(shared(32), json!({ "k": "" })), Err(Unusable::Weak));
    check(&with(rsa(), json!({ "e": "AQAB=" })), Err(Unusable::Member("e")));
}

#[test]
fn a_point_is_on_its_curve() {
    let y = p256()["x"].clone();
    check(&with(p256(), json!({ "y": y })), Err(Unusable::Point));
    let zeros = base64url::encode(&[0; 32]);
    check(&with(p256(), json!({ "x": zeros, "y": zeros })), Err(Unusable::Point));
    let long = base64url::encode(&[1; 33]);
    check(&with(p256(), json!({ "x": long })), Err(Unusable::Member("x")));
    check(&with(p256(), json!({ "y": "AQ" })), Err(Unusable::Member("y")));
    check(&with(p256(), json!({ "crv": "P-384" })), Err(Unusable::Member("x")));
    // Points of small order: of order one, two and four.
    for point in [[&[1][..], &[0; 31]], [&[0xec][..], &[0xff; 31]], [&[0][..], &[0; 31]]] {
        let mut point = point.concat();
        if point[0] == 0xec {
            point[31] = 0x7f;
        }
        let x = base64url::encode(&point);
        check(&with(ed25519(), json!({ "x": x })), Err(Unusable::Weak));
    }
    check(&with(ed25519(), json!({ "x": "AA" })), Err(Unusable::Member("x")));
}

#[test]
fn a_modulus_is_neither_short_nor_long_nor_even() {
    let modulus = |first: u8, length: usize, last: u8| {
        let mut bytes = vec![0x5a; length];
        bytes[0] = first;
        bytes[length - 1] = last;
        with(rsa(), json!({ "n": base64url::encode(&bytes) }))
    };
    check(&modulus(0x80, 256, 1), Ok(RSA));
    check(&modulus(0x7f, 256, 1), Err(Unusable::Weak));
    check(&modulus(0xff, 256, 2), Err(Unusable::Weak));
    check(&modulus(0xff, 1024, 1), Ok(RSA));
    check(&modulus(1, 1025, 1), Err(Unusable::Weak));
    check(&with(rsa(), json!({ "n": "" })), Err(Unusable::Weak));
}

#[test]
fn an_exponent_is_odd_and_neither_small_nor_large() {
    for bytes in [&[3][..], &[0, 1, 0, 1], &[0xff, 0xff, 0xff, 0xff], &[0, 0, 0, 0, 0, 3]] {
        check(&with(rsa(), json!({ "e": base64url::encode(bytes) })), Ok(RSA));
    }
    for bytes in [&[][..], &[0], &[1], &[2], &[1, 0], &[1, 0, 0, 0, 1]] {
        check(&with(rsa(), json!({ "e": base64url::encode(bytes) })), Err(Unusable::Weak));
    }
}

#[test]
fn a_thumbprint_is_of_the_key_alone() {
    let thumbprint = |key: Value| {
        Key::parse(key.to_string().as_bytes()).expect("a key").thumbprint().to_string()
    };
    // RFC 7638 section 3.1, and RFC 8037 appendix A.3.
    assert_eq!(thumbprint(rsa()), "NzbLsXh8uDCcd-6MNwXF4W_7noWXFZAfHkxZsRGC9Xs");
    assert_eq!(thumbprint(ed25519()), "kPrK_qmxVWaYVA9wwBF6Iuo3vVzz7TxHCTwXBygrS4k");
    let named = with(rsa(), json!({ "kid": "a", "alg": "RS256", "use": "sig", "e": "AAEAAQ" }));
    assert_eq!(thumbprint(named), thumbprint(rsa()));
}

#[test]
fn a_secret_is_not_printed() {
    let key = Key::parse(shared(32).to_string().as_bytes()).expect("a key");
    assert_eq!(format!("{key:?}"), "Key { id: None, algorithm: None, .. }");
}

#[test]
fn a_set_is_an_object_with_keys() {
    check_set(r#"{"keys":[],"other":1}"#, Ok(0));
    for json in ["", "[]", "{", "null", "{}{}"] {
        check_set(json, Err(KeySetError::Malformed));
    }
    for json in ["{}", r#"{"keys":{}}"#, r#"{"Keys":[]}"#] {
        check_set(json, Err(KeySetError::NoKeys));
    }
    check_set(r#"{"keys":[],"keys":[]}"#, Err(KeySetError::Repeated));
    check_set(r#"{"keys":[{"kid":"a","kid":"b"}]}"#, Err(KeySetError::Repeated));
}

#[test]
fn a_set_has_limits() {
    let padded = |length: usize| r#"{"keys":[]}"#.to_owned() + &" ".repeat(length - 11);
    check_set(&padded(MAX_KEY_SET_BYTES), Ok(0));
    check_set(&padded(MAX_KEY_SET_BYTES + 1), Err(KeySetError::TooLong));
    let many = |count: usize| json!({ "keys": vec![p256(); count] }).to_string();
    check_set(&many(MAX_KEYS), Ok(MAX_KEYS));
    check_set(&many(MAX_KEYS + 1), Err(KeySetError::TooManyKeys));
    let deep = format!("{{\"keys\":{}", "[".repeat(9999));
    check_set(&deep, Err(KeySetError::TooDeep));
}

#[test]
fn a_key_that_cannot_be_used_is_skipped_with_its_reason() {
    let keys = json!({ "keys": [p256(), { "kty": "X", "kid": "a" }, 1, ed25519()] });
    let set = KeySet::parse(keys.to_string().as_bytes()).expect("a set");
    assert_eq!(set.keys().len(), 2);
    let skipped: Vec<_> = set
        .skipped()
        .iter()
        .map(|skipped| (skipped.index, skipped.key_id.as_deref(), skipped.reason))
        .collect();
    assert_eq!(skipped, [(1, Some("a"), Unusable::Type), (2, None, Unusable::Malformed)]);
}

#[test]
fn a_public_set_has_no_secrets() {
    check_set(&json!({ "keys": [shared(32), shared(64)] }).to_string(), Ok(2));
    check_set(&json!({ "keys": [shared(32), p256()] }).to_string(), Ok(1));
    // What is not understood is public too, for all we know.
    check_set(&json!({ "keys": [shared(32), { "kty": "X" }] }).to_string(), Ok(0));
}

#[test]
fn candidates_have_the_name_and_fit_the_algorithm() {
    let named = |key: Value, name: &str| with(key, json!({ "kid": name }));
    let keys = json!({ "keys": [
        named(p256(), "a"), named(ed25519(), "a"), named(rsa(), "b"), named(p256(), "b"), p256(),
    ] });
    let set = KeySet::parse(keys.to_string().as_bytes()).expect("a set");
    let count = |name, algorithm| set.candidates(name, algorithm).count();
    assert_eq!(count(Some("a"), Es256), 1);
    assert_eq!(count(Some("a"), EdDsa), 1);
    assert_eq!(count(Some("a"), Rs256), 0);
    assert_eq!(count(Some("A"), Es256), 0);
    assert_eq!(count(Some(""), Es256), 0);
    assert_eq!(count(None, Es256), 3);
    assert_eq!(count(None, Hs256), 0);
    let keys = json!({ "keys": vec![named(p256(), "a"); MAX_KEYS] }).to_string();
    let set = KeySet::parse(keys.as_bytes()).expect("a set");
    assert_eq!(set.candidates(Some("a"), Es256).count(), MAX_CANDIDATES);
    assert!(set.contains(set.keys()[0].thumbprint()));
    let other = Key::parse(rsa().to_string().as_bytes()).expect("a key");
    assert!(!set.contains(other.thumbprint()));
}

/// Answers as it is told, and remembers what it was asked.
struct Asked {
    answer: Option<bool>,
    asked: RefCell<Vec<Question>>,
}

/// The digest, the key and the signature.
type Question = (Digest, Vec<u8>, Vec<u8>);

impl Native for Asked {
    fn verify(&self, digest: Digest, key: &[u8], signature: &[u8], _: &[u8]) -> Option<bool> {
        self.asked.borrow_mut().push((digest, key.to_vec(), signature.to_vec()));
        self.answer
    }
}

/// The bytes that a member of a row spells, if it has the member.
fn bytes(row: &Value, name: &str) -> Option<Vec<u8>> {
    row[name].as_str().map(hex)
}

#[test]
fn a_proxy_is_asked_in_der_and_its_word_counts() {
    for row in OPENSSL.lines().map(|line| serde_json::from_str::<Value>(line).expect("a row")) {
        let key = Key::parse(row["key"].to_string().as_bytes()).expect("a key");
        let algorithm: Algorithm = row["alg"].as_str().expect("a name").parse().expect("known");
        let message = bytes(&row, "message").expect("a message");
        let mut signature = bytes(&row, "signature").expect("a signature");
        let verify = |signature: &[u8], native: &dyn Native| {
            key.verify_bytes(algorithm, &message, signature, native).map(|_| ())
        };
        assert_eq!(verify(&signature, &PureRust), Ok(()), "{}", row["id"]);
        let asked = bytes(&row, "signature_der")
            .map(|der| vec![(algorithm.digest(), bytes(&row, "key_der").expect("a key"), der)]);
        for answer in [None, Some(true), Some(false)] {
            let native = Asked { answer, asked: RefCell::default() };
            let refused = asked.is_some() && answer == Some(false);
            let expected = if refused { Err(Refusal::Signature) } else { Ok(()) };
            assert_eq!(verify(&signature, &native), expected, "{}", row["id"]);
            assert_eq!(native.asked.into_inner(), asked.clone().unwrap_or_default());
        }
        // What is malformed is refused before a proxy is asked.
        let native = Asked { answer: Some(true), asked: RefCell::default() };
        for signature in [&signature[1..], &[&[0][..], &signature].concat(), &[]] {
            assert_eq!(verify(signature, &native), Err(Refusal::Signature));
        }
        assert_eq!(verify(&vec![0xff; signature.len()], &native), Err(Refusal::Signature));
        assert_eq!(native.asked.into_inner(), []);
        signature[1] ^= 1;
        assert_eq!(verify(&signature, &PureRust), Err(Refusal::Signature));
    }
}

/// The signer of RFC 8037 appendix A can make such a signature: the equation holds, but its first
/// half is a point of small order.
#[test]
fn a_signature_with_a_point_of_small_order_is_refused() {
    let key = Key::parse(ed25519().to_string().as_bytes()).expect("a key");
    let signature = base64url::decode(
        "AQAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAB1bPmx1vDXqXm50q89\
        wrwSlOx8ttqiDq_1NMAk_FeSDw",
    )
    .expect("base64url");
    let verdict = key.verify_bytes(EdDsa, b"", &signature, &PureRust);
    assert_eq!(verdict, Err(Refusal::Signature));
}

#[test]
fn a_key_refuses_the_algorithms_of_others() {
    let key = Key::parse(rsa().to_string().as_bytes()).expect("a key");
    for algorithm in [Es256, Es384, EdDsa, Hs256, Hs384, Hs512] {
        let verdict = key.verify_bytes(algorithm, b"", b"", &PureRust);
        assert_eq!(verdict, Err(Refusal::Algorithm(algorithm)));
    }
}
