//! Schemas that judge values.

use std::collections::BTreeMap;
use std::fmt;
use std::rc::Rc;

use serde_json::Value;

use crate::compile::Compiler;
use crate::documents::{Documents, META_SCHEMA};
use crate::index::Index;
use crate::judge::Judge;
use crate::keyword::{Id, Slot};
use crate::problem::Problem;
use crate::violation::{Rejected, Report};

/// A schema that judges values.
#[derive(Clone)]
pub struct Schema {
    slots: Rc<[Slot]>,
    root: Id,
}

impl Schema {
    /// Compiles a schema that has no URI but what its own `id` says.
    ///
    /// # Errors
    /// [`Problem`] for the first place that cannot be honoured, here or in a document that a `$ref`
    /// leads to.
    pub fn compile(root: &Value, documents: &Documents<'_>) -> Result<Self, Problem> {
        let schemas = Schemas::compile_all(&documents.clone().with("", root), Some(""))?;
        let not_there = || Problem {
            document: String::new(),
            pointer: String::new(),
            reason: "is not there".to_owned(),
        };
        schemas.get("").ok_or_else(not_there)
    }

    /// Judges a value.
    ///
    /// # Errors
    /// [`Rejected`] if it does not satisfy the schema, or if that would take too much work to find
    /// out.
    pub fn check(&self, value: &Value) -> Result<(), Rejected> {
        let mut report = Report::default();
        let mut judge = Judge::new(&self.slots);
        match judge.judge(self.root, value, &mut report) {
            Ok(()) => report.outcome(),
            Err(_) => Err(Rejected::TooMuchWork),
        }
    }
}

impl fmt::Debug for Schema {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Schema({} of {})", self.root, self.slots.len())
    }
}

/// Schemas that were compiled together: what several of them lead to is there once.
#[derive(Clone)]
pub struct Schemas {
    slots: Rc<[Slot]>,
    roots: BTreeMap<String, Id>,
}

impl Schemas {
    /// Compiles all documents, each as a schema.
    ///
    /// # Errors
    /// [`Problem`] for the first place that cannot be honoured.
    pub fn compile(documents: &Documents<'_>) -> Result<Self, Problem> {
        Self::compile_all(documents, None)
    }

    fn compile_all(documents: &Documents<'_>, only: Option<&str>) -> Result<Self, Problem> {
        let meta_schema = serde_json::from_str(META_SCHEMA).unwrap_or_default();
        let index = Index::new(documents, &meta_schema)?;
        let mut compiler = Compiler::new(&index);
        let roots = index.roots().filter(|(uri, _)| only.is_none_or(|only| only == *uri));
        let roots = roots.map(|(uri, place)| (uri.to_owned(), compiler.schema(place))).collect();
        Ok(Self { slots: compiler.finish()?.into(), roots })
    }

    /// The schema that a document is.
    #[must_use]
    pub fn get(&self, uri: &str) -> Option<Schema> {
        Some(Schema { slots: self.slots.clone(), root: *self.roots.get(uri)? })
    }
}

impl fmt::Debug for Schemas {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.debug_set().entries(self.roots.keys()).finish()
    }
}
