//! What Cognito's user pools ask of a token besides.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::AuthorizerKind;
use tollgate_policy::fake::FakeHost;

use super::tokens::{NOW, token};
use super::{authorizer, bearing, compile, config, issuer, merge, outcome};

/// An authorizer of a user pool, for a route with these scopes.
fn pool(scopes: &Value, rules: &Value) -> Value {
    let mut made = issuer(&json!({ "audiences": "unchecked" }));
    merge(&mut made, &json!({ "scopes": scopes, "user_pools": rules }));
    made
}

#[track_caller]
fn check(config: &Value, claims: &Value, expected: &str) {
    let host = FakeHost::at(NOW);
    assert_eq!(outcome(&authorizer(config), &mut bearing(&token(claims)), &host), expected);
}

const NOT_ID: &str = "401 the token is not an ID token, which a route without scopes wants";
const NOT_ACCESS: &str = "401 the token is not an access token, which a route with scopes wants";

#[test]
fn a_route_without_scopes_wants_an_id_token() {
    let pool = pool(&json!([]), &json!({}));
    check(&pool, &json!({ "token_use": "id" }), "admitted");
    check(&pool, &json!({ "token_use": "id", "aud": "any client" }), "admitted");
    check(&pool, &json!({ "token_use": "access", "scope": "read" }), NOT_ID);
    check(&pool, &json!({}), NOT_ID);
    check(&pool, &json!({ "token_use": ["id"] }), NOT_ID);
}

#[test]
fn a_route_with_scopes_wants_an_access_token_with_one_of_them() {
    let pool = pool(&json!(["read", "write"]), &json!({}));
    check(&pool, &json!({ "token_use": "access", "scope": "other write" }), "admitted");
    check(&pool, &json!({ "token_use": "id", "scope": "read" }), NOT_ACCESS);
    let wrong = "401 the token does not have any of the required scopes";
    check(&pool, &json!({ "token_use": "access", "scope": "other" }), wrong);
    check(&pool, &json!({ "token_use": "access" }), wrong);
}

#[test]
fn the_expression_matches_the_whole_audience_of_an_id_token() {
    let rules = json!({ "identity_validation_expression": "client-[0-9]|shop" });
    let only = pool(&json!([]), &rules);
    let wrong = "401 the audience does not match `identityValidationExpression`";
    check(&only, &json!({ "token_use": "id", "aud": "client-1" }), "admitted");
    check(&only, &json!({ "token_use": "id", "aud": "shop" }), "admitted");
    check(&only, &json!({ "token_use": "id", "aud": "client-12" }), wrong);
    check(&only, &json!({ "token_use": "id", "aud": "my shop" }), wrong);
    check(&only, &json!({ "token_use": "id", "aud": ["shop"] }), wrong);
    check(&only, &json!({ "token_use": "id", "aud": null }), wrong);
    let scopes = pool(&json!(["read"]), &rules);
    check(&scopes, &json!({ "token_use": "access", "scope": "read", "aud": null }), wrong);
}

#[test]
fn what_the_client_and_the_integration_are_told_is_what_cognito_says() {
    let authorizer = authorizer(&pool(&json!([]), &json!({})));
    let host = FakeHost::at(NOW);
    let mut exchange = bearing(&token(&json!({ "token_use": "id" })));
    assert_eq!(outcome(&authorizer, &mut exchange, &host), "admitted");
    let kind = exchange.context.authorizer.map(|caller| caller.kind);
    assert_eq!(kind, Some(AuthorizerKind::Cognito));

    let mut exchange = bearing(&token(&json!({ "token_use": "id", "exp": NOW.as_secs() })));
    assert_eq!(outcome(&authorizer, &mut exchange, &host), "401 the token has expired");
    let told = exchange.context.error_message;
    assert_eq!(told.as_deref(), Some("The incoming token has expired"));

    let mut exchange = bearing(&token(&json!({ "exp": NOW.as_secs() })));
    let plain = super::authorizer(&config(&json!({})));
    assert_eq!(outcome(&plain, &mut exchange, &host), "401 the token has expired");
    assert_eq!(exchange.context.error_message, None);
}

#[test]
fn an_expression_that_is_none_is_refused() {
    #[track_caller]
    fn refused(expression: &str, expected: &str) {
        let rules = json!({ "identity_validation_expression": expression });
        let error = compile(&pool(&json!([]), &rules)).expect_err("refused").to_string();
        assert_eq!(error, format!("user_pools.identity_validation_expression: {expected}"));
    }
    refused("(", "`(` is no regular expression, or too large");
    refused("a{1000}{1000}", "`a{1000}{1000}` is no regular expression, or too large");
    refused(&"a".repeat(513), "has more than 512 characters");
}
