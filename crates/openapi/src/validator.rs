//! Request validators: refused where one is switched on for an operation.

use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions::Extended as _;

const VALIDATORS: &str = "x-amazon-apigateway-request-validators";
const VALIDATOR: &str = "x-amazon-apigateway-request-validator";

/// Checks the validator of an operation: its own, or else that of the document.
pub(crate) fn check(operation: &mut Fields<'_>, context: &Context<'_>, out: &mut Findings) {
    let Some(at) = operation.take(VALIDATOR).or_else(|| context.root.get(VALIDATOR)) else {
        return;
    };
    let Some(name) = at.string(out) else {
        return;
    };
    let validators = context.root.get(VALIDATORS);
    let Some(validator) = validators.and_then(|validators| validators.get(name)) else {
        out.refuse(&at, format!("`{VALIDATORS}` has no {}", quoted(name)));
        return;
    };
    if checks_anything(&validator, out) {
        let reason = format!(
            "requests are not validated by this version: the validator {} would let everything \
             through",
            quoted(name)
        );
        out.refuse(&at, reason);
    }
}

fn checks_anything(validator: &At<'_>, out: &mut Findings) -> bool {
    let Some(mut fields) = validator.fields(out) else {
        return false;
    };
    let flags = ["validateRequestBody", "validateRequestParameters"]
        .map(|key| fields.take(key).and_then(|at| at.flag(out)).unwrap_or_default());
    fields.done(out);
    flags.contains(&true)
}
