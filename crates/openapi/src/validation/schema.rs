//! Schemas of OpenAPI, as the models that API Gateway makes of them: JSON Schema draft-04.

use serde_json::{Map, Value as Json};
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings, Value};

use super::Models;
use crate::extensions;

/// Where the models of an API are, whichever it is.
const URL: &str = "https://apigateway.amazonaws.com/restapis/-/models/";
const URL_OF_ALL: &str = "https://apigateway.amazonaws.com/restapis/";

/// What API Gateway leaves out of a schema when it makes a model of it.
const NOT_IMPORTED: [&str; 3] = ["exclusiveMinimum", "maxItems", "minItems"];

/// What only describes.
const DESCRIPTIONS: [&str; 6] =
    ["deprecated", "discriminator", "example", "examples", "externalDocs", "xml"];

/// The name that a reference leads to, and the pointer into what has it.
pub(super) fn split(reference: &str) -> Option<(&str, &str)> {
    let in_document = reference
        .strip_prefix("#/components/schemas/")
        .or_else(|| reference.strip_prefix("#/definitions/"));
    if let Some(path) = in_document {
        let end = path.find('/').unwrap_or(path.len());
        return path.split_at_checked(end);
    }
    let (_, path) = reference.strip_prefix(URL_OF_ALL)?.split_once("/models/")?;
    Some(path.split_once('#').unwrap_or((path, "")))
}

/// A schema as a model has it. The schemas that it leads to become models too.
pub(super) fn read<'a>(at: &At<'a>, models: &mut Models<'a>, out: &mut Findings) -> Json {
    if at.node.map().is_none() {
        return at.node.json();
    }
    let mut schema = Map::new();
    for (key, value) in at.entries() {
        let read = match key {
            "$ref" => match reference(&value, models, out) {
                Some(reference) => Json::String(reference),
                None => continue,
            },
            "properties" | "patternProperties" | "definitions" | "dependencies"
                if value.node.map().is_some() =>
            {
                let read = |(name, at): (&str, At<'a>)| (name.to_owned(), read(&at, models, out));
                Json::Object(value.entries().map(read).collect())
            }
            "allOf" | "anyOf" | "oneOf" | "items" if matches!(value.node.value, Value::List(_)) => {
                Json::Array(value.items().map(|at| read(&at, models, out)).collect())
            }
            "items" | "additionalItems" | "additionalProperties" | "not" => {
                read(&value, models, out)
            }
            key if NOT_IMPORTED.contains(&key) => {
                let reason = format!("API Gateway leaves `{key}` out of a model, and so does this");
                out.notice(&value, reason);
                continue;
            }
            key if DESCRIPTIONS.contains(&key) || extensions::is_foreign(key) => continue,
            _ => value.node.json(),
        };
        schema.insert(key.to_owned(), read);
    }
    Json::Object(schema)
}

/// A reference to another model, by its URL.
fn reference<'a>(at: &At<'a>, models: &mut Models<'a>, out: &mut Findings) -> Option<String> {
    let text = at.string(out)?;
    let Some((written, pointer)) = split(text) else {
        let text = quoted(text);
        let reason = format!(
            "{text} is no model: `#/components/schemas/NAME` belongs here, or `#/definitions/NAME` in \
             Swagger 2.0"
        );
        out.refuse(at, reason);
        return None;
    };
    let name = models.named(written, at, out)?;
    Some(format!("{URL}{name}#{pointer}"))
}

/// The place that a pointer leads to, or the last that there is on the way.
pub(super) fn find<'a>(at: &At<'a>, pointer: &str) -> At<'a> {
    let mut here = at.clone();
    for step in pointer.split('/').skip(1) {
        let step = step.replace("~1", "/").replace("~0", "~");
        let item = step.parse().ok().and_then(|index: usize| here.items().nth(index));
        let Some(next) = here.get(&step).or(item) else { break };
        here = next;
    }
    here
}
