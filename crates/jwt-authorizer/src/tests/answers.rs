//! What a caller is told, byte for byte.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Policy, Verdict};

use super::tokens::{NOW, token, token_by};
use super::{authorizer, bearing, config};
use crate::Notes;

#[track_caller]
fn check(
    scopes: &[&str],
    mut exchange: Exchange,
    status: u16,
    fault: Fault,
    challenge: &str,
    body: &str,
) {
    let authorizer = authorizer(&config(&json!({ "scopes": scopes })));
    let verdict = authorizer.on_request(&mut Notes::default(), &mut exchange, &FakeHost::at(NOW));
    let Verdict::Respond(response) = verdict else { panic!("{verdict:?}") };
    let fields: Vec<_> = response
        .headers
        .iter()
        .map(|(name, value)| format!("{}: {}", name.escape_ascii(), String::from_utf8_lossy(value)))
        .collect();
    let challenge = format!("www-authenticate: {challenge}");
    assert_eq!(fields, ["content-type: application/json", &challenge]);
    assert_eq!(response.status, status);
    assert_eq!(String::from_utf8_lossy(&response.body), body);
    assert_eq!(exchange.context.error, Some(fault));
    assert!(exchange.context.authorizer_error.is_some());
    assert!(exchange.context.authorizer.is_none(), "who is refused is nobody");
}

const UNAUTHORIZED: &str = r#"{"message":"Unauthorized"}"#;

#[test]
fn no_token_is_asked_for_one() {
    for scopes in [&[][..], &["read"]] {
        let nobody = Exchange::default();
        check(scopes, nobody, 401, Fault::Unauthorized, "Bearer", UNAUTHORIZED);
    }
}

#[test]
fn a_bad_token_is_told_what_is_bad_about_it() {
    #[track_caller]
    fn bad(token: &str, description: &str) {
        let invalid = |scopes: &str| {
            format!(
                "Bearer scope=\"{scopes}\" error=\"invalid_token\" error_description=\"{description}\""
            )
        };
        check(&[], bearing(token), 401, Fault::Unauthorized, &invalid(""), UNAUTHORIZED);
        let scopes = ["read", "write"];
        let challenge = invalid("read write");
        check(&scopes, bearing(token), 401, Fault::Unauthorized, &challenge, UNAUTHORIZED);
    }
    let of = |changes: &Value| token(changes);
    bad(&of(&json!({ "aud": "others" })), "the token does not have a valid audience");
    bad(&of(&json!({ "iss": "https://other.example" })), "issuer does not match");
    bad(&of(&json!({ "exp": 1 })), "the token has expired");
    bad(&of(&json!({ "nbf": 2_000_000 })), "the token is not valid yet");
    bad(&of(&json!({ "iat": 2_000_000 })), "the token was issued in the future");
    bad(&token_by(1, Some("two"), &json!({})), "unable to find key");
    bad(&token_by(2, Some("one"), &json!({})), "the token signature is invalid");
    bad("eyJhbGciOiJub25lIn0.e30.", "signing method is unknown");
    bad("token", "the token contains an invalid number of segments");
    bad("a\"b\r\n.c.d", "the token header is not base64url");
}

#[test]
fn a_token_that_does_not_reach_this_far_is_told_what_would() {
    let challenge = "Bearer scope=\"read write\" error=\"insufficient_scope\" \
                     error_description=\"the token does not have any of the required scopes\"";
    let token = token(&json!({ "scope": "other" }));
    check(
        &["read", "write"],
        bearing(&token),
        403,
        Fault::AccessDenied,
        challenge,
        r#"{"message":"Forbidden"}"#,
    );
}

#[test]
fn what_a_token_says_is_in_no_answer() {
    let secret = "c2VjcmV0LXNhdWNl";
    let authorizer = authorizer(&config(&json!({})));
    for changes in [json!({ "aud": secret }), json!({ "iss": secret }), json!({ "sub": [secret] })]
    {
        let host = FakeHost::at(NOW);
        let mut exchange = bearing(&token_by(1, Some(secret), &changes));
        let verdict = authorizer.on_request(&mut Notes::default(), &mut exchange, &host);
        assert!(matches!(&verdict, Verdict::Respond(_)));
        assert!(!format!("{verdict:?}{:?}", host.logged()).contains(secret));
        let why = exchange.context.authorizer_error.expect("a reason");
        assert!(!why.contains(secret));
    }
}
