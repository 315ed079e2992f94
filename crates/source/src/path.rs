//! Where a value stands in the structure of a document.

use std::fmt;
use std::rc::Rc;

use crate::text::cut;

/// The keys and indices that lead to a value: `$.paths./orders.post.security[0]`.
///
/// A path shares all but its last step with its parent's, so a document with long keys costs no
/// more than its own length.
#[derive(Clone, Debug)]
pub struct Path<'a>(Option<Rc<Step<'a>>>);

#[derive(Debug)]
struct Step<'a> {
    parent: Path<'a>,
    name: Name<'a>,
}

#[derive(Clone, Copy, Debug)]
enum Name<'a> {
    Key(&'a str),
    Index(usize),
}

impl<'a> Path<'a> {
    /// The document itself.
    pub const ROOT: Self = Self(None);

    /// The path of a key of this object.
    #[must_use]
    pub fn key(&self, key: &'a str) -> Self {
        Self(Some(Rc::new(Step { parent: self.clone(), name: Name::Key(key) })))
    }

    /// The path of an item of this list.
    #[must_use]
    pub fn index(&self, index: usize) -> Self {
        Self(Some(Rc::new(Step { parent: self.clone(), name: Name::Index(index) })))
    }
}

impl fmt::Display for Path<'_> {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut names = Vec::new();
        let mut path = self;
        while let Some(step) = &path.0 {
            names.push(step.name);
            path = &step.parent;
        }
        out.write_str("$")?;
        names.iter().rev().try_for_each(|name| match name {
            Name::Key(key) => write!(out, ".{}", cut(key)),
            Name::Index(index) => write!(out, "[{index}]"),
        })
    }
}
