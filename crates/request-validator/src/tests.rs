//! Requests, and what is said of them.

mod bodies;
mod filter;
mod models;
mod parameters;
#[cfg(not(target_arch = "wasm32"))]
mod properties;

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_policy::{Exchange, Headers, Invalid, Request};

use crate::{Models, Validation, Validator};

fn exchange(fields: &[(&str, &str)]) -> Exchange {
    let headers = fields.iter().copied().collect::<Headers>();
    Exchange { request: Request { headers }, ..Exchange::default() }
}

fn compile_models(models: &Value) -> Result<Models, Invalid> {
    let models: BTreeMap<_, _> =
        models.as_object().expect("an object").clone().into_iter().collect();
    Models::compile(&models)
}

fn compile(validation: Value, models: &Value) -> Result<Validator, Invalid> {
    let validation: Validation = serde_json::from_value(validation).expect("a validation");
    Validator::compile(&validation, &compile_models(models)?)
}
