//! The body of a request: which model it must satisfy, by media type.

use std::collections::BTreeMap;

use tollgate_policy::is_token;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use super::parameters::Parameter;
use super::{Models, Operation};
use crate::{Context, reference};

/// What a body is where nobody says.
const JSON: &str = "application/json";

/// The names of the models that bodies must satisfy, by media type.
pub(super) fn read<'a>(
    parameters: &[Parameter<'a>],
    operation: &Operation<'_, 'a>,
    models: &mut Models<'a>,
    context: &Context<'a>,
    out: &mut Findings,
) -> BTreeMap<String, String> {
    let schemas = if context.root.get("swagger").is_some() {
        of_swagger(parameters, operation, context, out)
    } else {
        of_openapi(operation, context, out)
    };
    let mut names = BTreeMap::new();
    for (written, at, schema) in schemas {
        let media_type = written.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
        let is_type = (media_type.split_once('/'))
            .is_some_and(|(kind, sub)| is_token(kind.as_bytes()) && is_token(sub.as_bytes()));
        if !is_type {
            let written = quoted(written);
            let reason = format!("{written} is not a media type such as `application/json`");
            out.refuse_key(&at, reason);
            continue;
        }
        let Some(model) = models.name(&schema, operation.route, out) else { continue };
        let other = names.insert(media_type, model.clone());
        if other.is_some_and(|other| other != model) {
            let reason = format!("the media type {} is there twice", quoted(written));
            out.refuse_key(&at, reason);
        }
    }
    names
}

/// A media type, where it is said, and the schema for it.
type Schema<'a> = (&'a str, At<'a>, At<'a>);

/// OpenAPI 3: `requestBody`.
fn of_openapi<'a>(
    operation: &Operation<'_, 'a>,
    context: &Context<'a>,
    out: &mut Findings,
) -> Vec<Schema<'a>> {
    let body = operation.at.get("requestBody");
    let body = body.and_then(|at| reference::follow(at, &context.root, out));
    let Some(content) = body.and_then(|body| body.get("content")) else {
        return Vec::new();
    };
    content.map(out);
    let schemas = content.entries().filter_map(|(media_type, at)| {
        let schema = at.get("schema")?;
        Some((media_type, at, schema))
    });
    schemas.collect()
}

/// Swagger 2.0: the parameter that is the body, for every media type that is consumed.
fn of_swagger<'a>(
    parameters: &[Parameter<'a>],
    operation: &Operation<'_, 'a>,
    context: &Context<'a>,
    out: &mut Findings,
) -> Vec<Schema<'a>> {
    let body = parameters.iter().find(|parameter| parameter.place == "body");
    let Some((body, schema)) = body.and_then(|body| Some((&body.at, body.at.get("schema")?)))
    else {
        return Vec::new();
    };
    let consumed = operation.at.get("consumes").or_else(|| context.root.get("consumes"));
    let consumed = consumed.and_then(|at| at.strings(out)).unwrap_or_default();
    if consumed.is_empty() {
        return vec![(JSON, body.clone(), schema)];
    }
    consumed.into_iter().map(|(at, media_type)| (media_type, at, schema.clone())).collect()
}
