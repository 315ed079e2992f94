//! Why a schema was refused.

use std::fmt;

/// A schema that cannot be honoured: where, and what is wrong.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Problem {
    /// The URI of the document, as it was given. Empty where it was given none.
    pub document: String,
    /// The JSON pointer to the value within the document. Empty for the whole.
    pub pointer: String,
    /// What is wrong with it: lower case, no full stop, the author's words in backticks.
    pub reason: String,
}

impl fmt::Display for Problem {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "`{}#{}` {}", self.document, self.pointer, self.reason)
    }
}

impl std::error::Error for Problem {}
