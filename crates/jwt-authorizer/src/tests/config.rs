//! What is refused at load, and in which words.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::tokens::{jwk, secret_jwk};
use super::{compile, config, issuer};

#[track_caller]
fn check(config: &Value, expected: &str) {
    assert_eq!(compile(config).expect_err("a refusal").to_string(), expected);
}

#[track_caller]
fn check_issuer(changes: &Value, expected: &str) {
    check(&issuer(changes), &format!("issuers[0].{expected}"));
}

fn many(count: usize) -> Vec<String> {
    (0..count).map(|number| number.to_string()).collect()
}

#[test]
fn lists_and_times_have_bounds() {
    let with = |field: &str, value: Value| config(&json!({ field: value }));
    check(&with("issuers", json!([])), "issuers: must be 1 to 100, there are 0");
    let sources = ["$request.header.a"; 5];
    check(&with("identity_source", json!([])), "identity_source: must be 1 to 4, there are 0");
    check(&with("identity_source", json!(sources)), "identity_source: must be 1 to 4, there are 5");
    check(&with("scopes", json!(many(11))), "scopes: must be 0 to 10, there are 11");
    check(&with("leeway_secs", json!(301)), "leeway_secs: `301` is more than 300");
    check(&with("key_wait_millis", json!(10_001)), "key_wait_millis: `10001` is more than 10000");
    let headers: Value = many(21).into_iter().map(|name| (name, json!("sub"))).collect();
    check(&with("claims_to_headers", headers), "claims_to_headers: must be 0 to 20, there are 21");
    let one = issuer(&json!({}))["issuers"][0].clone();
    let issuers: Vec<_> = vec![one.clone(); 101];
    check(&with("issuers", json!(issuers)), "issuers: must be 1 to 100, there are 101");
    check(
        &with("issuers", json!([one, one])),
        "issuers[1].issuer: `https://issuer.example` is there twice",
    );
}

#[test]
fn a_token_comes_from_a_place_that_is_one() {
    let reason = |text: &str| {
        format!(
            "identity_source[0]: `{text}` is no identity source for a token: it must be \
             `$request.header.NAME`, `$request.querystring.NAME` or `$request.cookie.NAME`"
        )
    };
    for text in [
        "",
        "Authorization",
        "$request.header.",
        "$request.header.a b",
        "$request.body.token",
        "$context.identity",
        "request.header.a",
        "method.request.header.a",
    ] {
        check(&config(&json!({ "identity_source": [text] })), &reason(text));
    }
}

#[test]
fn scopes_are_those_of_the_standard() {
    let scopes = |scope: &str| config(&json!({ "scopes": ["good", scope] }));
    check(&scopes(""), "scopes[1]: `` is not a scope of RFC 6749");
    check(&scopes("a b"), "scopes[1]: `a b` is not a scope of RFC 6749");
    check(&scopes("a\"b"), "scopes[1]: `a\\\"b` is not a scope of RFC 6749");
    check(&scopes("a\r\nb"), "scopes[1]: `a\\r\\nb` is not a scope of RFC 6749");
}

#[test]
fn claims_do_not_go_into_just_any_header() {
    let to = |name: &str| config(&json!({ "claims_to_headers": { name: "sub" } }));
    for name in ["Host", "content-length", "Transfer-Encoding", "x-envoy-a", "X-Tollgate-Cluster"] {
        check(&to(name), &format!("claims_to_headers: `{name}` cannot carry a claim"));
    }
    check(&to(""), "claims_to_headers: `` is not a header field");
    check(&to(":path"), "claims_to_headers: `:path` is not a header field");
    check(&to("a\r\nb"), "claims_to_headers: `a\\r\\nb` is not a header field");
    check(
        &config(&json!({ "claims_to_headers": { "x-a": "" } })),
        "claims_to_headers: `x-a` names no claim",
    );
    let comes_from =
        |name: &str| format!("claims_to_headers: `{name}` is where the token comes from");
    check(&to("authorization"), &comes_from("authorization"));
    let mut cookie = to("Cookie");
    cookie["identity_source"] = json!(["$request.cookie.id"]);
    check(&cookie, &comes_from("Cookie"));
}

#[test]
fn an_issuer_is_described_whole() {
    check_issuer(&json!({ "issuer": "" }), "issuer: must have 1 to 2048 characters");
    check_issuer(&json!({ "issuer": "i".repeat(2049) }), "issuer: must have 1 to 2048 characters");
    let audiences = |of: &[String]| json!({ "audiences": { "any_of": of } });
    check_issuer(&audiences(&[]), "audiences.any_of: must name 1 to 50 audiences");
    check_issuer(&audiences(&many(51)), "audiences.any_of: must name 1 to 50 audiences");
    let known =
        "RS256, RS384, RS512, PS256, PS384, PS512, ES256, ES384, EdDSA, HS256, HS384, HS512";
    for name in ["none", "rs256", ""] {
        let expected = format!("algorithms[1]: `{name}` is not one of {known}");
        check_issuer(&json!({ "algorithms": ["RS256", name] }), &expected);
    }
    check_issuer(
        &json!({ "algorithms": ["HS256"], "keys": { "discovery": {} } }),
        "algorithms[0]: `HS256` needs a secret, so the keys must be written into the configuration",
    );
    let claim = |name: &str| json!({ "additional_claims": [{ "claim_name": name }] });
    check_issuer(&claim(""), "additional_claims[0].claim_name: must not be empty");
    for name in ["iss", "aud", "exp", "nbf", "iat", "scope", "scp"] {
        let expected =
            format!("additional_claims[0].claim_name: `{name}` is checked in its own way");
        check_issuer(&claim(name), &expected);
    }
    let claims: Vec<_> = many(21).iter().map(|name| json!({ "claim_name": name })).collect();
    check_issuer(
        &json!({ "additional_claims": claims }),
        "additional_claims: must not be more than 20",
    );
}

#[test]
fn keys_in_the_configuration_are_all_good() {
    let keys = |keys: Value| json!({ "keys": { "jwks": { "keys": keys } } });
    check_issuer(&keys(json!([])), "keys.jwks: must have at least one key");
    check_issuer(&keys(json!("none")), "keys.jwks: the key set has no array `keys`");
    check_issuer(&json!({ "keys": { "jwks": [] } }), "keys.jwks: the key set is not a JSON object");
    let skipped = |keys: &Value| {
        let text = compile(&issuer(keys)).expect_err("a refusal").to_string();
        assert!(text.starts_with("issuers[0].keys.jwks.keys[1]: "), "{text}");
    };
    skipped(&keys(json!([jwk(1, "one"), { "kty": "RSA" }])));
    // A secret beside public keys is one that was published by mistake.
    skipped(&keys(json!([jwk(1, "one"), secret_jwk()])));
}

#[test]
fn keys_come_from_where_nobody_on_the_way_can_forge_them() {
    let clear = |endpoint: &str, field: &str| {
        format!(
            "`{endpoint}` is reached in the clear, where whoever is on the way can forge keys: use \
             `https`, or allow it with `{field}.plain_http`"
        )
    };
    let discovered = |issuer: &str, discovery: Value| json!({ "issuer": issuer, "keys": { "discovery": discovery } });
    let endpoint = clear("http://a.example:80", "keys.discovery");
    check_issuer(&discovered("http://a.example", json!({})), &format!("issuer: {endpoint}"));
    let hosts = json!({ "jwks_hosts": ["https://b.example", "http://a.example"] });
    check_issuer(
        &discovered("https://a.example", hosts),
        &format!("keys.discovery.jwks_hosts[1]: {endpoint}"),
    );
    let uri = |uri: &str| json!({ "keys": { "jwks_uri": { "uri": uri } } });
    let endpoint = clear("http://a.example:80", "keys.jwks_uri");
    check_issuer(&uri("http://a.example/jwks"), &format!("keys.jwks_uri.uri: {endpoint}"));
    for changes in [
        discovered("http://localhost:9000", json!({})),
        discovered("http://127.0.0.1:9000/realm", json!({})),
        discovered("http://a.example", json!({ "plain_http": true })),
        uri("http://[::1]/jwks"),
        json!({ "keys": { "jwks_uri": { "uri": "http://a.example/", "plain_http": true } } }),
    ] {
        assert!(compile(&issuer(&changes)).is_ok(), "{changes}");
    }
}

#[test]
fn addresses_are_addresses() {
    let discovered = |issuer: &str, hosts: &[&str]| json!({ "issuer": issuer, "keys": { "discovery": { "jwks_hosts": hosts } } });
    check_issuer(
        &discovered("issuer", &[]),
        "issuer: `issuer` is not a URL: it must start with `https://` or `http://`",
    );
    let with_query = "https://a.example?b";
    check_issuer(&discovered(with_query, &[]), "issuer: `https://a.example?b` has a query");
    check_issuer(
        &discovered("https://a.example/a b", &[]),
        "issuer: `/a b` has characters that must be percent-encoded",
    );
    let six = ["https://b.example"; 6];
    check_issuer(
        &discovered("https://a.example", &six),
        "keys.discovery.jwks_hosts: must not be more than 5",
    );
    check_issuer(
        &discovered("https://a.example", &["https://b.example/jwks"]),
        "keys.discovery.jwks_hosts[0]: `https://b.example/jwks` must have no path",
    );
    check_issuer(
        &json!({ "keys": { "jwks_uri": { "uri": "https://a.example/\n" } } }),
        "keys.jwks_uri.uri: `/\\n` has characters that must be percent-encoded",
    );
    assert!(compile(&issuer(&json!({ "issuer": "any text" }))).is_ok());
}

#[test]
fn what_is_misspelt_is_refused() {
    #[track_caller]
    fn starts(config: &Value, expected: &str) {
        let text = compile(config).expect_err("a refusal").to_string();
        assert!(text.starts_with(expected), "{text}");
    }
    starts(&config(&json!({ "scope": [] })), "scope: unknown field `scope`, expected one of");
    starts(&issuer(&json!({ "audiences": null })), "issuers[0]: missing field `audiences`");
    starts(&issuer(&json!({ "audiences": "any" })), "issuers[0].audiences: unknown variant `any`");
    starts(&issuer(&json!({ "keys": null })), "issuers[0]: missing field `keys`");
    starts(
        &issuer(&json!({ "keys": { "discovery": { "host": "" } } })),
        "issuers[0].keys.discovery.host: unknown field `host`",
    );
    starts(&config(&json!({ "key_id": "never" })), "key_id: unknown variant `never`");
    starts(&config(&json!({ "leeway_secs": -1 })), "leeway_secs: invalid value: integer `-1`");
}
