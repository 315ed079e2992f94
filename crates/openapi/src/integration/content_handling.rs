//! `contentHandling`: what becomes of a body between bytes and text.

use tollgate_payload::ContentHandling;
use tollgate_source::text::{any_of, quoted};
use tollgate_source::{Fields, Findings};

const VALUES: [&str; 2] = ["CONVERT_TO_BINARY", "CONVERT_TO_TEXT"];

/// Reads it, where it stands.
pub(super) fn read(fields: &mut Fields<'_>, out: &mut Findings) -> Option<ContentHandling> {
    let at = fields.take("contentHandling")?;
    match at.string(out)? {
        "CONVERT_TO_BINARY" => Some(ContentHandling::ConvertToBinary),
        "CONVERT_TO_TEXT" => Some(ContentHandling::ConvertToText),
        text => {
            out.refuse(
                &at,
                format!("{} is not known: {} belongs here", quoted(text), any_of(VALUES)),
            );
            None
        }
    }
}
