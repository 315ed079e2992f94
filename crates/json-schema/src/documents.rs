//! The documents that a `$ref` may lead to.

use std::collections::BTreeMap;

use serde_json::Value;

/// The draft's own schema of schemas.
pub(crate) const META_SCHEMA: &str = include_str!("draft-04.json");
/// Its URI, without the empty fragment it is written with.
pub(crate) const META_SCHEMA_URI: &str = "http://json-schema.org/draft-04/schema";

/// Says what a reference means that leads nowhere by the rules of the draft.
pub(crate) type Elsewhere<'a> = &'a dyn Fn(&str) -> Option<String>;

/// The documents that a `$ref` may lead to, by their URIs. Nothing else is ever looked up.
#[derive(Clone, Default)]
pub struct Documents<'a> {
    pub(crate) by_uri: BTreeMap<String, &'a Value>,
    pub(crate) elsewhere: Option<Elsewhere<'a>>,
}

impl<'a> Documents<'a> {
    /// No documents.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Adds a document under an absolute URI without a fragment. One that had the same is replaced.
    #[must_use]
    pub fn with(mut self, uri: impl Into<String>, document: &'a Value) -> Self {
        self.by_uri.insert(uri.into(), document);
        self
    }

    /// Asks, for each reference that leads nowhere, what it means instead. The question is the
    /// absolute URI with its fragment; so is the answer, and it is not asked again.
    #[must_use]
    pub fn or_else(mut self, elsewhere: &'a dyn Fn(&str) -> Option<String>) -> Self {
        self.elsewhere = Some(elsewhere);
        self
    }
}

impl std::fmt::Debug for Documents<'_> {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        out.debug_set().entries(self.by_uri.keys()).finish()
    }
}
