//! The models of an API.

use std::collections::BTreeMap;

use serde_json::{Value, json};
use tollgate_json_schema::{Documents, Problem, Schema, Schemas};
use tollgate_policy::Invalid;

/// The URL of a model, up to its name. Whatever API a reference names, this one is meant.
const URL: &str = "https://apigateway.amazonaws.com/restapis/-/models/";

/// The same, up to the name of the API.
const URL_OF_API: &str = "https://apigateway.amazonaws.com/restapis/";

/// Models by name.
#[derive(Clone, Debug)]
pub struct Models {
    schemas: Schemas,
}

impl Models {
    /// Compiles models, and `Empty` and `Error`, which every API has, unless they are among them.
    ///
    /// One model leads to another by API Gateway's URL,
    /// `https://apigateway.amazonaws.com/restapis/API/models/NAME`, or as `OpenAPI` documents write it,
    /// by `#/definitions/NAME` or `#/components/schemas/NAME`, unless the model has a definition of its
    /// own of that name. They may lead to one another in circles.
    ///
    /// # Errors
    /// [`Invalid`] for the first model that cannot be honoured. The field is its name, the reason says
    /// where in it.
    pub fn compile(models: &BTreeMap<String, Value>) -> Result<Self, Invalid> {
        let plain =
            |name: &str| !name.is_empty() && name.bytes().all(|b| b.is_ascii_alphanumeric());
        if let Some(name) = models.keys().find(|name| !plain(name)) {
            return Err(Invalid::new(name, "has a name that is not letters and digits alone"));
        }
        let defaults = [("Empty", empty()), ("Error", error())];
        let mut documents = Documents::new();
        for (name, model) in &defaults {
            documents = documents.with(format!("{URL}{name}"), model);
        }
        for (name, model) in models {
            documents = documents.with(format!("{URL}{name}"), model);
        }
        let schemas = Schemas::compile(&documents.or_else(&meant)).map_err(invalid)?;
        Ok(Self { schemas })
    }

    /// The model of a name.
    pub(crate) fn get(&self, name: &str) -> Option<Schema> {
        self.schemas.get(&format!("{URL}{name}"))
    }
}

fn empty() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Empty Schema",
        "type": "object",
    })
}

fn error() -> Value {
    json!({
        "$schema": "http://json-schema.org/draft-04/schema#",
        "title": "Error Schema",
        "type": "object",
        "properties": {"message": {"type": "string"}},
    })
}

/// Which model a reference means that leads nowhere as it stands.
fn meant(reference: &str) -> Option<String> {
    let (url, fragment) = reference.split_once('#')?;
    if let Some(pointer) = ["/definitions/", "/components/schemas/"]
        .iter()
        .find_map(|start| fragment.strip_prefix(start))
        && url.starts_with(URL)
    {
        let (name, rest) = pointer.split_once('/').unwrap_or((pointer, ""));
        let slash = if pointer.contains('/') { "/" } else { "" };
        return Some(format!("{URL}{name}#{slash}{rest}"));
    }
    let (_api, name) = url.strip_prefix(URL_OF_API)?.split_once("/models/")?;
    Some(format!("{URL}{name}#{fragment}"))
}

/// The same problem, in terms of models.
fn invalid(problem: Problem) -> Invalid {
    let Problem { document, pointer, reason } = problem;
    let name = document.strip_prefix(URL).unwrap_or(&document);
    Invalid::new(name, format!("`#{pointer}` {reason}"))
}
