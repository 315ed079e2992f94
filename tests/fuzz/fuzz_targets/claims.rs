//! Claims: read, and asked for everything that is ever asked for.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_jose::Claims;

fuzz_target!(|payload: &[u8]| {
    let Ok(claims) = Claims::parse(payload) else { return };
    let _ = (claims.issuer(), claims.subject(), claims.expires(), claims.scopes());
    let map = claims.into_map();
    assert!(serde_json::to_vec(&map).is_ok());
});
