//! Keys and tokens. Those of RSA and ECDSA were made once, by another implementation than ours; the
//! others are signed here.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use ed25519_dalek::{Signer as _, SigningKey};
use hmac::{Hmac, KeyInit as _, Mac as _};
use serde_json::{Value, json};
use sha2::Sha256;
use tollgate_policy::Timestamp;

pub(super) const NOW: Timestamp = Timestamp::from_secs(1_000_000);
pub(super) const ISSUER: &str = "https://issuer.example";

/// A public RSA key called `rsa`, and a token it has signed: from alice, for orders, good until a
/// minute from now.
pub(super) const RSA_JWK: &str = "{\"kty\":\"RSA\",\"kid\":\"rsa\",\"n\":\"wyKD5pGQ6ur0kc6OWg1Lf07mdMOV6LT9F3KvuWtyYWs\
    OQNLMXROYJ1UOSl3QPtRruYaksBWb-QOKugKMtY5u74uRnURyL5I5aiJO8H_j2w1PNL0pKqSYarJzS1QIatQ\
    n_gGPr0mBaxdx0uE93Gs-w9PKdhx3_lmAbiiN0913PmrEGKw1CbCbO18f4KznGpgm8ocaYpWvG-oT_J9KHoC\
    LdaMHF1XuQb6AyPBQuLN-1_7-yI5MsaxSLR8O-ER_NWeCPtZje0T8OZCgLc9axLbkoXZXWRugKT7QcIr7yFG\
    KqRIIe5GtiWAIdEQJ9LtsEjbMkDalhWn_o7wa2N04b5156w\",\"e\":\"AQAB\"}";
pub(super) const RSA_TOKEN: &str = "eyJhbGciOiJSUzI1NiIsImtpZCI6InJzYSJ9.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXV\
    kIjoib3JkZXJzIiwic3ViIjoiYWxpY2UiLCJpYXQiOjk5OTk5MCwiZXhwIjoxMDAwMDYwfQ.NXUDo2fdSsQQ\
    H6gAmp0anypVuaE6Jh-NunqQegw0verAfVNrtoQROTT_XTLNgS8Mn0YGuJ1rcMstwcUrd6yDSz_Py-DXDZXu\
    QdM7t_Ug9ll2MpYQFIDl4tQchY-LFJ2kOOeIwd7pdaL7OO8WosrbzqFAB8_dCJbh4DMzjEZ7FxBcqEduu6FF\
    p3-Df0R_Je1C9YaZtNQQTjTQY5fvBQYb7kjNEZxtFjtnsA6D-hEsZhddhq6q-qzxp5l7f0nOjTgDgAdlI2Aq\
    g5aNllHsWlf0qb0_BYRJWYsGhp1VszpQJg9RNq_SAffEZsudA2iFFIWJuDUbC31_gnmVfqOEDS-adw";

/// The same with a P-256 key called `ec`.
pub(super) const EC_JWK: &str = "{\"kty\":\"EC\",\"crv\":\"P-256\",\"kid\":\"ec\",\"x\":\"Q4U3WFR1E04IL6wvB6AGYjVGdUN\
    e5Di_czTSR49Mb4k\",\"y\":\"SNXe5gkegEBDHjPnQGWahX1yOOb8nusvKFOoU_U7OFQ\"}";
pub(super) const EC_TOKEN: &str = "eyJhbGciOiJFUzI1NiIsImtpZCI6ImVjIn0.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVk\
    Ijoib3JkZXJzIiwic3ViIjoiYWxpY2UiLCJpYXQiOjk5OTk5MCwiZXhwIjoxMDAwMDYwfQ.Mv2Stuqbnvwzk\
    XjiU2WUl-PP4dnT8BvT3WxZQaEAb424fmpRqiLfh4EhMkD_9ZsZxbWYYYNoHqMZqB9X9y7OxA";

/// A secret of 32 bytes.
pub(super) const SECRET: &[u8] = b"0123456789abcdef0123456789abcdef";

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

/// Ed25519 keys by number.
fn key(number: u8) -> SigningKey {
    SigningKey::from_bytes(&[number; 32])
}

/// The public half of a key, under a name.
pub(super) fn jwk(number: u8, kid: &str) -> Value {
    let x = encode(key(number).verifying_key().as_bytes());
    json!({ "kty": "OKP", "crv": "Ed25519", "kid": kid, "x": x })
}

pub(super) fn secret_jwk() -> Value {
    json!({ "kty": "oct", "kid": "secret", "k": encode(SECRET) })
}

/// A good claim set with these changes; what is changed to `null` is left out.
pub(super) fn claims(changes: &Value) -> Value {
    let mut claims =
        json!({ "iss": ISSUER, "aud": "orders", "sub": "alice", "exp": NOW.as_secs() + 60 });
    merge(&mut claims, changes);
    claims
}

/// Puts changes into an object; `null` removes.
pub(super) fn merge(object: &mut Value, changes: &Value) {
    let object = object.as_object_mut().expect("an object");
    for (name, value) in changes.as_object().expect("an object") {
        match value {
            Value::Null => object.remove(name),
            value => object.insert(name.clone(), value.clone()),
        };
    }
}

/// A token that the key of this number has signed.
pub(super) fn token_by(number: u8, kid: Option<&str>, changes: &Value) -> String {
    let mut header = json!({ "alg": "EdDSA" });
    merge(&mut header, &json!({ "kid": kid }));
    let input = input(&header, &claims(changes));
    let signature = key(number).sign(input.as_bytes());
    format!("{input}.{}", encode(signature.to_bytes()))
}

/// A token of the key that most tests have: number 1, called `one`.
pub(super) fn token(changes: &Value) -> String {
    token_by(1, Some("one"), changes)
}

/// A token signed with a secret.
pub(super) fn secret_token() -> String {
    let input = input(&json!({ "alg": "HS256", "kid": "secret" }), &claims(&json!({})));
    let mac = Hmac::<Sha256>::new_from_slice(SECRET).expect("any length");
    let code = mac.chain_update(&input).finalize().into_bytes();
    format!("{input}.{}", encode(code))
}

fn input(header: &Value, claims: &Value) -> String {
    format!("{}.{}", encode(header.to_string()), encode(claims.to_string()))
}
