//! What people write, YAML or JSON, read so that every problem has its place.
//!
//! [`read`] makes a tree of a text in which every value knows its line and column. [`At`] walks it and
//! says where a value is not what it should be; [`Fields`] sees to it that no key is passed over.
//! [`Findings`] collects what is wrong, so that whoever wrote the text is told everything at once.
//!
//! ```
//! use tollgate_source::{At, Findings, read};
//!
//! let mut found = Findings::default();
//! let node = read("burst: many", "limits.yaml", &mut found).unwrap();
//! let mut fields = At::root(&node).fields(&mut found).unwrap();
//! let burst = fields.need("burst", &mut found).and_then(|at| at.number(0, 100, &mut found));
//! fields.finish(&mut found);
//!
//! assert_eq!(burst, None);
//! let (problems, _) = found.report("limits.yaml");
//! let expected = "limits.yaml:1:8: $.burst: a whole number from 0 to 100 belongs here, not a string";
//! assert_eq!(problems[0].to_string(), expected);
//! ```
//!
//! # The text
//!
//! YAML is read by the core schema of YAML 1.2 (`yes` and `on` are strings), with anchors, aliases and
//! merge keys (`<<`). A key that is there twice is refused. A text that begins with `{` is read as
//! JSON. A document has at most [`MAX_BYTES`], 128 levels, and a bounded size once its aliases are
//! written out.

mod builder;
mod cursor;
mod json;
mod path;
mod problem;
mod scalar;
#[cfg(test)]
mod tests;
pub mod text;
mod tree;
mod yaml;

pub use cursor::{At, Fields};
pub use path::Path;
pub use problem::{Findings, MAX_PROBLEMS, Notice, Place, Problem};
pub use tree::{Entry, Map, Mark, Node, Value};

use builder::Builder;

/// The longest document, in bytes. API Gateway's own limit.
pub const MAX_BYTES: usize = 6 * 1024 * 1024;

/// Why reading stopped.
#[derive(Debug)]
struct Stop {
    mark: Mark,
    reason: String,
    /// Whether a limit was reached: the text may be right, and is not read again.
    is_limit: bool,
}

impl Stop {
    fn new(mark: Mark, reason: impl Into<String>) -> Self {
        Self { mark, reason: reason.into(), is_limit: false }
    }

    fn limit(mark: Mark, reason: impl Into<String>) -> Self {
        Self { mark, reason: reason.into(), is_limit: true }
    }
}

/// Reads a document. What is wrong with it goes to `findings`; nothing is returned where it cannot
/// be read to its end.
///
/// A text that begins with `{` is JSON, unless it is only YAML: YAML's grammar contains JSON's, but
/// YAML parsers differ from it in escapes and in how long a key may be.
pub fn read(text: &str, file: &str, findings: &mut Findings) -> Option<Node> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() > MAX_BYTES {
        let reason = format!("the document is larger than {} MB", MAX_BYTES / 1024 / 1024);
        findings.refuse_at(Mark::START, &Path::ROOT, reason);
        return None;
    }
    let named = |ending: &str| {
        file.get(file.len().saturating_sub(ending.len())..)
            .is_some_and(|end| end.eq_ignore_ascii_case(ending))
    };
    let is_json = named(".json");
    let mut stopped = None;
    if is_json || text.trim_start().starts_with('{') {
        let mut builder = Builder::default();
        match json::read(text, &mut builder) {
            Ok(()) => return builder.finish(findings),
            Err(stop) if is_json || stop.is_limit => {
                builder.stop(stop, findings);
                return None;
            }
            Err(stop) => stopped = Some((stop, builder)),
        }
    }
    let mut builder = Builder::default();
    match yaml::read(text, &mut builder) {
        Ok(()) => return builder.finish(findings),
        Err(stop) => match stopped {
            // Neither: the error of what it looks like is of more use.
            Some((stop, builder)) if !named(".yaml") && !named(".yml") => {
                builder.stop(stop, findings);
            }
            _ => builder.stop(stop, findings),
        },
    }
    None
}
