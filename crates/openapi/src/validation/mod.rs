//! Request validators: what an operation asks of its requests.

mod body;
mod models;
mod parameters;
mod schema;

use tollgate_gateway::definition::Protocol;
use tollgate_request_validator::Validation;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions::Extended as _;

pub(crate) use models::Models;

const VALIDATORS: &str = "x-amazon-apigateway-request-validators";
const VALIDATOR: &str = "x-amazon-apigateway-request-validator";

/// What a validator checks.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Checks {
    parameters: bool,
    body: bool,
}

/// An operation whose requests are checked.
#[derive(Debug)]
pub(crate) struct Operation<'o, 'a> {
    /// Its route key.
    pub(crate) route: &'o str,
    /// The variables of its path.
    pub(crate) variables: &'o [String],
    /// The path it is an operation of.
    pub(crate) item: &'o At<'a>,
    pub(crate) at: &'o At<'a>,
}

/// What is checked of an operation's requests: what its own validator says, or else that of the
/// document.
pub(crate) fn checks(
    operation: &mut Fields<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Checks {
    let own = operation.take(VALIDATOR);
    let Some(at) = own.or_else(|| context.root.get(VALIDATOR)) else {
        return Checks::default();
    };
    if context.protocol == Protocol::Http {
        out.notice(&at, "API Gateway does not validate requests of an HTTP API");
        return Checks::default();
    }
    let Some(name) = at.string(out) else {
        return Checks::default();
    };
    let validators = context.root.get(VALIDATORS);
    let Some(validator) = validators.and_then(|validators| validators.get(name)) else {
        out.refuse(&at, format!("`{VALIDATORS}` has no {}", quoted(name)));
        return Checks::default();
    };
    let Some(mut fields) = validator.fields(out) else {
        return Checks::default();
    };
    let [parameters, body] = ["validateRequestParameters", "validateRequestBody"]
        .map(|key| fields.take(key).and_then(|at| at.flag(out)).unwrap_or_default());
    fields.done(out);
    Checks { parameters, body }
}

/// What requests must be like, if anything.
pub(crate) fn read<'a>(
    checks: Checks,
    operation: &Operation<'_, 'a>,
    models: &mut Models<'a>,
    context: &Context<'a>,
    out: &mut Findings,
) -> Option<Validation> {
    if !checks.parameters && !checks.body {
        return None;
    }
    let parameters = parameters::read(operation, context, out);
    let mut validation = Validation::default();
    if checks.parameters {
        validation.required_parameters = parameters::required(&parameters, operation, out);
    }
    if checks.body {
        validation.models = body::read(&parameters, operation, models, context, out);
    }
    Some(validation).filter(|validation| *validation != Validation::default())
}
