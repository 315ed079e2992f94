#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};

use crate::{Claim, Claims, Expiry, Part, Refusal, RequiredClaim, Validation};

const NOW: Duration = Duration::from_secs(1_000_000);

fn validation() -> Validation {
    Validation {
        issuers: vec!["https://issuer".to_owned(), "other".to_owned()],
        audiences: Some(vec!["web".to_owned(), "app".to_owned()]),
        leeway: Duration::from_secs(10),
        ..Validation::default()
    }
}

/// Judges acceptable claims in which `changes` are made; a change to `null` takes a claim away.
#[track_caller]
fn check_by(validation: &Validation, changes: Value, expected: Result<(), Refusal>) {
    let mut claims = json!({ "iss": "https://issuer", "aud": "web", "exp": 1_000_060 });
    for (name, value) in changes.as_object().expect("changes") {
        match value {
            Value::Null => claims.as_object_mut().expect("claims").remove(name),
            value => claims.as_object_mut().expect("claims").insert(name.clone(), value.clone()),
        };
    }
    let text = claims.to_string();
    let verdict = Claims::parse(text.as_bytes()).and_then(|claims| validation.check(&claims, NOW));
    assert_eq!(verdict, expected, "{text}");
}

#[track_caller]
fn check(changes: Value, expected: Result<(), Refusal>) {
    check_by(&validation(), changes, expected);
}

#[track_caller]
fn check_text(text: &str, expected: Refusal) {
    assert_eq!(Claims::parse(text.as_bytes()), Err(expected), "{text}");
}

#[test]
fn claims_are_one_object_that_says_everything_once() {
    for text in ["", "null", "[]", "{", "{}{}", "\u{feff}{}", r#"{"a":"\ud800"}"#] {
        check_text(text, Refusal::Malformed(Part::Payload));
    }
    check_text(r#"{"exp":1,"\u0065xp":2}"#, Refusal::Repeated(Part::Payload));
    check_text(r#"{"a":[{"b":1,"b":1}]}"#, Refusal::Repeated(Part::Payload));
    check_text(&format!("{{\"a\":{}", "[".repeat(9999)), Refusal::TooDeep(Part::Payload));
    check_text(&" ".repeat(99_999), Refusal::PartTooLong(Part::Payload));
    assert!(Claims::parse(b"{\"a\":1e300,\"b\":{\"a\":1}}").is_ok());
}

#[test]
fn the_default_trusts_nobody() {
    check_by(&Validation::default(), json!({}), Err(Refusal::Issuer));
}

#[test]
fn an_issuer_is_compared_exactly() {
    check(json!({}), Ok(()));
    check(json!({ "iss": "other" }), Ok(()));
    for issuer in [json!("https://issuer/"), json!("HTTPS://ISSUER"), json!(""), json!(null)] {
        check(json!({ "iss": issuer }), Err(Refusal::Issuer));
    }
    for issuer in [json!(1), json!(["other"]), json!({})] {
        check(json!({ "iss": issuer }), Err(Refusal::Invalid(Claim::Issuer)));
    }
    check_text(r#"{"iss":null}"#, Refusal::Invalid(Claim::Issuer));
}

#[test]
fn a_registered_claim_is_of_its_type() {
    check(json!({ "sub": 1 }), Err(Refusal::Invalid(Claim::Subject)));
    check(json!({ "jti": [] }), Err(Refusal::Invalid(Claim::Id)));
    check(json!({ "sub": "a", "jti": "b", "nonce": [1] }), Ok(()));
}

#[test]
fn an_audience_is_one_of_those_configured() {
    check(json!({ "aud": ["x", "app"] }), Ok(()));
    for audience in [json!("we"), json!("web "), json!("WEB"), json!([]), json!(["we", "b"])] {
        check(json!({ "aud": audience }), Err(Refusal::Audience));
    }
    for audience in [json!(1), json!({ "0": "web" }), json!(["web", 1]), json!(["x", ["web"]])] {
        check(json!({ "aud": audience }), Err(Refusal::Audience));
    }
    check_text(r#"{"aud":null}"#, Refusal::Audience);
}

#[test]
fn a_client_stands_in_for_an_audience_that_is_absent() {
    check(json!({ "aud": null, "client_id": "web" }), Ok(()));
    check(json!({ "aud": null, "client_id": ["web"] }), Err(Refusal::Audience));
    check(json!({ "aud": null }), Err(Refusal::Audience));
    check(json!({ "aud": [], "client_id": "web" }), Err(Refusal::Audience));
    check(json!({ "aud": "x", "client_id": "web" }), Err(Refusal::Audience));
    let unjudged = Validation { audiences: None, ..validation() };
    check_by(&unjudged, json!({ "aud": null }), Ok(()));
    let nobody = Validation { audiences: Some(Vec::new()), ..validation() };
    check_by(&nobody, json!({}), Err(Refusal::Audience));
}

#[test]
fn a_token_is_valid_until_it_expires() {
    check(json!({ "exp": 999_990.5 }), Ok(()));
    check(json!({ "exp": 999_990 }), Err(Refusal::Expired));
    check(json!({ "exp": 0 }), Err(Refusal::Expired));
    check(json!({ "exp": -0.0 }), Err(Refusal::Expired));
    check(json!({ "exp": null }), Err(Refusal::Missing(Claim::Expiry)));
    let lasting = Validation { expiry: Expiry::Optional, ..validation() };
    check_by(&lasting, json!({ "exp": null }), Ok(()));
    check_by(&lasting, json!({ "exp": 1 }), Err(Refusal::Expired));
}

#[test]
fn a_token_is_not_from_the_future() {
    check(json!({ "nbf": 1_000_010, "iat": 1_000_010 }), Ok(()));
    check(json!({ "nbf": 1_000_010.5 }), Err(Refusal::NotYetValid));
    check(json!({ "iat": 1_000_011 }), Err(Refusal::IssuedInFuture));
}

#[test]
fn a_time_is_a_number_in_range() {
    for (name, claim) in
        [("exp", Claim::Expiry), ("nbf", Claim::NotBefore), ("iat", Claim::IssuedAt)]
    {
        for time in ["\"1\"", "true", "null", "[]", "{}", "-1", "-0.5", "1e300", "9007199254740992"]
        {
            check_text(&format!(r#"{{"{name}":{time}}}"#), Refusal::Invalid(claim));
        }
        check_text(&format!(r#"{{"{name}":1e999}}"#), Refusal::Malformed(Part::Payload));
        check_text(&format!(r#"{{"{name}":NaN}}"#), Refusal::Malformed(Part::Payload));
    }
}

#[test]
fn a_required_claim_has_one_of_its_values() {
    let requiring = |values: Option<Vec<Value>>| Validation {
        required: vec![RequiredClaim { name: "use".to_owned(), values }],
        ..validation()
    };
    let refused = Err(Refusal::RequiredClaim);
    let any = requiring(None);
    check_by(&any, json!({ "use": false }), Ok(()));
    check_by(&any, json!({}), refused);
    let listed = requiring(Some(vec![json!("access"), json!(1)]));
    check_by(&listed, json!({ "use": "access" }), Ok(()));
    check_by(&listed, json!({ "use": 1 }), Ok(()));
    check_by(&listed, json!({ "use": ["id", "access"] }), Ok(()));
    for value in [json!("Access"), json!("1"), json!([]), json!([["access"]]), json!(null)] {
        check_by(&listed, json!({ "use": value }), refused);
    }
    check_by(&requiring(Some(Vec::new())), json!({ "use": "access" }), refused);
}

#[test]
fn scopes_are_words_or_an_array() {
    #[track_caller]
    fn check(claims: &str, expected: Option<&[&str]>) {
        let claims = Claims::parse(claims.as_bytes()).expect("claims");
        assert_eq!(claims.scopes().as_deref(), expected);
    }
    check(r#"{"scope":"read write  read"}"#, Some(&["read", "write", "read"]));
    check(r#"{"scope":"a\tb"}"#, Some(&["a\tb"]));
    check(r#"{"scope":""}"#, Some(&[]));
    check(r#"{"scp":"a b"}"#, Some(&["a", "b"]));
    check(r#"{"scp":["a","b c"]}"#, Some(&["a", "b c"]));
    check(r#"{"scope":"a","scp":["b"]}"#, Some(&["a"]));
    check(r#"{"scope":["a"],"scp":["b"]}"#, None);
    check(r#"{"scp":["a",1]}"#, None);
    check(r#"{"scp":null}"#, None);
    check("{}", None);
}
