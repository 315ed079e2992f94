//! `passthroughBehavior`: what becomes of a body that no request template is for.

use tollgate_source::text::{any_of, quoted};
use tollgate_source::{At, Fields, Findings};

/// What becomes of it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Behavior {
    /// It goes on.
    WhenNoMatch,
    /// It goes on where there are no templates at all.
    WhenNoTemplates,
    /// It is refused.
    Never,
}

/// Reads the behavior, and where it is said.
pub(super) fn read<'a>(fields: &mut Fields<'a>, out: &mut Findings) -> Option<(At<'a>, Behavior)> {
    let at = fields.take("passthroughBehavior")?;
    let text = at.string(out)?;
    let behavior = match text.to_ascii_lowercase().as_str() {
        "when_no_match" => Behavior::WhenNoMatch,
        "when_no_templates" => Behavior::WhenNoTemplates,
        "never" => Behavior::Never,
        _ => {
            let reason = format!(
                "`passthroughBehavior` cannot be {}: {} belongs here",
                quoted(text),
                any_of(["when_no_match", "when_no_templates", "never"])
            );
            out.refuse(&at, reason);
            return None;
        }
    };
    Some((at, behavior))
}
