mod directory;
mod failures;
mod forms;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod table;

use crate::key::{DIGEST_BYTES, Key, digest};
use crate::{Compiled, compile};

/// A key in some plans, and the digest of its value.
fn key(id: &str, plans: &[&str]) -> ([u8; DIGEST_BYTES], Key) {
    let usage_plans = plans.iter().map(|&plan| plan.to_owned()).collect();
    let key = Key { id: id.to_owned(), enabled: true, usage_plans };
    (digest(format!("value of {id}").as_bytes()), key)
}

/// Many keys, among them at least one for nearly every first byte.
fn many() -> Vec<([u8; DIGEST_BYTES], Key)> {
    let plan = |number: u32| if number.is_multiple_of(3) { "gold" } else { "silver" };
    (0..2_000).map(|number| key(&format!("k{number}"), &[plan(number)])).collect()
}

#[track_caller]
fn compiled(keys: &[([u8; DIGEST_BYTES], Key)]) -> Compiled {
    compile(keys.iter().map(|(digest, key)| (digest, key))).expect("keys that can be honoured")
}
