//! What a token must say.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::tokens::{NOW, token};
use super::{check, config, issuer};

const NO_SCOPE: &str = "403 the token does not have any of the required scopes";
const NO_AUDIENCE: &str = "401 the token does not have a valid audience";
const EXPIRED: &str = "401 the token has expired";
const NO_CLAIM: &str = "401 the token does not have a required claim";

#[test]
fn one_of_the_scopes_is_enough() {
    #[track_caller]
    fn scopes(changes: &Value, expected: &str) {
        check(&config(&json!({ "scopes": ["read", "write"] })), &token(changes), expected);
    }
    scopes(&json!({ "scope": "read" }), "admitted");
    scopes(&json!({ "scope": "other write more" }), "admitted");
    scopes(&json!({ "scp": "other write" }), "admitted");
    scopes(&json!({ "scp": ["other", "read"] }), "admitted");
    scopes(&json!({}), NO_SCOPE);
    scopes(&json!({ "scope": "" }), NO_SCOPE);
    scopes(&json!({ "scope": "READ reading read,write" }), NO_SCOPE);
    scopes(&json!({ "scp": ["read write"] }), NO_SCOPE);
    scopes(&json!({ "scp": ["read", 1] }), NO_SCOPE);
    scopes(&json!({ "scope": "other", "scp": ["read"] }), NO_SCOPE);
    scopes(&json!({ "scope": ["read"] }), NO_SCOPE);
    check(&config(&json!({})), &token(&json!({})), "admitted");
}

#[test]
fn a_token_is_for_somebody() {
    #[track_caller]
    fn audience(changes: &Value, expected: &str) {
        let config = issuer(&json!({ "audiences": { "any_of": ["orders", "shop"] } }));
        check(&config, &token(changes), expected);
    }
    audience(&json!({ "aud": "shop" }), "admitted");
    audience(&json!({ "aud": ["other", "shop"] }), "admitted");
    audience(&json!({ "aud": null, "client_id": "orders" }), "admitted");
    audience(&json!({ "aud": "other" }), NO_AUDIENCE);
    audience(&json!({ "aud": "other", "client_id": "orders" }), NO_AUDIENCE);
    audience(&json!({ "aud": [], "client_id": "orders" }), NO_AUDIENCE);
    audience(&json!({ "aud": null }), NO_AUDIENCE);
    audience(&json!({ "aud": null, "client_id": ["orders"] }), NO_AUDIENCE);
    audience(&json!({ "aud": "ORDERS" }), NO_AUDIENCE);
    audience(&json!({ "aud": ["orders", 1] }), NO_AUDIENCE);
    let unchecked = issuer(&json!({ "audiences": "unchecked" }));
    check(&unchecked, &token(&json!({ "aud": null })), "admitted");
    check(&unchecked, &token(&json!({ "aud": "other" })), "admitted");
}

#[test]
fn a_token_is_good_for_a_time() {
    #[track_caller]
    fn time(leeway: u32, changes: &Value, expected: &str) {
        check(&config(&json!({ "leeway_secs": leeway })), &token(changes), expected);
    }
    let now = NOW.as_secs();
    time(0, &json!({ "exp": now + 1 }), "admitted");
    time(0, &json!({ "exp": now }), EXPIRED);
    time(30, &json!({ "exp": now - 29 }), "admitted");
    time(30, &json!({ "exp": now - 30 }), EXPIRED);
    time(0, &json!({ "exp": null }), "401 the token does not have the claim exp");
    time(0, &json!({ "exp": "9999999999" }), "401 the token has an invalid claim exp");
    time(0, &json!({ "exp": -1 }), "401 the token has an invalid claim exp");
    time(0, &json!({ "nbf": now, "iat": now }), "admitted");
    time(0, &json!({ "nbf": now + 1 }), "401 the token is not valid yet");
    time(30, &json!({ "nbf": now + 30 }), "admitted");
    time(30, &json!({ "nbf": now + 31 }), "401 the token is not valid yet");
    time(0, &json!({ "iat": now + 1 }), "401 the token was issued in the future");
    time(30, &json!({ "iat": now + 30 }), "admitted");
    time(30, &json!({ "iat": now + 31 }), "401 the token was issued in the future");
}

#[test]
fn additional_claims_are_looked_at() {
    #[track_caller]
    fn tier(claim: &Value, changes: &Value, expected: &str) {
        let config = issuer(&json!({ "additional_claims": [claim] }));
        check(&config, &token(changes), expected);
    }
    let there = json!({ "claim_name": "tier", "required": true });
    tier(&there, &json!({ "tier": "gold" }), "admitted");
    tier(&there, &json!({ "tier": 1 }), "admitted");
    tier(&there, &json!({}), NO_CLAIM);
    let gold = json!({ "claim_name": "tier", "expected_values": ["gold", "silver"] });
    tier(&gold, &json!({ "tier": "silver" }), "admitted");
    tier(&gold, &json!({}), "admitted");
    tier(&gold, &json!({ "tier": "Gold" }), NO_CLAIM);
    tier(&gold, &json!({ "tier": ["gold"] }), NO_CLAIM);
    tier(&gold, &json!({ "tier": 1 }), NO_CLAIM);
    let both = json!({ "claim_name": "tier", "required": true, "expected_values": ["gold"] });
    tier(&both, &json!({ "tier": "gold" }), "admitted");
    tier(&both, &json!({}), NO_CLAIM);
    let two = json!([gold, { "claim_name": "region", "required": true }]);
    let config = issuer(&json!({ "additional_claims": two }));
    check(&config, &token(&json!({ "tier": "gold", "region": "eu" })), "admitted");
    check(&config, &token(&json!({ "tier": "gold" })), NO_CLAIM);
}
