//! From a request to the event of a function.

use std::borrow::Cow;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde::Serialize;
use tollgate_lambda::event::{Body, Source, V1, V2};
use tollgate_mapping::Dialect;
use tollgate_payload::BinaryMediaTypes;

use crate::Format;

/// The event of a request, as JSON.
pub(crate) fn event(
    source: Source<'_>,
    body: &[u8],
    format: Format,
    binary: &BinaryMediaTypes,
) -> Vec<u8> {
    let media_type = source.exchange.request.headers.get("content-type");
    let (text, is_base64) = match format {
        _ if body.is_empty() => (None, false),
        Format::Rest => encoded(body, binary.contain(media_type.unwrap_or(JSON))),
        Format::V1 | Format::V2 => encoded(body, !media_type.is_some_and(is_text)),
    };
    let body = Body { text, is_base64, bytes: body.len() };
    let room = body.text.as_ref().map_or(0, |text| text.len()).saturating_add(USUAL_BYTES);
    let mut event = Vec::with_capacity(room);
    let written = match format {
        Format::Rest => json(&V1::with_body(source, Dialect::Rest, body), &mut event),
        Format::V1 => json(&V1::with_body(source, Dialect::Http, body), &mut event),
        Format::V2 => json(&V2::with_body(source, body), &mut event),
    };
    // INVARIANT: an event has only names that are text and values that JSON has, so it can be written.
    if written.is_ok() { event } else { Vec::new() }
}

/// What an event usually has besides its body, so that it need not grow while it is written.
const USUAL_BYTES: usize = 6 * 1024;

fn json(event: &impl Serialize, into: &mut Vec<u8>) -> serde_json::Result<()> {
    serde_json::to_writer(into, event)
}

/// What an event says of a body that does not say what it is, as for every other integration.
const JSON: &[u8] = b"application/json";

/// The body as it stands in an event, and whether that is Base64: so is what is binary, and what is no
/// text whatever it says it is.
fn encoded(body: &[u8], is_binary: bool) -> (Option<Cow<'_, str>>, bool) {
    match std::str::from_utf8(body) {
        Ok(text) if !is_binary => (Some(text.into()), false),
        _ => (Some(STANDARD.encode(body).into()), true),
    }
}

/// Whether an HTTP API takes a body of this type for text.
fn is_text(media_type: &[u8]) -> bool {
    let end = media_type.iter().position(|byte| *byte == b';').unwrap_or(media_type.len());
    let name = media_type.get(..end).unwrap_or_default().trim_ascii().to_ascii_lowercase();
    let (kind, sub) = match name.iter().position(|byte| *byte == b'/') {
        Some(at) => name.split_at_checked(at).unwrap_or_default(),
        None => return false,
    };
    let sub = sub.get(1..).unwrap_or_default();
    kind == b"text"
        || kind == b"application"
            && (matches!(sub, b"json" | b"javascript" | b"xml")
                || sub.ends_with(b"+json")
                || sub.ends_with(b"+xml"))
}
