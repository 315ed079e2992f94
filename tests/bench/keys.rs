//! API keys: as many as an operator may have, delivered as files.

use std::fs;
use std::path::Path;

use serde_json::{Map, Value, json};
use tollgate_api_keys::{Key, compile, digest, hex};

/// How many keys are delivered.
pub const MILLION: u32 = 1_000_000;

/// How many are in the definition itself, where those are.
pub const INLINE: u32 = 10;

/// The usage plan that all of them are in.
pub const PLAN: &str = "free";

/// Keys, by the digests of their values.
pub type Keys = Vec<([u8; 32], Key)>;

/// The plain value of a key, as `wrk` sends it.
pub fn value(number: u32) -> String {
    format!("key-number-{number:09}")
}

/// A million keys.
pub fn million() -> Keys {
    let key = |number| {
        let key = Key { id: format!("k{number}"), enabled: true, usage_plans: vec![PLAN.into()] };
        (digest(value(number).as_bytes()), key)
    };
    (0..MILLION).map(key).collect()
}

/// A few keys, as a definition has them.
pub fn inline() -> Value {
    let key = |number| {
        let sha256 = hex(&digest(value(number).as_bytes()));
        (format!("k{number}"), json!({"sha256": sha256, "usage_plans": [PLAN]}))
    };
    Value::Object((0..INLINE).map(key).collect::<Map<_, _>>())
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
