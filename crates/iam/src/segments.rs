//! ARNs with wildcards and variables in them.

use crate::keys::Keys;
use crate::malformed::{Malformed, shown};
use crate::pattern::{Pattern, Syntax};
use crate::work::Work;

/// The parts of an ARN, which colons stand between. The last one may have colons itself.
const PARTS: usize = 6;

/// How far a `*` reaches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    /// To the next colon, except in the last part.
    Part,
    /// Over everything.
    Whole,
}

impl Reach {
    pub(crate) const fn other(self) -> Self {
        match self {
            Self::Part => Self::Whole,
            Self::Whole => Self::Part,
        }
    }
}

/// An ARN with wildcards and variables in it.
#[derive(Debug)]
pub(crate) struct ArnPattern {
    /// The patterns of its parts; one alone is for the whole.
    parts: Box<[Pattern]>,
}

impl ArnPattern {
    /// # Errors
    /// [`Malformed`] if there is a variable that is none, or stands before the last part.
    pub(crate) fn parse(
        written: &str,
        reach: Reach,
        has_variables: bool,
    ) -> Result<Self, Malformed> {
        let syntax = Syntax { has_wildcards: true, has_variables };
        let texts = split(written, has_variables);
        let mut parts = Vec::new();
        for text in &texts {
            parts.push(Pattern::parse(text, syntax)?);
        }
        let ahead = parts.split_last().map_or(&[][..], |(_, ahead)| ahead);
        if ahead.iter().any(|part| part.variables().next().is_some()) {
            let reason = format!(
                "`{}` has a variable before the fifth colon, where ARNs can have none",
                shown(written)
            );
            return Err(Malformed::new(reason));
        }
        if reach == Reach::Whole {
            parts = vec![Pattern::parse(written, syntax)?];
        }
        Ok(Self { parts: parts.into() })
    }

    /// Whether it is `*`, which every ARN matches.
    pub(crate) fn is_any(&self) -> bool {
        matches!(&*self.parts, [only] if only.is_any())
    }

    /// Whether it has all parts of an ARN.
    pub(crate) fn is_whole(&self) -> bool {
        self.parts.len() == PARTS
    }

    /// The keys that its variables ask for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flat_map(Pattern::keys)
    }

    /// Whether an ARN matches. `unresolved` is the answer where a variable stands for nothing.
    pub(crate) fn matches(
        &self,
        arn: &str,
        keys: &dyn Keys,
        unresolved: Option<bool>,
        work: &Work,
    ) -> Option<bool> {
        let Some((last, ahead)) = self.parts.split_last() else { return Some(false) };
        let mut rest = arn;
        for pattern in ahead {
            let Some((part, after)) = rest.split_once(':') else { return Some(false) };
            if !pattern.matches(&[], part, work)? {
                return Some(false);
            }
            rest = after;
        }
        match last.resolve(keys) {
            Some(variables) => last.matches(&variables, rest, work),
            None => unresolved,
        }
    }
}

/// Splits at the colons that are not within a variable, into the parts of an ARN.
fn split(written: &str, has_variables: bool) -> Vec<&str> {
    let mut parts = Vec::new();
    let (mut start, mut is_inside) = (0, false);
    let bytes = written.as_bytes();
    for (at, &byte) in bytes.iter().enumerate() {
        match byte {
            b'{' if has_variables && bytes.get(..at).is_some_and(|head| head.ends_with(b"$")) => {
                is_inside = true;
            }
            b'}' => is_inside = false,
            b':' if !is_inside && parts.len() < PARTS - 1 => {
                parts.push(written.get(start..at).unwrap_or_default());
                start = at.saturating_add(1);
            }
            _ => {}
        }
    }
    parts.push(written.get(start..).unwrap_or_default());
    parts
}
