//! Where schemas are: documents, the `id`s within them, and what a `$ref` leads to.

use std::collections::BTreeMap;

use serde_json::{Map, Value};

use crate::documents::{Documents, Elsewhere, META_SCHEMA_URI};
use crate::problem::Problem;
use crate::uri;

/// How many schemas there may be in all documents together. Each takes memory in every worker.
pub(crate) const MAX_SCHEMAS: usize = 20_000;

/// A value within a document.
#[derive(Clone, Debug, Default, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Place {
    document: usize,
    pointer: String,
}

impl Place {
    /// A member or an item of the value.
    pub(crate) fn child(&self, token: &str) -> Self {
        let token = token.replace('~', "~0").replace('/', "~1");
        Self { document: self.document, pointer: format!("{}/{token}", self.pointer) }
    }
}

/// All documents, and what has an `id` in them.
pub(crate) struct Index<'a> {
    documents: Vec<(&'a str, &'a Value)>,
    by_uri: BTreeMap<&'a str, usize>,
    /// What an absolute URI names within a document, with its fragment where it has one. `None` if
    /// there is more than one such schema.
    named: BTreeMap<(usize, String), Option<Place>>,
    /// The base URI from a schema on.
    bases: BTreeMap<Place, String>,
    elsewhere: Option<Elsewhere<'a>>,
}

impl<'a> Index<'a> {
    pub(crate) fn new(
        documents: &'a Documents<'a>,
        meta_schema: &'a Value,
    ) -> Result<Self, Problem> {
        let given = documents.by_uri.iter().map(|(uri, value)| (uri.as_str(), *value));
        let documents_in_order: Vec<_> = given.chain([(META_SCHEMA_URI, meta_schema)]).collect();
        let mut by_uri = BTreeMap::new();
        for (index, (uri, _)) in documents_in_order.iter().enumerate() {
            by_uri.entry(*uri).or_insert(index);
        }
        let mut index = Self {
            documents: documents_in_order,
            by_uri,
            named: BTreeMap::new(),
            bases: BTreeMap::new(),
            elsewhere: documents.elsewhere,
        };
        index.walk()?;
        Ok(index)
    }

    /// The documents that were given, and where they start.
    pub(crate) fn roots(&self) -> impl Iterator<Item = (&'a str, Place)> {
        let given = self.documents.len().saturating_sub(1);
        let roots = self.documents.iter().take(given).enumerate();
        roots.map(|(document, (uri, _))| (*uri, Place { document, pointer: String::new() }))
    }

    pub(crate) fn value(&self, place: &Place) -> Option<&'a Value> {
        self.documents.get(place.document)?.1.pointer(&place.pointer)
    }

    pub(crate) fn problem(&self, place: &Place, reason: impl Into<String>) -> Problem {
        let uri = self.documents.get(place.document).map_or("", |(uri, _)| uri);
        Problem { document: uri.to_owned(), pointer: place.pointer.clone(), reason: reason.into() }
    }

    /// Notes every `id`. Only schemas have one: what lies in an `enum` is data.
    fn walk(&mut self) -> Result<(), Problem> {
        let mut count = 0_usize;
        for document in 0..self.documents.len() {
            let root = Place { document, pointer: String::new() };
            let base = self.documents.get(document).map_or("", |(uri, _)| uri).to_owned();
            let mut left = vec![(root, base)];
            while let Some((place, base)) = left.pop() {
                let Some(schema) = self.value(&place).and_then(Value::as_object) else { continue };
                count = count.saturating_add(1);
                if count > MAX_SCHEMAS {
                    let reason = format!("is too much: there are more than {MAX_SCHEMAS} schemas");
                    return Err(self.problem(&place, reason));
                }
                let base = self.note(&place, schema, base)?;
                let below = places_below(&place, schema);
                left.extend(below.into_iter().map(|place| (place, base.clone())));
            }
        }
        Ok(())
    }

    /// Notes the `id` of one schema, and returns the base within it.
    fn note(
        &mut self,
        place: &Place,
        schema: &Map<String, Value>,
        base: String,
    ) -> Result<String, Problem> {
        let id = match (schema.get("id"), schema.get("$ref")) {
            // Beside a `$ref` nothing counts.
            (None, _) | (_, Some(Value::String(_))) => return Ok(base),
            (Some(Value::String(id)), _) => id,
            (Some(_), _) => return Err(self.problem(&place.child("id"), "must be a string")),
        };
        let (reference, anchor) = uri::split_fragment(id);
        let own = uri::resolve(&base, reference);
        let name = if anchor.is_empty() { own.clone() } else { format!("{own}#{anchor}") };
        self.named
            .entry((place.document, name))
            .and_modify(|named| *named = None)
            .or_insert_with(|| Some(place.clone()));
        if own != base {
            self.bases.insert(place.clone(), own.clone());
        }
        Ok(own)
    }

    /// The base URI of a value: that of the nearest schema around it that has one.
    fn base(&self, place: &Place) -> &str {
        let mut around = place.clone();
        loop {
            if let Some(base) = self.bases.get(&around) {
                return base;
            }
            let Some(slash) = around.pointer.rfind('/') else { break };
            around.pointer.truncate(slash);
        }
        self.documents.get(place.document).map_or("", |(uri, _)| uri)
    }

    /// What a `$ref` leads to.
    pub(crate) fn resolve(&self, from: &Place, reference: &str) -> Result<Place, String> {
        let (target, fragment) = uri::split_fragment(reference);
        let target = uri::resolve(self.base(from), target);
        if let Some(place) = self.find(from.document, &target, fragment)? {
            return Ok(place);
        }
        let meant = self.elsewhere.and_then(|ask| ask(&format!("{target}#{fragment}")));
        let found = match &meant {
            Some(meant) => {
                let (target, fragment) = uri::split_fragment(meant);
                self.find(from.document, target, fragment)?
            }
            None => None,
        };
        found.ok_or_else(|| format!("leads to `{reference}`, which is not there"))
    }

    /// What an absolute URI and its fragment lead to, from a document.
    fn find(&self, from: usize, target: &str, fragment: &str) -> Result<Option<Place>, String> {
        let Some(fragment) = uri::decode(fragment) else {
            return Err(format!("has a fragment, `{fragment}`, that cannot be decoded"));
        };
        let whole = |document| Place { document, pointer: String::new() };
        let root = match self.called(from, target)? {
            Some(place) => place,
            None => match self.by_uri.get(target) {
                Some(&document) => whole(document),
                None if self.base(&whole(from)) == target => whole(from),
                // Schemas may share a base that none of them is called by.
                None => return self.called(from, &format!("{target}#{fragment}")),
            },
        };
        if fragment.is_empty() {
            return Ok(Some(root));
        }
        if fragment.starts_with('/') {
            let pointer = format!("{}{fragment}", root.pointer);
            let place = Place { document: root.document, pointer };
            return Ok(self.value(&place).map(|_| place));
        }
        self.called(root.document, &format!("{}#{fragment}", self.base(&root)))
    }

    /// The schema in a document whose `id` makes this of it.
    fn called(&self, document: usize, name: &str) -> Result<Option<Place>, String> {
        match self.named.get(&(document, name.to_owned())) {
            None => Ok(None),
            Some(Some(place)) => Ok(Some(place.clone())),
            Some(None) => {
                Err(format!("leads to `{name}`, and more than one schema is called that"))
            }
        }
    }
}

/// The schemas directly within a schema.
fn places_below(place: &Place, schema: &Map<String, Value>) -> Vec<Place> {
    let mut places = Vec::new();
    for (keyword, value) in schema {
        let within = place.child(keyword);
        match (keyword.as_str(), value) {
            (
                "properties" | "patternProperties" | "definitions" | "dependencies",
                Value::Object(named),
            ) => places.extend(named.keys().map(|name| within.child(name))),
            ("items" | "allOf" | "anyOf" | "oneOf", Value::Array(listed)) => {
                places.extend((0..listed.len()).map(|index| within.child(&index.to_string())));
            }
            ("items" | "additionalItems" | "additionalProperties" | "not", Value::Object(_)) => {
                places.push(within);
            }
            _ => {}
        }
    }
    places
}
