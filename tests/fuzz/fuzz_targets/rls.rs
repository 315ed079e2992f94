//! What a rate limit server answers: read, or no answer.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_rls::Answer;

fuzz_target!(|bytes: &[u8]| {
    let _ = Answer::parse(bytes);
    let Ok(length) = u32::try_from(bytes.len()) else { return };
    let framed = [&[0], &length.to_be_bytes()[..], bytes].concat();
    let _ = Answer::parse(&framed);
});
