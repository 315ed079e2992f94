//! `dev issuer`, and the tokens of `dev token` under its keys.

use jwt_simple::prelude::{
    ECDSAP256PublicKeyLike, ES256PublicKey, Ed25519PublicKey, EdDSAPublicKeyLike, JWTClaims,
    RS256PublicKey, RSAPublicKeyLike,
};
use jwt_simple::token::Token;
use serde_json::{Map, Value, json};

use crate::server::Server;
use crate::shell::{argument, folder, run};

const FORM: &str = "content-type: application/x-www-form-urlencoded\r\n";

type Claims = JWTClaims<Map<String, Value>>;

/// Verifies a token with the key of a key set that it names.
fn verify(token: &str, jwks: &Value) -> Option<Claims> {
    let metadata = Token::decode_metadata(token).expect("a token");
    let keys = jwks["keys"].as_array().expect("a key set");
    let key = keys.iter().find(|key| key["kid"].as_str() == metadata.key_id())?;
    assert_eq!(key["alg"].as_str(), Some(metadata.algorithm()));
    assert_eq!(key["use"], json!("sig"));
    assert_eq!(key.get("d"), None);
    let jwk = key.to_string();
    match metadata.algorithm() {
        "RS256" => RS256PublicKey::from_jwk(&jwk).expect("a key").verify_token(token, None).ok(),
        "ES256" => ES256PublicKey::from_jwk(&jwk).expect("a key").verify_token(token, None).ok(),
        "EdDSA" => Ed25519PublicKey::from_jwk(&jwk).expect("a key").verify_token(token, None).ok(),
        other => panic!("{other}"),
    }
}

fn jwks(issuer: &Server) -> Value {
    let (status, keys) = issuer.get("/jwks.json");
    assert_eq!(status, 200);
    keys
}

#[test]
fn a_token_is_good_under_the_issuers_keys_for_every_algorithm() {
    let folder = folder();
    let state = argument(folder.path());
    let issuer = Server::start(&["dev", "issuer", "--port", "0", "--state", state]);

    let (status, found) = issuer.get("/.well-known/openid-configuration");
    assert_eq!(status, 200);
    assert_eq!(found["issuer"], json!(issuer.url));
    assert_eq!(found["jwks_uri"], json!(format!("{}/jwks.json", issuer.url)));

    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let token = run(&[
            "dev",
            "token",
            "--state",
            state,
            "--algorithm",
            algorithm,
            "--scope",
            "r",
            "--scope",
            "w",
            "--claim",
            "level=3",
            "--claim",
            "name=Ann",
            "--subject",
            "ann",
        ]);
        assert_eq!((token.code, token.stderr.as_str()), (0, ""));
        let claims = verify(token.stdout.trim(), &jwks(&issuer)).expect("a good token");
        assert_eq!(claims.issuer.as_ref(), Some(&issuer.url));
        assert_eq!(claims.subject.as_deref(), Some("ann"));
        assert!(claims.audiences.expect("an audience").contains(&["orders".to_owned()].into()));
        let custom = json!({"scope": "r w", "level": 3, "name": "Ann"});
        assert_eq!(Value::Object(claims.custom), custom);
    }
}

#[test]
fn the_token_endpoint_signs_what_the_form_says() {
    let folder = folder();
    let state = argument(folder.path());
    let issuer = Server::start(&["dev", "issuer", "--port", "0", "--state", state]);

    let form = "grant_type=client_credentials&client_id=app&client_secret=s&scope=r+w\
        &audience=shop&tier=%22gold%22&expires_in=60";
    let (status, answer) = issuer.post("/token", FORM, form);
    assert_eq!((status, &answer["token_type"]), (200, &json!("Bearer")));
    assert_eq!((&answer["expires_in"], &answer["scope"]), (&json!(60), &json!("r w")));
    let token = answer["access_token"].as_str().expect("a token");
    let claims = verify(token, &jwks(&issuer)).expect("a good token");
    assert_eq!(claims.subject.as_deref(), Some("app"));
    assert!(claims.audiences.expect("an audience").contains(&["shop".to_owned()].into()));
    let custom = json!({"client_id": "app", "scope": "r w", "tier": "gold"});
    assert_eq!(Value::Object(claims.custom), custom);

    for wrong in ["grant_type=password", "expires_in=soon", "algorithm=none"] {
        let (status, answer) = issuer.post("/token", FORM, wrong);
        assert_eq!(status, 400, "{wrong}: {answer}");
    }
}

#[test]
fn rotated_keys_are_answered_for_until_the_next_rotation_or_not_at_all() {
    let folder = folder();
    let state = argument(folder.path());
    let issuer = Server::start(&["dev", "issuer", "--port", "0", "--state", state]);
    let token = || {
        let token = run(&["dev", "token", "--state", state, "--algorithm", "ES256"]);
        token.stdout.trim().to_owned()
    };
    let rotate = |query: &str| issuer.post(&format!("/rotate?algorithm=ES256{query}"), "", "").0;

    let first = token();
    assert_eq!(rotate(""), 200);
    let second = token();
    assert!(verify(&first, &jwks(&issuer)).is_some());
    assert!(verify(&second, &jwks(&issuer)).is_some());

    assert_eq!(rotate("&former=drop"), 200);
    assert!(verify(&first, &jwks(&issuer)).is_none());
    assert!(verify(&second, &jwks(&issuer)).is_none());
    assert!(verify(&token(), &jwks(&issuer)).is_some());

    assert_eq!(rotate("&former=maybe"), 400);
    assert_eq!(issuer.get("/rotate").0, 405);
}

#[test]
fn an_issuer_whose_url_has_a_path_is_found_under_it() {
    let folder = folder();
    let url = "http://127.0.0.1:8082/pool/";
    let state = argument(folder.path());
    let issuer =
        Server::start(&["dev", "issuer", "--port", "0", "--issuer", url, "--state", state]);
    let (status, found) = issuer.get("/pool/.well-known/openid-configuration");
    assert_eq!((status, &found["issuer"]), (200, &json!(url)));
    assert_eq!(found["jwks_uri"], json!("http://127.0.0.1:8082/pool/jwks.json"));
    assert_eq!(issuer.get("/pool/jwks.json").0, 200);
    let token = run(&["dev", "token", "--state", state, "--algorithm", "EdDSA"]).stdout;
    let keys = issuer.get("/pool/jwks.json").1;
    let claims = verify(token.trim(), &keys).expect("a good token");
    assert_eq!(claims.issuer.as_deref(), Some(url));
}
