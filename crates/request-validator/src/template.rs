//! Paths with variables.

use std::rc::Rc;

use tollgate_policy::Invalid;

use crate::decode;

/// How many segments a path may have. A request's path is bounded by the proxy.
const MAX_SEGMENTS: usize = 256;

/// A path with variables: `/pets/{id}/{rest+}`.
#[derive(Clone, Debug)]
pub(crate) struct Template {
    segments: Vec<Segment>,
}

#[derive(Clone, Debug)]
enum Segment {
    /// These bytes, percent-decoded.
    Literal(Vec<u8>),
    /// One segment that is not empty.
    Variable(Rc<str>),
    /// All that is left, if it is not empty.
    Greedy(Rc<str>),
}

impl Template {
    pub(crate) fn compile(text: &str) -> Result<Self, Invalid> {
        let refuse = |reason: &str| Err(Invalid::new("", format!("`{text}` {reason}")));
        let Some(rest) = text.strip_prefix('/') else {
            return refuse("does not begin with a slash");
        };
        if text.contains(['?', '#']) {
            return refuse("has a query or a fragment, which is no part of a path");
        }
        let mut segments = Vec::new();
        for segment in rest.split('/') {
            if segments.len() >= MAX_SEGMENTS {
                return refuse(&format!("has more than {MAX_SEGMENTS} segments"));
            }
            if matches!(segments.last(), Some(Segment::Greedy(_))) {
                return refuse("goes on after `{name+}`, which stands for all the rest");
            }
            let variable = segment.strip_prefix('{').and_then(|rest| rest.strip_suffix('}'));
            let segment = match variable {
                None if segment.contains(['{', '}']) => {
                    return refuse("has a brace within a segment");
                }
                None => Segment::Literal(decode::percent(segment.as_bytes())),
                Some(variable) => match variable.strip_suffix('+') {
                    Some(name) => Segment::Greedy(name.into()),
                    None => Segment::Variable(variable.into()),
                },
            };
            segments.push(segment);
        }
        let template = Self { segments };
        for (index, name) in template.names().enumerate() {
            if name.is_empty() || template.names().take(index).any(|other| other == name) {
                return refuse("must give each variable a name of its own");
            }
        }
        Ok(template)
    }

    /// The names of the variables.
    pub(crate) fn names(&self) -> impl Iterator<Item = &Rc<str>> {
        self.segments.iter().filter_map(|segment| match segment {
            Segment::Literal(_) => None,
            Segment::Variable(name) | Segment::Greedy(name) => Some(name),
        })
    }

    /// The values of the variables, still percent-encoded. `None` if it is another path.
    pub(crate) fn read<'p>(&self, path: &'p [u8]) -> Option<Vec<(Rc<str>, &'p [u8])>> {
        let mut rest = Some(path.strip_prefix(b"/")?);
        let mut values = Vec::new();
        for segment in &self.segments {
            let left = rest?;
            let slash = left.iter().position(|byte| *byte == b'/');
            let (one, after) = match slash.and_then(|slash| left.split_at_checked(slash)) {
                Some((one, after)) => (one, after.get(1..)),
                None => (left, None),
            };
            match segment {
                Segment::Literal(literal) if decode::percent(one) == *literal => {}
                Segment::Variable(name) if !one.is_empty() => values.push((name.clone(), one)),
                Segment::Greedy(name) if !left.is_empty() => {
                    values.push((name.clone(), left));
                    return Some(values);
                }
                _ => return None,
            }
            rest = after;
        }
        rest.is_none().then_some(values)
    }
}
