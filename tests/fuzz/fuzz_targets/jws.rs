//! Tokens: taken apart, and verified by keys of every kind.
#![no_main]

use std::sync::LazyLock;

use libfuzzer_sys::fuzz_target;
use tollgate_jose::{Jws, KeySet, PureRust};

static KEYS: LazyLock<KeySet> = LazyLock::new(|| {
    let keys = include_bytes!("../../data/jwt/gateway_jwks.json");
    KeySet::parse(keys).expect("a key set")
});

fuzz_target!(|token: &[u8]| {
    let Ok(jws) = Jws::parse(token) else { return };
    for key in KEYS.candidates(jws.key_id(), jws.algorithm()) {
        // Only the issuer can sign, and it does not fuzz.
        assert!(key.verify(&jws, &PureRust).is_err());
    }
});
