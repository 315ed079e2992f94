//! JSON Schema draft-04 as API Gateway validates by it: what fails, in how much work.
//!
//! A [`Schema`] is compiled once and then judges values. It is complete as far as the draft goes:
//! every keyword, `$ref` and `id` among them, save that nothing is ever fetched: a `$ref` leads
//! into the same document, to another of the [`Documents`] given, or to the draft's own schema of
//! schemas. Whatever a keyword cannot mean is refused when the schema is compiled; keywords that
//! the draft does not know mean nothing, as it says.
//!
//! The words of a [`Violation`], and which violations are told, are those of the validator that API
//! Gateway uses: a value is judged by its own keywords first, and what it contains only if those
//! hold.
//!
//! # What differs
//!
//! `pattern` and `patternProperties` are ECMA-262 without lookaround, backreferences and Unicode
//! properties: these are refused, because matching them may take more than linear time or tables
//! larger than a filter. `.`, `\s` and the rest see characters, never halves of a surrogate pair.
//!
//! `format` checks `date-time`, `email`, `hostname`, `ipv4`, `ipv6`, `uri` and `regex`. All others,
//! such as `int32`, `double`, `byte` or `uuid`, mean nothing.
//!
//! A number is an `integer` if it is written as one. Beyond 64 bits a number is held as the nearest
//! double, and counts as an integer.
//!
//! # Bounds
//!
//! Judging takes at most [`MAX_STEPS`] steps and goes at most [`MAX_DEPTH`] values and schemas
//! deep. Beyond either the value is refused as [`Rejected::TooMuchWork`].

mod compile;
mod decimal;
mod documents;
mod equal;
mod format;
mod index;
mod judge;
mod keyword;
mod limits;
mod number;
mod object;
mod pattern;
mod problem;
mod quote;
mod ranges;
mod reader;
mod schema;
mod uri;
mod violation;
mod work;

pub use documents::Documents;
pub use problem::Problem;
pub use schema::{Schema, Schemas};
pub use violation::{MAX_VIOLATIONS, Rejected, Violation};
pub use work::{MAX_DEPTH, MAX_STEPS};

#[cfg(test)]
mod tests;
