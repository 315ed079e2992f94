//! What a statement is about.

use serde_json::Value as Json;

use crate::answer::{any, not};
use crate::elements::{each, text};
use crate::keys::Keys;
use crate::malformed::{Malformed, shown};
use crate::policy::Kind;
use crate::segments::{ArnPattern, Reach};
use crate::work::{MAX_TEXT_BYTES, Work};

/// Characters of a resource in what an authorizer answers: API Gateway's own bound. Policies that
/// operators write are held to it too, except those of an API, which are short as a whole.
const MAX_RESOURCE_CHARS: usize = 512;

/// Which resources a statement is about, or all but which.
#[derive(Debug)]
pub(crate) struct Resources {
    is_negated: bool,
    patterns: Box<[ArnPattern]>,
}

impl Resources {
    /// `reach` is that of a statement whose resources are not negated.
    pub(crate) fn parse(
        written: &Json,
        is_negated: bool,
        reach: Reach,
        has_variables: bool,
        kind: Kind<'_>,
    ) -> Result<Self, Malformed> {
        let reach = if is_negated { reach.other() } else { reach };
        let parse = |written| parse(text(written)?, reach, has_variables, kind);
        Ok(Self { is_negated, patterns: each(written, parse)?.into() })
    }

    /// Whether they include an ARN. `None` if it cannot be told.
    pub(crate) fn cover(&self, arn: &str, keys: &dyn Keys, work: &Work) -> Option<bool> {
        if self.patterns.iter().any(ArnPattern::is_any) {
            return Some(!self.is_negated);
        }
        if arn.len() > MAX_TEXT_BYTES {
            return None;
        }
        let unresolved = if self.is_negated { None } else { Some(false) };
        let patterns = self.patterns.iter();
        let is_match = any(patterns.map(|pattern| pattern.matches(arn, keys, unresolved, work)));
        if self.is_negated { not(is_match) } else { is_match }
    }

    /// The keys that variables ask for.
    pub(crate) fn keys(&self) -> impl Iterator<Item = &str> {
        self.patterns.iter().flat_map(ArnPattern::keys)
    }
}

fn parse(
    written: &str,
    reach: Reach,
    has_variables: bool,
    kind: Kind<'_>,
) -> Result<ArnPattern, Malformed> {
    let (expanded, form) = match kind {
        Kind::Identity => (written.into(), ""),
        Kind::Resource(api) => (api.expand(written), ", nor `execute-api:/stage/METHOD/path`"),
    };
    if kind == Kind::Identity && written.chars().nth(MAX_RESOURCE_CHARS).is_some() {
        let reason = format!("has more than {MAX_RESOURCE_CHARS} characters");
        return Err(Malformed::new(reason));
    }
    if !expanded.starts_with("arn:") && !expanded.starts_with('*') {
        let reason = format!("`{}` is neither `*` nor an ARN{form}", shown(written));
        return Err(Malformed::new(reason));
    }
    ArnPattern::parse(&expanded, reach, has_variables)
}
