//! API keys as they are delivered: refused, or keys that compile to what was read.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_api_keys::{Manifest, Segment, compile};

fuzz_target!(|bytes: &[u8]| {
    let _ = Manifest::read(bytes);
    let Some(segment) = Segment::read(bytes) else { return };
    let keys = segment.keys();
    assert_eq!(keys.len(), segment.count() as usize);
    // Ids may repeat in one file, and not among all keys.
    let Ok(made) = compile(keys.iter().map(|(digest, key)| (digest, key))) else { return };
    let file = made.segments.first().map(|file| file.content.as_slice());
    let again = file.and_then(Segment::read).map(|segment| segment.keys()).unwrap_or_default();
    assert_eq!(again, keys);
});
