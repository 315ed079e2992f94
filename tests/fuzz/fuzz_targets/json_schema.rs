//! Schemas and values, one after the other: refused, or judged.
#![no_main]

use libfuzzer_sys::fuzz_target;
use serde_json::Value;
use tollgate_json_schema::{Documents, MAX_VIOLATIONS, Rejected, Schema};

fuzz_target!(|json: &[u8]| {
    let mut values = serde_json::Deserializer::from_slice(json).into_iter::<Value>().flatten();
    let Some(schema) = values.next() else { return };
    let Ok(compiled) = Schema::compile(&schema, &Documents::new()) else { return };
    // Each schema is a value, too.
    for value in [schema].into_iter().chain(values) {
        if let Err(Rejected::Invalid(violations)) = compiled.check(&value) {
            assert!((1..=MAX_VIOLATIONS).contains(&violations.len()));
        }
    }
});
