//! Key sets, as an issuer might send them.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_jose::{KeySet, MAX_KEYS};

fuzz_target!(|json: &[u8]| {
    if let Ok(keys) = KeySet::parse(json) {
        assert!(keys.keys().len() <= MAX_KEYS);
    }
});
