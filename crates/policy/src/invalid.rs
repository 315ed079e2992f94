//! Why a configuration was refused.

use std::fmt;

/// A configuration that cannot be honoured: which field, and what would be right.
///
/// The reason is for the operator: lower case, no full stop, their own words in backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Invalid {
    /// The path to the field, such as `routes[3].authorizer`. Empty for the whole.
    pub field: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Invalid {
    /// Refuses a field for a reason.
    #[must_use]
    pub fn new(field: impl Into<String>, reason: impl Into<String>) -> Self {
        Self { field: field.into(), reason: reason.into() }
    }

    /// The same refusal, seen from the enclosing value.
    #[must_use]
    pub fn within(mut self, outer: impl fmt::Display) -> Self {
        self.field = match self.field.as_str() {
            "" => outer.to_string(),
            index if index.starts_with('[') => format!("{outer}{index}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}

impl fmt::Display for Invalid {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.field.is_empty() {
            return out.write_str(&self.reason);
        }
        write!(out, "{}: {}", self.field, self.reason)
    }
}

impl std::error::Error for Invalid {}
