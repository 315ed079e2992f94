//! Every algorithm, with good and with tampered signatures, by the way they are verified in Envoy.

use serde_json::json;
use tollgate_tests::issuer::{Algorithm, SigningKey, now};
use tollgate_tests::{Backend, Gateway, Request, Rng, definition};

#[test]
fn every_algorithm_admits_what_its_key_signed_and_nothing_else() {
    let backend = Backend::start();
    let keys: Vec<_> = (Algorithm::ALL.into_iter())
        .map(|algorithm| (algorithm, SigningKey::make(algorithm, &format!("{algorithm:?}"))))
        .collect();
    let public: Vec<_> = keys.iter().map(|(_, key)| key.public()).collect();
    let authorizer = json!({"issuers": [{
        "issuer": "here",
        "audiences": {"any_of": ["api"]},
        "keys": {"jwks": {"keys": public}},
    }]});
    let api = definition::authorized_api(&backend.url(""), &authorizer, &[]);
    let gateway = Gateway::serving(api);
    let ask = |token: &str| Request::get("/").bearer(token).send(&gateway).status;
    let claims = json!({"iss": "here", "aud": "api", "exp": now() + 600});
    let mut rng = Rng::for_test();
    let mut tokens = Vec::new();
    for (algorithm, key) in &keys {
        let token = key.sign(&claims);
        // Tampered first: a good one is remembered, and must not vouch for another.
        for tampered in tampered(&token, &mut rng) {
            assert_eq!(ask(&tampered), 401, "{algorithm:?} {rng}: {tampered}");
        }
        assert_eq!(ask(&token), 200, "{algorithm:?}: {token}");
        for tampered in self::tampered(&token, &mut rng) {
            assert_eq!(ask(&tampered), 401, "{algorithm:?} {rng}: {tampered}");
        }
        tokens.push(token);
    }
    // Somebody else's signature, under each algorithm's own header.
    for one in &tokens {
        for other in tokens.iter().filter(|other| *other != one) {
            let (signed, _) = one.rsplit_once('.').expect("a signature");
            let (_, signature) = other.rsplit_once('.').expect("a signature");
            assert_eq!(ask(&format!("{signed}.{signature}")), 401);
        }
    }
    gateway.assert_healthy();
}

/// The token with one character changed, in places that say something.
fn tampered(token: &str, rng: &mut Rng) -> Vec<String> {
    let parts: Vec<_> = token.split('.').collect();
    let [header, payload, signature] = parts[..] else { panic!("{token} has three parts") };
    let mut all = vec![
        format!("{header}.{payload}."),
        format!("{header}.{payload}.{}", "A".repeat(signature.len())),
        format!("{header}.{payload}.{signature}{signature}"),
        format!("{header}.{payload}.{}", signature.split_at(signature.len() / 2).0),
        format!("{header}.{}.{signature}", changed(payload, rng)),
    ];
    all.extend((0..6).map(|_| format!("{header}.{payload}.{}", changed(signature, rng))));
    all
}

/// One character is another one. Not the last: its low bits may mean nothing.
fn changed(part: &str, rng: &mut Rng) -> String {
    let at = rng.below(part.len() - 1);
    let mut bytes = part.as_bytes().to_vec();
    bytes[at] = if bytes[at] == b'A' { b'B' } else { b'A' };
    String::from_utf8(bytes).expect("text")
}
