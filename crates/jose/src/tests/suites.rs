//! Cases that others have written. Every row is judged; where the verdict here is another than
//! theirs, the row is listed with the reason.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::Value;

use super::hex;

use crate::{Algorithm, Claims, Expiry, Jws, Key, KeySet, PureRust, Refusal, Validation};

const WYCHEPROOF_JWS: &str = include_str!("../../tests/data/wycheproof_jws.jsonl");
const WYCHEPROOF_SIGNATURES: &str = include_str!("../../tests/data/wycheproof_sig.json");
const COOKBOOK: &str = include_str!("../../tests/data/rfc_cookbook_jws.jsonl");
const JWT_VERIFY_LIB: &str = include_str!("../../tests/data/google_jwt_verify_lib.jsonl");
const AUDIENCES: &str = include_str!("../../tests/data/audience_table.jsonl");

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Verdict {
    Accept,
    Reject,
}

use Verdict::{Accept, Reject};

impl Verdict {
    fn of(accepted: bool) -> Self {
        if accepted { Accept } else { Reject }
    }
}

/// Compares the verdicts on all rows with the expected ones and with the differences on purpose.
#[track_caller]
fn check(verdicts: &[(String, Verdict, Verdict)], differ: &[&str], rows: usize) {
    assert_eq!(verdicts.len(), rows, "every row is judged");
    let found: Vec<&str> = verdicts
        .iter()
        .filter(|(_, expected, verdict)| expected != verdict)
        .map(|(id, _, _)| id.as_str())
        .collect();
    assert_eq!(found, differ);
}

fn rows(suite: &str) -> Vec<Value> {
    suite.lines().map(|line| serde_json::from_str(line).expect("a row is JSON")).collect()
}

fn text<'a>(row: &'a Value, name: &str) -> &'a str {
    row[name].as_str().expect("a string")
}

/// Whether a set of keys, or a single one, verifies a token.
fn verify(keys: &Value, token: &str) -> Result<Vec<u8>, Refusal> {
    let json = match keys.get("keys") {
        Some(_) => keys.to_string(),
        None => format!("{{\"keys\":[{keys}]}}"),
    };
    let keys = KeySet::parse(json.as_bytes()).expect("a key set");
    let jws = Jws::parse(token)?;
    let mut refusal = Refusal::NoKey;
    for key in keys.candidates(jws.key_id(), jws.algorithm()) {
        match key.verify(&jws, &PureRust) {
            Ok(_) => return Ok(jws.payload().to_vec()),
            Err(error) => refusal = error,
        }
    }
    Err(refusal)
}

#[test]
fn wycheproof_tokens() {
    let verdicts: Vec<_> = rows(WYCHEPROOF_JWS)
        .iter()
        .map(|row| {
            let expected = Verdict::of(text(row, "expect") == "accept");
            let verdict = Verdict::of(verify(&row["key"], text(row, "jws")).is_ok());
            (text(row, "id").to_owned(), expected, verdict)
        })
        .collect();
    let differ = [
        // ES512 is not implemented: no gateway we know of accepts it.
        "wp-jws-347",
        "wp-jws-351",
    ];
    check(&verdicts, &differ, 253);
}

#[test]
fn wycheproof_signatures() {
    let suite: Value = serde_json::from_str(WYCHEPROOF_SIGNATURES).expect("the suite is JSON");
    let keys: Vec<_> = suite["keys"]
        .as_array()
        .expect("keys")
        .iter()
        .map(|key| Key::parse(key.to_string().as_bytes()))
        .collect();
    let verdicts: Vec<_> = suite["tests"]
        .as_array()
        .expect("tests")
        .iter()
        .map(|row| {
            let index = usize::try_from(row["jwk"].as_u64().expect("an index")).expect("small");
            let good = keys[index].as_ref().is_ok_and(|key| {
                // The salt is not part of the name: a signature without one claims to be PS256.
                let name = text(row, "alg").trim_end_matches("-salt0");
                let Ok(algorithm) = name.parse::<Algorithm>() else { return false };
                let (message, signature) = (hex(text(row, "msg")), hex(text(row, "sig")));
                key.verify_bytes(algorithm, &message, &signature, &PureRust).is_ok()
            });
            let valid = text(row, "result") == "valid";
            let expected = valid && why_refused(row, &suite["keys"][index]).is_none();
            (text(row, "id").to_owned(), Verdict::of(expected), Verdict::of(good))
        })
        .collect();
    check(&verdicts, &[], 1839);
}

/// Why a signature is refused here although it is good as far as cryptography goes. What is
/// acceptable to the suite but not valid is refused too.
fn why_refused(row: &Value, key: &Value) -> Option<&'static str> {
    let shortest = match text(row, "alg") {
        "ES512" => return Some("ES512 is not implemented"),
        "PS256-salt0" => return Some("RFC 7518 section 3.5: the salt is as long as the digest"),
        "HS256" => 32,
        "HS384" => 48,
        "HS512" => 64,
        _ => return None,
    };
    let is_short = text(key, "k").len() * 3 / 4 < shortest;
    is_short.then_some("RFC 7518 section 3.2: a secret is no shorter than the digest")
}

#[test]
fn cookbook() {
    let verdicts: Vec<_> = rows(COOKBOOK)
        .iter()
        .map(|row| {
            let keys = serde_json::json!({ "keys": row["keys"] });
            let good = row["compact"].as_str().is_some_and(|token| {
                verify(&keys, token).is_ok_and(|payload| payload == text(row, "payload").as_bytes())
            });
            (text(row, "id").to_owned(), Accept, Verdict::of(good))
        })
        .collect();
    let differ = [
        // The payload is not in the token, and there is no other place to look for it.
        "cookbook-4_5.signature_with_detached_content",
        // These have no compact serialization.
        "cookbook-4_6.protecting_specific_header_fields",
        "cookbook-4_8.multiple_signatures",
        "cookbook-4.2.hmac-sha2_b64_false",
        // Unencoded payloads are refused.
        "cookbook-hmac-sha2_b64_false",
    ];
    check(&verdicts, &differ, 7);
}

#[test]
fn jwt_verify_lib() {
    let verdicts: Vec<_> = rows(JWT_VERIFY_LIB)
        .iter()
        .map(|row| {
            let good = match text(row, "kind") {
                "jwks" => KeySet::parse(text(row, "keys").as_bytes())
                    .is_ok_and(|keys| !keys.keys().is_empty()),
                "parse" => Jws::parse(text(row, "token"))
                    .is_ok_and(|jws| Claims::parse(jws.payload()).is_ok()),
                _ => serde_json::from_str(text(row, "keys")).is_ok_and(|keys| accept(&keys, row)),
            };
            let expected = matches!(text(row, "expect"), "accept" | "keys_ok" | "parse_ok");
            (text(row, "id").to_owned(), Verdict::of(expected), Verdict::of(good))
        })
        .collect();
    let differ = [
        // The only Ed25519 key of these is not a point on the curve, which Envoy learns too late.
        "jvl-JwksParseTest.GoodOKP.1",
        "jvl-JwksParseTest.JwksIgnoreUnsupportedKey.1",
        // ES512 is not implemented.
        "jvl-JwksParseTest.JwksECMatchAlgES512CrvP521.1",
        // RFC 7518 section 6.2.1.1: `crv` must be present. Envoy guesses it from `alg`.
        "jvl-JwksParseTest.JwkECMissingCrv.1",
        "jvl-JwksParseTest.JwksECUnspecifiedCrv.1",
        // A map of X.509 certificates is not a key set.
        "jvl-JwksParseTest.RealJwksX509.1",
        // PEM is not a key set.
        "jvl-JwksParseTest.goodPEMRSA.1",
        "jvl-JwksParseTest.goodPEMEC.1",
        "jvl-JwksParseTest.goodPEMEd25519.1",
        // ES512 is not implemented.
        "jvl-VerifyJwkECTest.KidES512OK.1",
        // The time is 1, so the token was issued in the future. Envoy does not judge `iat`.
        "jvl-VerifyJwkRsaPssTest.Ps384CorrectKidOK.1",
        // PEM is not a key set.
        "jvl-VerifyPKCSTestRs256.OKPem.1",
        "jvl-VerifyPKCSTestES384.OKPem.1",
        "jvl-VerifyPKCSTestES512.OKPem.1",
        "jvl-VerifyPEMTestOKP.VerifyOK.1",
        "jvl-VerifyPKCSTestRs256.OKPem.1",
        // A map of X.509 certificates is not a key set.
        "jvl-VerifyX509Test.NoKidToken.1",
        "jvl-VerifyX509Test.RealToken.1",
    ];
    check(&verdicts, &differ, 85);
}

/// Whether keys verify the token of a row, and its claims are valid at the row's time.
fn accept(keys: &Value, row: &Value) -> bool {
    if keys.get("keys").is_none() {
        return false;
    }
    let Ok(claims) = verify(keys, text(row, "token")).and_then(|text| Claims::parse(&text)) else {
        return false;
    };
    let validation = Validation {
        issuers: claims.issuer().map(str::to_owned).into_iter().collect(),
        expiry: Expiry::Optional,
        ..Validation::default()
    };
    let now = Duration::from_secs(row["now"].as_u64().unwrap_or(1));
    validation.check(&claims, now).is_ok()
}

/// Envoy takes `http://` and a slash at the end off before it compares; API Gateway compares
/// exactly, and so does RFC 7519 section 4.1.3. The rule is the expectation here.
#[test]
fn audiences_are_compared_exactly() {
    let rows = rows(AUDIENCES);
    for row in &rows {
        let strings = |name: &str| -> Vec<String> {
            serde_json::from_value(row[name].clone()).expect("strings")
        };
        let (configured, named) = (strings("configured"), strings("token_aud"));
        let exactly = named.iter().any(|name| configured.contains(name));
        let claims = serde_json::json!({ "iss": "", "aud": named }).to_string();
        let validation = Validation {
            issuers: vec![String::new()],
            audiences: Some(configured),
            expiry: Expiry::Optional,
            ..Validation::default()
        };
        let claims = Claims::parse(claims.as_bytes()).expect("claims");
        let verdict = validation.check(&claims, Duration::ZERO);
        assert_eq!(verdict, if exactly { Ok(()) } else { Err(Refusal::Audience) }, "{row}");
    }
    assert_eq!(rows.len(), 21, "every row is judged");
}
