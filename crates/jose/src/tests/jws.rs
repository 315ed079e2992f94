#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{
    Algorithm, Jws, MAX_DEPTH, MAX_HEADER_BYTES, MAX_TOKEN_BYTES, Part, Refusal, base64url,
};

/// A token with this header, the payload `{}` and a signature of one byte.
fn token(header: &str) -> String {
    format!("{}.e30.AA", base64url::encode(header.as_bytes()))
}

#[track_caller]
fn check(token: &str, expected: Result<(Algorithm, Option<&str>), Refusal>) {
    let jws = Jws::parse(token);
    assert_eq!(jws.as_ref().map(|jws| (jws.algorithm(), jws.key_id())).map_err(|no| *no), expected);
}

#[track_caller]
fn check_header(header: &str, expected: Result<(Algorithm, Option<&str>), Refusal>) {
    check(&token(header), expected);
}

#[test]
fn a_token_is_taken_apart() {
    let token = token(r#"{"alg":"RS256","kid":"a"}"#);
    let jws = Jws::parse(&token).expect("a token");
    assert_eq!(jws.signing_input(), token.trim_end_matches(".AA").as_bytes());
    assert_eq!(jws.payload(), b"{}");
    assert_eq!(jws.signature(), [0]);
}

#[test]
fn a_token_has_three_parts() {
    let header = base64url::encode(br#"{"alg":"RS256"}"#);
    for token in ["", ".", "a", "a.b", "...", ". ."] {
        assert!(Jws::parse(token).is_err(), "{token}");
    }
    check(&format!("{header}.e30"), Err(Refusal::NotCompact));
    check(&format!("{header}.e30.AA."), Err(Refusal::NotCompact));
    check(&format!("{header}.a.b.c.d"), Err(Refusal::Encrypted));
    check(&format!("{header}.a.b.c.d.e"), Err(Refusal::NotCompact));
    check(&format!("{header}.."), Ok((Algorithm::Rs256, None)));
}

#[test]
fn a_part_has_one_spelling() {
    let header = base64url::encode(br#"{"alg":"RS256"}"#);
    // `AB` spells the byte of `AA` with a trailing bit that is not zero.
    for part in ["AB", "AA==", "A", "A+", "A/", " AA", "AA\n", "A A", "\u{e9}", "AA\0"] {
        check(&format!("{header}.{part}.AA"), Err(Refusal::NotBase64Url(Part::Payload)));
        check(&format!("{header}.e30.{part}"), Err(Refusal::NotBase64Url(Part::Signature)));
        check(&format!("{part}.e30.AA"), Err(Refusal::NotBase64Url(Part::Header)));
    }
}

#[test]
fn a_header_is_one_object_that_says_everything_once() {
    for header in ["", "null", "[]", "{", "{} {}", "{,}", "\u{feff}{}", r#"{"a":1e999}"#, "{'a':1}"]
    {
        check_header(header, Err(Refusal::Malformed(Part::Header)));
    }
    for header in [
        r#"{"alg":"RS256","alg":"none"}"#,
        r#"{"alg":"none","\u0061lg":"RS256"}"#,
        r#"{"alg":"RS256","x":{"a":1,"a":1}}"#,
        r#"{"alg":"RS256","x":[[{"a":1,"a":1}]]}"#,
    ] {
        check_header(header, Err(Refusal::Repeated(Part::Header)));
    }
    let bytes = format!("{}.e30.AA", base64url::encode(b"{\"alg\":\"RS256\",\"a\":\"\xff\"}"));
    check(&bytes, Err(Refusal::Malformed(Part::Header)));
}

#[test]
fn an_algorithm_is_named_exactly() {
    for algorithm in Algorithm::ALL {
        check_header(&format!(r#"{{"alg":"{algorithm}"}}"#), Ok((algorithm, None)));
    }
    for name in ["none", "None", "NONE", "", "rs256", "RS256 ", "ES512", "EDDSA", "dir"] {
        check_header(&format!(r#"{{"alg":"{name}"}}"#), Err(Refusal::UnknownAlgorithm));
    }
    for header in ["{}", r#"{"alg":null}"#, r#"{"alg":["RS256"]}"#, r#"{"Alg":"RS256"}"#] {
        check_header(header, Err(Refusal::NoAlgorithm));
    }
}

#[test]
fn a_key_id_is_a_string() {
    let named = |value: &str| format!(r#"{{"alg":"EdDSA","kid":{value}}}"#);
    check_header(&named(r#""""#), Ok((Algorithm::EdDsa, Some(""))));
    check_header(&named(r#""a\u0000b""#), Ok((Algorithm::EdDsa, Some("a\0b"))));
    for value in ["1", "null", "[\"a\"]", "{}", "true"] {
        check_header(&named(value), Err(Refusal::KeyIdMalformed));
    }
}

#[test]
fn what_would_change_the_meaning_is_refused() {
    let with = |member: &str| format!(r#"{{"alg":"RS256",{member}}}"#);
    for (member, refusal) in [
        (r#""crit":[]"#, Refusal::Critical),
        (r#""crit":["exp"]"#, Refusal::Critical),
        (r#""crit":null"#, Refusal::Critical),
        (r#""b64":true"#, Refusal::Unencoded),
        (r#""jwk":{"kty":"oct","k":"AA"}"#, Refusal::EmbeddedKey),
        (r#""jku":"https://example.com""#, Refusal::EmbeddedKey),
        (r#""x5u":"https://example.com""#, Refusal::EmbeddedKey),
        (r#""enc":"A128GCM""#, Refusal::Encrypted),
    ] {
        check_header(&with(member), Err(refusal));
    }
    for member in [r#""typ":"at+jwt""#, r#""cty":"JWT""#, r#""x5c":["AA"]"#, r#""x5t":"AA""#] {
        check_header(&with(member), Ok((Algorithm::Rs256, None)));
    }
}

#[test]
fn everything_has_a_limit() {
    check(&"a".repeat(MAX_TOKEN_BYTES + 1), Err(Refusal::TooLong));
    check(&"a".repeat(MAX_TOKEN_BYTES), Err(Refusal::NotCompact));
    let padded = |spaces: usize| format!("{{\"alg\":\"RS256\"{}}}", " ".repeat(spaces));
    let room = MAX_HEADER_BYTES - padded(0).len();
    check_header(&padded(room), Ok((Algorithm::Rs256, None)));
    check_header(&padded(room + 1), Err(Refusal::PartTooLong(Part::Header)));
    let nested = |depth: usize| {
        format!(r#"{{"alg":"RS256","x":{}{}}}"#, "[".repeat(depth), "]".repeat(depth))
    };
    let deepest = usize::from(MAX_DEPTH) - 1;
    check_header(&nested(deepest), Ok((Algorithm::Rs256, None)));
    check_header(&nested(deepest + 1), Err(Refusal::TooDeep(Part::Header)));
    check_header(&nested(2000), Err(Refusal::TooDeep(Part::Header)));
}

#[test]
fn a_refusal_can_be_quoted_in_a_header() {
    use crate::Claim;
    for refusal in [
        Refusal::TooLong,
        Refusal::NotCompact,
        Refusal::NotBase64Url(Part::Signature),
        Refusal::Algorithm(Algorithm::Hs256),
        Refusal::Invalid(Claim::NotBefore),
        Refusal::NoKey,
        Refusal::Expired,
    ] {
        let text = refusal.to_string();
        let is_fit = |byte: u8| matches!(byte, b' '..=b'~') && byte != b'"' && byte != b'\\';
        assert!(text.bytes().all(is_fit), "{text}");
    }
    assert_eq!(Refusal::Algorithm(Algorithm::Hs256).to_string(), "signing method HS256 is invalid");
}
