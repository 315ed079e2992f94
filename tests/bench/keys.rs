//! API keys: as many as an operator may have, delivered as files.

use std::fs;
use std::path::Path;

use tollgate_api_keys::{Key, compile, digest};

/// How many keys are delivered.
pub const MILLION: u32 = 1_000_000;

/// How many take turns, where their owners come back soon.
pub const BUSY: u32 = 1_000;

/// And where no worker remembers the last time.
pub const MANY: u32 = 100_000;

/// How many are in a definition that has few.
pub const FEW: u32 = 10;

/// The usage plan that all of them are in.
pub const PLAN: &str = "free";

/// Keys, by the digests of their values.
pub type Keys = Vec<([u8; 32], Key)>;

/// The plain value of a key, as `wrk` sends it.
pub fn value(number: u32) -> String {
    format!("key-number-{number:09}")
}

/// One of so many keys for a caller, so that a thousand callers have keys from all over.
pub const fn spread(caller: u32, keys: u32) -> u32 {
    if keys <= BUSY { caller % keys } else { caller % BUSY * (keys / BUSY) }
}

/// A million keys.
pub fn million() -> Keys {
    let key = |number| {
        let key = Key { id: format!("k{number}"), enabled: true, usage_plans: vec![PLAN.into()] };
        (digest(value(number).as_bytes()), key)
    };
    (0..MILLION).map(key).collect()
}

/// Writes keys as `tollgate run --keys` does: over those that are there.
pub fn deliver(folder: &Path, keys: &Keys) {
    let compiled = compile(keys.iter().map(|(digest, key)| (digest, key))).expect("keys");
    for file in &compiled.segments {
        let path = folder.join(&file.name);
        if !path.exists() {
            put(&path, &file.content);
        }
    }
    put(&folder.join("manifest"), &compiled.manifest);
}

fn put(path: &Path, content: &[u8]) {
    let next = path.with_extension("next");
    fs::write(&next, content).expect("a written file");
    fs::rename(&next, path).expect("a replaced file");
}
