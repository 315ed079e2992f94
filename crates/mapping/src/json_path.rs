//! The part of `JSONPath` that parameter mappings have: members and elements by name and number.

use serde_json::Value;
use tollgate_policy::Invalid;

/// How deep a path may lead: no deeper than a body that is read.
const MAX_STEPS: usize = 64;

/// A path into a body, such as `$.order.lines[0].sku`. Unlike in the whole of `JSONPath` there are no
/// wildcards, slices, filters and `..`, as in API Gateway's parameter mappings.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct JsonPath(Vec<Step>);

#[derive(Clone, Debug, PartialEq, Eq)]
enum Step {
    Member(String),
    Element(usize),
}

impl JsonPath {
    /// Reads what comes after `$` or after `body`: `.order.lines[0]`, `['order']`, or nothing.
    ///
    /// # Errors
    /// [`Invalid`] for what is no such path.
    pub fn parse(text: &str) -> Result<Self, Invalid> {
        let refuse = || {
            let reason = format!("`{text}` is not a path such as `.order.lines[0]`");
            Invalid::new("", reason)
        };
        let mut steps = Vec::new();
        let mut rest = text;
        while !rest.is_empty() {
            let (step, after) = step(rest).ok_or_else(refuse)?;
            steps.push(step);
            rest = after;
            if steps.len() > MAX_STEPS {
                return Err(Invalid::new("", format!("a path has at most {MAX_STEPS} steps")));
            }
        }
        Ok(Self(steps))
    }

    /// What lies there.
    #[must_use]
    pub fn find<'v>(&self, value: &'v Value) -> Option<&'v Value> {
        self.0.iter().try_fold(value, |value, step| match step {
            Step::Member(name) => value.get(name),
            Step::Element(number) => value.get(number),
        })
    }
}

fn step(text: &str) -> Option<(Step, &str)> {
    if let Some(rest) = text.strip_prefix("['").or_else(|| text.strip_prefix("[\"")) {
        let (name, rest) = rest.split_once("']").or_else(|| rest.split_once("\"]"))?;
        return Some((Step::Member(name.to_owned()), rest));
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (number, rest) = rest.split_once(']')?;
        return Some((Step::Element(number.parse().ok()?), rest));
    }
    let rest = text.strip_prefix('.')?;
    let end = rest.find(['.', '[']).unwrap_or(rest.len());
    let (name, rest) = rest.split_at_checked(end)?;
    let is_name = !name.is_empty() && !name.contains(['*', '?', '(', ')', ']', '@', ' ']);
    is_name.then(|| (Step::Member(name.to_owned()), rest))
}
