//! From JSON to schemas that can judge.

mod keyword;

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::documents::META_SCHEMA_URI;
use crate::index::{Index, MAX_SCHEMAS, Place};
use crate::keyword::{Id, Items, Members, Node, Slot};
use crate::pattern::Patterns;
use crate::problem::Problem;
use crate::reader;

use keyword::Refused;

/// What has been compiled, and what is still to be.
pub(crate) struct Compiler<'a> {
    index: &'a Index<'a>,
    ids: BTreeMap<Place, Id>,
    places: Vec<Place>,
    patterns: Patterns,
}

impl<'a> Compiler<'a> {
    pub(crate) const fn new(index: &'a Index<'a>) -> Self {
        Self { index, ids: BTreeMap::new(), places: Vec::new(), patterns: Patterns::new() }
    }

    /// The schema in a place, which will be compiled if it has not been.
    pub(crate) fn schema(&mut self, place: Place) -> Id {
        *self.ids.entry(place.clone()).or_insert_with(|| {
            self.places.push(place);
            self.places.len().saturating_sub(1)
        })
    }

    /// Compiles all that has been asked for, and all that this leads to. There is no recursion, so
    /// it makes no difference how deep schemas lie.
    pub(crate) fn finish(mut self) -> Result<Vec<Slot>, Problem> {
        let mut slots = Vec::new();
        while let Some(place) = self.places.get(slots.len()).cloned() {
            if slots.len() > MAX_SCHEMAS {
                let reason = format!("is too much: there are more than {MAX_SCHEMAS} schemas");
                return Err(self.index.problem(&place, reason));
            }
            slots.push(self.slot(&place)?);
        }
        self.shorten(&mut slots)?;
        Ok(slots)
    }

    /// Lets each alias lead to what is none.
    fn shorten(&self, slots: &mut [Slot]) -> Result<(), Problem> {
        for start in 0..slots.len() {
            let mut path = Vec::new();
            let mut id = start;
            while let Some(Slot::Alias(next)) = slots.get(id) {
                path.push(id);
                id = *next;
                if path.len() > slots.len() {
                    let place = self.places.get(start).cloned().unwrap_or_default();
                    return Err(self.index.problem(&place, "leads through `$ref` to itself alone"));
                }
            }
            for alias in path {
                if let Some(slot) = slots.get_mut(alias) {
                    *slot = Slot::Alias(id);
                }
            }
        }
        Ok(())
    }

    fn slot(&mut self, place: &Place) -> Result<Slot, Problem> {
        let Some(Value::Object(schema)) = self.index.value(place) else {
            return Err(self.index.problem(place, "must be a schema, which is an object"));
        };
        match schema.get("$ref") {
            Some(Value::String(reference)) => {
                let target = self.index.resolve(place, reference);
                let at = place.child("$ref");
                let target = target.map_err(|reason| self.index.problem(&at, reason))?;
                Ok(Slot::Alias(self.schema(target)))
            }
            Some(_) => Err(self.index.problem(&place.child("$ref"), "must be a string")),
            None => self.node(place, schema).map(Slot::Node),
        }
    }

    fn node(&mut self, place: &Place, schema: &Map<String, Value>) -> Result<Node, Problem> {
        self.dialect(place, schema)?;
        let mut node = Node {
            keywords: Vec::new(),
            items: self.items(place, schema)?,
            members: self.members(place, schema)?,
        };
        for name in keyword::ALL {
            let Some(value) = schema.get(name) else { continue };
            let at = place.child(name);
            let keyword = self.keyword(name, value, &at, schema);
            let keyword = keyword.map_err(|refused| match refused {
                Refused::Here(reason) => self.index.problem(&at, reason),
                Refused::There(problem) => problem,
            })?;
            node.keywords.extend(keyword);
        }
        for (name, beside) in [("exclusiveMaximum", "maximum"), ("exclusiveMinimum", "minimum")] {
            if schema.contains_key(name) && !schema.contains_key(beside) {
                let reason = format!("says nothing without `{beside}`");
                return Err(self.index.problem(&place.child(name), reason));
            }
        }
        Ok(node)
    }

    /// What is written in another draft would be understood in part.
    fn dialect(&self, place: &Place, schema: &Map<String, Value>) -> Result<(), Problem> {
        let Some(dialect) = schema.get("$schema") else { return Ok(()) };
        let known = [META_SCHEMA_URI, "http://json-schema.org/schema"];
        match dialect.as_str() {
            Some(uri) if known.contains(&uri.strip_suffix('#').unwrap_or(uri)) => Ok(()),
            _ => {
                let reason = format!("must be `{META_SCHEMA_URI}#`: no other draft is understood");
                Err(self.index.problem(&place.child("$schema"), reason))
            }
        }
    }

    fn items(&mut self, place: &Place, schema: &Map<String, Value>) -> Result<Items, Problem> {
        let at = place.child("items");
        match schema.get("items") {
            None => Ok(Items::Any),
            Some(Value::Object(_)) => Ok(Items::Each(self.schema(at))),
            Some(Value::Array(listed)) => {
                let first = 0..listed.len();
                let first = first.map(|index| self.schema(at.child(&index.to_string()))).collect();
                let rest = matches!(schema.get("additionalItems"), Some(Value::Object(_)));
                let rest = rest.then(|| self.schema(place.child("additionalItems")));
                Ok(Items::Listed(first, rest))
            }
            Some(_) => Err(self.index.problem(&at, "must be a schema or a list of schemas")),
        }
    }

    fn members(&mut self, place: &Place, schema: &Map<String, Value>) -> Result<Members, Problem> {
        let mut members = Members::default();
        if let Some(value) = schema.get("properties") {
            let at = place.child("properties");
            let named = reader::object(value).map_err(|reason| self.index.problem(&at, reason))?;
            members.named =
                named.keys().map(|name| (name.clone(), self.schema(at.child(name)))).collect();
        }
        if let Some(value) = schema.get("patternProperties") {
            let at = place.child("patternProperties");
            let matched =
                reader::object(value).map_err(|reason| self.index.problem(&at, reason))?;
            for text in matched.keys() {
                let at = at.child(text);
                let pattern = self.patterns.compile(text);
                let pattern = pattern.map_err(|reason| self.index.problem(&at, reason))?;
                members.matched.push((pattern, self.schema(at)));
            }
        }
        if let Some(Value::Object(_)) = schema.get("additionalProperties") {
            members.others = Some(self.schema(place.child("additionalProperties")));
        }
        Ok(members)
    }
}
