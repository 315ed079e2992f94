//! The HTTP service of an integration: where it is, and how it is called.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{HttpProxy, Protocol};
use tollgate_source::text::{any_of, cut, quoted};
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::mapping::{self, Mapping};
use crate::uri;

use super::encryption::{self, Settled};
use super::{content_handling, transfer};

const METHODS: [&str; 8] = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// A service, and the header fields that carry claims to it.
pub(super) type Called = (HttpProxy, BTreeMap<String, String>);

/// Reads what integrations of type `http_proxy` and `http` have in common. `kind` is which of them it
/// is.
pub(super) fn read(
    fields: &mut Fields<'_>,
    kind: &str,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Called> {
    let unused = "`credentials` are not used: HTTP services are called without";
    fields.notice("credentials", unused, out);
    refused(fields, kind, out);
    if context.protocol == Protocol::Http {
        fields.refuse("contentHandling", "only a REST API converts bodies", out);
    }
    let content_handling = content_handling::read(fields, out);
    let mapping = match fields.take("requestParameters") {
        Some(at) => mapping::read(&at, variables, context, out),
        None => Some(Mapping::default()),
    };
    let method = method(fields, out);
    let mode = transfer::read(fields, kind, context.protocol, out);
    let most = transfer::longest(context.protocol, mode.unwrap_or_default());
    let timeout_millis = timeout(fields, most, out);
    let encryption = encryption::read(fields, context.protocol, out);
    let uri = fields.need("uri", out);
    connection(fields, out);
    let mapping = mapping?;
    let uri = self::uri(&uri?, &mapping, variables, context, out)?;
    let Settled { server_name_to_verify, insecure_skip_verification, http2 } =
        encryption?.settle(&uri, context, out)?;
    let service = HttpProxy {
        uri,
        method: method?,
        timeout_millis: timeout_millis?,
        server_name_to_verify,
        insecure_skip_verification,
        http2,
        response_transfer_mode: mode?,
        content_handling,
        request_parameters: mapping.parameters,
        ..HttpProxy::default()
    };
    Some((service, mapping.claims_to_headers))
}

/// What would be missed, or is wrong.
fn refused(fields: &mut Fields<'_>, kind: &str, out: &mut Findings) {
    fields.refuse("integrationSubtype", &format!("an `{kind}` has no subtype"), out);
    if let Some(at) = fields.take("payloadFormatVersion")
        && let Some(text) = at.version(out)
        && !matches!(text, "1.0" | "1")
    {
        let reason = format!("an `{kind}` has payload format version `1.0`, not {}", quoted(text));
        out.refuse(&at, reason);
    }
}

/// The URI, in which every variable that a mapping fills has its place.
fn uri(
    at: &At<'_>,
    mapping: &Mapping,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<String> {
    let text = at.string(out)?;
    for name in mapping.renames.keys().map(String::as_str).chain(mapping.variables()) {
        if !text.contains(&format!("{{{name}}}")) && !text.contains(&format!("{{{name}+}}")) {
            let name = cut(name);
            let reason = format!("the URI has no `{{{name}}}` for the parameter mapping to fill");
            out.refuse(at, reason);
            return None;
        }
    }
    let filled = mapping.variables().map(str::to_owned);
    let known: Vec<_> = variables.iter().cloned().chain(filled).collect();
    uri::translate(at, &known, &mapping.renames, context, out)
}

fn method(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Option<String>> {
    let Some(at) = fields.take("httpMethod") else {
        return Some(None);
    };
    let text = at.filled(out)?;
    let method = text.to_ascii_uppercase();
    if !METHODS.contains(&method.as_str()) {
        let reason = format!("{} is no method: {} belongs here", quoted(text), any_of(METHODS));
        out.refuse(&at, reason);
        return None;
    }
    Some(Some(method).filter(|method| method != "ANY"))
}

/// How long the integration may take, if that is said.
pub(super) fn timeout(
    fields: &mut Fields<'_>,
    most: u32,
    out: &mut Findings,
) -> Option<Option<u32>> {
    match fields.take("timeoutInMillis") {
        Some(at) => at.number(50, most, out).map(Some),
        None => Some(None),
    }
}

/// A private integration calls the URL it names: the proxy is where that can be reached, or not.
pub(super) fn connection(fields: &mut Fields<'_>, out: &mut Findings) {
    fields.take("connectionId");
    fields.notice(
        "integrationTarget",
        "`integrationTarget` is not looked at: the URI is called",
        out,
    );
    let Some(at) = fields.take("connectionType") else {
        return;
    };
    let Some(text) = at.string(out) else {
        return;
    };
    match text.to_ascii_uppercase().as_str() {
        "INTERNET" => {}
        "VPC_LINK" => {
            out.notice(&at, "there are no VPC links: the URI is called from where the proxy runs");
        }
        _ => out.refuse(&at, "`INTERNET` or `VPC_LINK` belongs here"),
    }
}
