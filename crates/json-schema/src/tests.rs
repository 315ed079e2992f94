//! Schemas, and what they say of values.

mod bounds;
mod compiling;
mod formats;
mod judging;
mod patterns;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod suite;

use serde_json::Value;

use crate::{Documents, Rejected, Schema};

fn schema(schema: &Value) -> Schema {
    Schema::compile(schema, &Documents::new()).expect("a schema")
}

/// What is said of a value, in the order in which it is found.
fn said(of: &Value, by: &Value) -> Vec<String> {
    match schema(by).check(of) {
        Ok(()) => Vec::new(),
        Err(Rejected::Invalid(violations)) => {
            violations.into_iter().map(|violation| violation.message).collect()
        }
        Err(Rejected::TooMuchWork) => vec!["too much work".to_owned()],
    }
}
