//! Why a document is no policy.

use std::fmt;

/// Characters of a document that an error repeats: enough to find them by.
const MAX_SHOWN_CHARS: usize = 80;

/// A document that is no policy: which element, and what would be right.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Malformed {
    /// The path to the element, such as `Statement[2].Condition.StringEquals`. Empty for the whole.
    pub path: String,
    /// What is wrong and what would be right.
    pub reason: String,
}

impl Malformed {
    pub(crate) fn new(reason: impl Into<String>) -> Self {
        Self { path: String::new(), reason: reason.into() }
    }

    /// The same refusal, seen from the enclosing element.
    pub(crate) fn within(mut self, outer: impl fmt::Display) -> Self {
        self.path = match self.path.as_str() {
            "" => outer.to_string(),
            index if index.starts_with('[') => format!("{outer}{index}"),
            inner => format!("{outer}.{inner}"),
        };
        self
    }
}

impl fmt::Display for Malformed {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.path.is_empty() {
            return out.write_str(&self.reason);
        }
        write!(out, "{}: {}", self.path, self.reason)
    }
}

impl std::error::Error for Malformed {}

/// What stands in a document, fit for an error: on one line, and not too long.
pub(crate) fn shown(written: &str) -> String {
    let mut shown: String =
        written.chars().take(MAX_SHOWN_CHARS).flat_map(char::escape_debug).collect();
    if written.chars().nth(MAX_SHOWN_CHARS).is_some() {
        shown.push_str("...");
    }
    shown
}
