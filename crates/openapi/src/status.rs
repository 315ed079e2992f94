//! Statuses, which some documents write as numbers and others as strings.

use tollgate_source::text::quoted;
use tollgate_source::{At, Findings};

/// Reads a status that a client can be answered with.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Option<u16> {
    let text = at.version(out)?;
    let status = parse(text);
    if status.is_none() {
        out.refuse(at, format!("{} is not a status from 200 to 599", quoted(text)));
    }
    status
}

/// The status that a text names.
pub(crate) fn parse(text: &str) -> Option<u16> {
    let status = Some(text).filter(|text| text.len() == 3)?.parse().ok()?;
    (200..=599).contains(&status).then_some(status)
}
