//! Integrations of type `mock`: the gateway answers by itself.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Integration, Mock, Passthrough};
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings};

use super::passthrough::{self, Behavior};
use super::{responses, template};

/// How many media types a mock tells apart.
const MAX_TEMPLATES: usize = 10;

/// What says where and how a service is called.
const OF_SERVICES: [&str; 11] = [
    "connectionId",
    "connectionType",
    "contentHandling",
    "credentials",
    "httpMethod",
    "integrationTarget",
    "requestParameters",
    "responseTransferMode",
    "timeoutInMillis",
    "tlsConfig",
    "uri",
];

/// Reads a `mock`.
pub(super) fn read(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Integration> {
    for key in OF_SERVICES {
        fields.notice(key, "a `mock` calls nothing, and this says how", out);
    }
    let passthrough = match passthrough::read(fields, out) {
        Some((_, Behavior::WhenNoTemplates | Behavior::Never)) => Passthrough::Never,
        Some((_, Behavior::WhenNoMatch)) | None => Passthrough::WhenNoMatch,
    };
    let instead = "of a REST API, `responseParameters` stand in `responses`";
    fields.refuse("responseParameters", instead, out);
    let statuses = match fields.take("requestTemplates") {
        Some(at) => statuses(&at, out),
        None => {
            out.refuse_key(&fields.at, lacks("`requestTemplates`"));
            None
        }
    };
    if let Some(at) = fields.take("responses") {
        report_absent(&at, out);
    }
    let responses = responses::read(fields, out);
    Some(Integration::Mock(Mock { statuses: statuses?, passthrough, responses: responses? }))
}

/// The statuses by media type.
fn statuses(at: &At<'_>, out: &mut Findings) -> Option<BTreeMap<String, u16>> {
    at.map(out)?;
    let mut statuses = BTreeMap::new();
    if at.node.entries().is_empty() {
        out.refuse(at, lacks("a template"));
    }
    if at.node.entries().len() > MAX_TEMPLATES {
        out.refuse_key(at, format!("a `mock` has at most {MAX_TEMPLATES} request templates"));
    }
    for (media_type, at) in at.entries() {
        let Some(status) = status(&at, out) else { continue };
        if statuses.insert(media_type.to_ascii_lowercase(), status).is_some() {
            out.refuse_key(&at, "this media type is there twice, in capitals and without");
        }
    }
    Some(statuses)
}

/// The status that a template names.
fn status(at: &At<'_>, out: &mut Findings) -> Option<u16> {
    let text = at.string(out)?;
    // A variable of `$context` is no status either.
    if text.contains('$') || template::is_program(text) {
        out.refuse(at, template::NOT_SERVED);
        return None;
    }
    let Some(members) = template::members(text) else {
        out.refuse(at, "this is no JSON object: `{\"statusCode\": 200}` belongs here");
        return None;
    };
    // Of several, the last counts.
    let Some((_, status)) = members.iter().rfind(|(name, _)| *name == "statusCode") else {
        out.refuse(at, lacks("`statusCode`"));
        return None;
    };
    match status.parse() {
        Ok(status @ 100..=599) => Some(status),
        _ => {
            out.refuse(at, format!("{} is not a status from 100 to 599", quoted(status)));
            None
        }
    }
}

/// What nothing is ever worth.
fn report_absent(at: &At<'_>, out: &mut Findings) {
    for (_, response) in at.entries() {
        let parameters = response.get("responseParameters");
        for (_, value) in parameters.iter().flat_map(At::entries) {
            let source = value.node.text().unwrap_or_default();
            if source.starts_with("integration.response.") {
                let reason = "no service answers behind a `mock`, so this field is left out";
                out.notice(&value, reason);
            }
        }
    }
}

fn lacks(what: &str) -> String {
    format!(
        "lacks {what}: without a status, such as `{{\"statusCode\": 200}}`, API Gateway answers \
         every request with 500"
    )
}
