//! Whose word counts: issuers, algorithms and keys.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::tokens::{
    EC_JWK, EC_TOKEN, ISSUER, RSA_JWK, RSA_TOKEN, jwk, secret_jwk, secret_token, token, token_by,
};
use super::{check, config, issuer};

fn with_keys(keys: &[Value], algorithms: &[&str]) -> Value {
    issuer(&json!({ "keys": { "jwks": { "keys": keys } }, "algorithms": algorithms }))
}

fn parsed(jwk: &str) -> Value {
    serde_json::from_str(jwk).expect("JSON")
}

#[test]
fn tokens_that_others_have_signed_are_admitted() {
    check(&with_keys(&[parsed(RSA_JWK)], &[]), RSA_TOKEN, "admitted");
    check(&with_keys(&[parsed(EC_JWK)], &[]), EC_TOKEN, "admitted");
    let forged = |token: &str| token.replacen(".ey", ".ez", 1);
    check(
        &with_keys(&[parsed(RSA_JWK)], &[]),
        &forged(RSA_TOKEN),
        "401 the token payload is not a JSON object",
    );
    let (input, _) = EC_TOKEN.rsplit_once('.').expect("a dot");
    let (_, signature) = token(&json!({}))
        .rsplit_once('.')
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .expect("a dot");
    check(
        &with_keys(&[parsed(EC_JWK)], &[]),
        &format!("{input}.{signature}"),
        "401 the token signature is invalid",
    );
}

#[test]
fn only_the_algorithms_that_are_named_count() {
    check(
        &with_keys(&[parsed(RSA_JWK)], &["ES256", "PS256"]),
        RSA_TOKEN,
        "401 signing method RS256 is invalid",
    );
    check(&with_keys(&[parsed(RSA_JWK)], &["ES256", "RS256"]), RSA_TOKEN, "admitted");
}

#[test]
fn a_secret_counts_only_where_it_is_named() {
    let refused = "401 signing method HS256 is invalid";
    check(&with_keys(&[secret_jwk()], &[]), &secret_token(), refused);
    check(&with_keys(&[secret_jwk()], &["RS256"]), &secret_token(), refused);
    check(&with_keys(&[secret_jwk()], &["HS256"]), &secret_token(), "admitted");
}

#[test]
fn a_token_says_which_key_it_is_of() {
    let nameless = token_by(1, None, &json!({}));
    check(&config(&json!({})), &nameless, "401 unable to find key");
    let optional = json!({ "key_id": "optional" });
    check(&config(&optional), &nameless, "admitted");
    check(&config(&optional), &token_by(1, Some("two"), &json!({})), "401 unable to find key");
    check(&config(&optional), &token_by(2, None, &json!({})), "401 the token signature is invalid");
    let mut several = with_keys(&[jwk(3, "three"), jwk(1, "one")], &[]);
    several["key_id"] = json!("optional");
    check(&several, &nameless, "admitted");
}

#[test]
fn each_issuer_speaks_for_itself() {
    const OTHER: &str = "https://other.example";
    let of = |issuer: &str, number: u8, kid: &str, audience: &str| {
        json!({
            "issuer": issuer,
            "audiences": { "any_of": [audience] },
            "keys": { "jwks": { "keys": [jwk(number, kid)] } },
        })
    };
    let issuers = [of(ISSUER, 1, "one", "orders"), of(OTHER, 2, "two", "shop")];
    let config = config(&json!({ "issuers": issuers }));
    let other = json!({ "iss": OTHER, "aud": "shop" });
    check(&config, &token(&json!({})), "admitted");
    check(&config, &token_by(2, Some("two"), &other), "admitted");
    // The key of one cannot sign for the other, nor does the audience of one count for the other.
    check(&config, &token_by(1, Some("one"), &other), "401 unable to find key");
    check(&config, &token_by(1, Some("two"), &other), "401 the token signature is invalid");
    let audience = "401 the token does not have a valid audience";
    check(&config, &token(&json!({ "aud": "shop" })), audience);
    let unknown = "401 issuer does not match";
    for issuer in ["https://other.example/", "HTTPS://OTHER.EXAMPLE", ""] {
        check(&config, &token(&json!({ "iss": issuer })), unknown);
    }
    check(&config, &token(&json!({ "iss": null })), unknown);
}
