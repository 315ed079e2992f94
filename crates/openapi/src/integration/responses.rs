//! `responses` of an integration: what a client is answered for what the integration answers.

use std::collections::BTreeMap;

use regex_lite::RegexBuilder;
use tollgate_gateway::definition::IntegrationResponse;
use tollgate_mapping::{Bodies, Dialect, Template};
use tollgate_parameter_mapping::ResponseMapping;
use tollgate_source::text::{cut, quoted};
use tollgate_source::{At, Fields, Findings};

use crate::extensions::Extended as _;
use crate::{entries, status};

use super::content_handling;

/// The most responses of an integration.
const MAX_RESPONSES: usize = 20;

/// What the gateway takes for a pattern.
const MAX_PATTERN_BYTES: usize = 256;
const MAX_PATTERN_STATE_BYTES: usize = 64 << 10;

/// Reads the responses, in the order in which they are tried.
pub(super) fn read(
    fields: &mut Fields<'_>,
    out: &mut Findings,
) -> Option<Vec<IntegrationResponse>> {
    const NONE: &str = "without a response, such as `default: {statusCode: 200}`, API Gateway \
                        answers every request with 500";
    let Some(at) = fields.take("responses") else {
        out.refuse_key(&fields.at, format!("lacks `responses`: {NONE}"));
        return None;
    };
    at.map(out)?;
    match at.node.entries().len() {
        0 => out.refuse_key(&at, format!("is empty: {NONE}")),
        1..=MAX_RESPONSES => {}
        _ => out.refuse_key(&at, format!("an integration has at most {MAX_RESPONSES} responses")),
    }
    let responses: Vec<_> = at.entries().map(|(pattern, at)| read_one(pattern, &at, out)).collect();
    responses.into_iter().collect()
}

fn read_one(pattern: &str, at: &At<'_>, out: &mut Findings) -> Option<IntegrationResponse> {
    let mut fields = at.fields(out)?;
    let status_code = fields.need("statusCode", out).and_then(|at| status::read(&at, out));
    let content_handling = content_handling::read(&mut fields, out);
    let response_parameters = match fields.take("responseParameters") {
        Some(at) => {
            let check = |entries: &_| ResponseMapping::compile(entries, Dialect::Rest).map(drop);
            entries::read(&at, at.entries(), check, out)
        }
        None => BTreeMap::new(),
    };
    let response_templates = match fields.take("responseTemplates") {
        Some(at) => {
            let check = |entries: &_| Bodies::compile(entries, Template::integration).map(drop);
            entries::read(&at, at.entries(), check, out)
        }
        None => BTreeMap::new(),
    };
    fields.done(out);
    Some(IntegrationResponse {
        selection_pattern: selection_pattern(pattern, at, out)?,
        status_code: status_code?,
        content_handling,
        response_parameters,
        response_templates,
    })
}

#[expect(clippy::option_option, reason = "a response without a pattern is not a wrong pattern")]
fn selection_pattern(pattern: &str, at: &At<'_>, out: &mut Findings) -> Option<Option<String>> {
    if matches!(pattern, "default" | "") {
        return Some(None);
    }
    if pattern.len() > MAX_PATTERN_BYTES {
        let reason =
            format!("a pattern has at most {MAX_PATTERN_BYTES} bytes: {}", quoted(pattern));
        out.refuse_key(at, reason);
        return None;
    }
    let whole = format!("^(?:{pattern})$");
    match RegexBuilder::new(&whole).size_limit(MAX_PATTERN_STATE_BYTES).build() {
        Ok(_) => Some(Some(pattern.to_owned())),
        Err(error) => {
            let error = cut(&error.to_string());
            let reason = format!("{} is not a regular expression: {error}", quoted(pattern));
            out.refuse_key(at, reason);
            None
        }
    }
}
