//! Reads YAML and JSON into a tree in which every value knows where it stands.

mod builder;
mod json;
mod path;
mod scalar;
#[cfg(test)]
mod tests;
mod tree;
mod yaml;

pub(crate) use path::Path;
pub(crate) use tree::{Entry, Map, Mark, Node, Value};

use crate::problem::Findings;
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
pub(crate) fn read(text: &str, file: &str, findings: &mut Findings) -> Option<Node> {
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
