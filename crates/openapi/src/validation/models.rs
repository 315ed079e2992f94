//! The models of an API: the schemas that bodies are checked against, and those that they lead to.

use std::collections::BTreeMap;

use serde_json::Value;
use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

use super::schema;
use crate::Context;
use crate::text::reason;

/// The longest name made up for a model.
const MAX_NAME: usize = 64;

/// The models that are used, by name.
#[derive(Debug)]
pub(crate) struct Models<'a> {
    /// `components.schemas`, or `definitions` of Swagger 2.0.
    schemas: Option<At<'a>>,
    models: BTreeMap<String, Model<'a>>,
    /// What the document's own schemas are called.
    names: BTreeMap<&'a str, String>,
    /// What schemas that have no name are called, by what they say.
    unnamed: BTreeMap<String, String>,
    /// The models that have a name, and are yet to be read.
    unread: Vec<String>,
}

#[derive(Debug)]
struct Model<'a> {
    at: At<'a>,
    schema: Value,
}

impl<'a> Models<'a> {
    pub(crate) fn new(context: &Context<'a>) -> Self {
        let schemas = match context.root.get("components") {
            Some(components) if context.root.get("swagger").is_none() => components.get("schemas"),
            _ => context.root.get("definitions"),
        };
        Self {
            schemas,
            models: BTreeMap::new(),
            names: BTreeMap::new(),
            unnamed: BTreeMap::new(),
            unread: Vec::new(),
        }
    }

    /// The name of the model that a schema is. `route` is whose body it is.
    pub(super) fn name(&mut self, at: &At<'a>, route: &str, out: &mut Findings) -> Option<String> {
        if let Some(reference) = at.get("$ref")
            && let Some((name, "")) = schema::split(reference.string(out)?)
        {
            return self.named(name, &reference, out);
        }
        let model = schema::read(at, self, out);
        let says = model.to_string();
        if let Some(name) = self.unnamed.get(&says) {
            return Some(name.clone());
        }
        let name = self.new_name(route);
        self.unnamed.insert(says, name.clone());
        self.models.insert(name.clone(), Model { at: at.clone(), schema: model });
        Some(name)
    }

    /// The name of the model that one of the document's own schemas is.
    pub(super) fn named(
        &mut self,
        written: &'a str,
        reference: &At<'_>,
        out: &mut Findings,
    ) -> Option<String> {
        if let Some(name) = self.names.get(written) {
            return Some(name.clone());
        }
        let Some(at) = self.schemas.as_ref().and_then(|schemas| schemas.get(written)) else {
            out.refuse(reference, format!("there is no schema {}", quoted(written)));
            return None;
        };
        let name = self.new_name(written);
        if name != written {
            let model = quoted(&name);
            let reason = format!(
                "a model is named with letters and digits alone, so this one is called {model}"
            );
            out.notice(&at, reason);
        }
        self.names.insert(written, name.clone());
        self.models.insert(name.clone(), Model { at, schema: Value::Null });
        self.unread.push(name.clone());
        Some(name)
    }

    /// A name of letters and digits that is not taken.
    fn new_name(&self, text: &str) -> String {
        let plain = text.chars().filter(char::is_ascii_alphanumeric).take(MAX_NAME);
        let base = Some(plain.collect::<String>()).filter(|name| !name.is_empty());
        let base = base.unwrap_or_else(|| "Model".to_owned());
        let numbers = 2..self.models.len().saturating_add(3);
        let numbered = numbers.map(|number| format!("{base}v{number}"));
        let mut names = std::iter::once(base.clone()).chain(numbered);
        names.find(|name| !self.models.contains_key(name)).unwrap_or(base)
    }

    /// All models, checked.
    pub(crate) fn compile(mut self, out: &mut Findings) -> BTreeMap<String, Value> {
        // One after the other: they may lead to each other, and far.
        while let Some(name) = self.unread.pop() {
            let Some(at) = self.models.get(&name).map(|model| model.at.clone()) else { continue };
            let schema = schema::read(&at, &mut self, out);
            self.models.insert(name, Model { at, schema });
        }
        let places: BTreeMap<_, _> =
            self.models.iter().map(|(name, model)| (name.clone(), model.at.clone())).collect();
        let models = self.models.into_iter().map(|(name, model)| (name, model.schema)).collect();
        if let Err(invalid) = tollgate_request_validator::Models::compile(&models)
            && let Some(at) = places.get(&invalid.field)
        {
            let why = reason(&invalid);
            let (at, why) = match why.strip_prefix("`#").and_then(|why| why.split_once("` ")) {
                Some((pointer, why)) => (schema::find(at, pointer), why),
                None => (at.clone(), why.as_str()),
            };
            out.refuse(&at, format!("in a model for bodies, this {why}"));
        }
        models
    }
}
