//! The HTTP service of an integration: where it is, and how it is called.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{HttpProxy, Protocol};
use tollgate_source::text::{any_of, cut, quoted};
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions::Extended as _;
use crate::mapping::{self, Mapping};
use crate::uri;

use super::content_handling;

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
    let most = match context.protocol {
        Protocol::Http => 30_000,
        Protocol::Rest => 29_000,
    };
    let timeout_millis = timeout(fields, most, out);
    let server_name = server_name(fields, out);
    let uri = fields.need("uri", out);
    connection(fields, out);
    let mapping = mapping?;
    let uri = self::uri(&uri?, &mapping, variables, context, out)?;
    let server_name_to_verify = server_name?;
    if server_name_to_verify.is_some() && uri.to_ascii_lowercase().starts_with("http://") {
        let reason = "a service that is reached in the clear has no certificate: the URI begins \
                      with `https://`, or there is no `serverNameToVerify`";
        out.refuse_key(&fields.at, reason);
        return None;
    }
    let service = HttpProxy {
        uri,
        method: method?,
        timeout_millis: timeout_millis?,
        server_name_to_verify,
        content_handling,
        request_parameters: mapping.parameters,
        ..HttpProxy::default()
    };
    Some((service, mapping.claims_to_headers))
}

/// What would be missed, or is wrong.
fn refused(fields: &mut Fields<'_>, kind: &str, out: &mut Findings) {
    fields.refuse("integrationSubtype", &format!("an `{kind}` has no subtype"), out);
    if let Some(at) = fields.take("responseTransferMode")
        && let Some(text) = at.string(out)
    {
        match text.to_ascii_uppercase().as_str() {
            "BUFFERED" => {}
            "STREAM" => out.refuse(&at, "response streaming is not served by this version"),
            _ => out.refuse(&at, "`BUFFERED` belongs here"),
        }
    }
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

fn server_name(fields: &mut Fields<'_>, out: &mut Findings) -> Option<Option<String>> {
    let Some(at) = fields.take("tlsConfig") else {
        return Some(None);
    };
    let mut fields = at.fields(out)?;
    if let Some(at) = fields.take("insecureSkipVerification")
        && at.flag(out)?
    {
        let reason = "a certificate is always verified: give the service one that fits, or name \
                      what it says in `serverNameToVerify`";
        out.refuse(&at, reason);
    }
    let name = match fields.take("serverNameToVerify") {
        Some(at) => {
            let name = at.filled(out)?;
            let takes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.');
            if !name.bytes().all(takes) {
                out.refuse(&at, format!("{} is not a DNS name", quoted(name)));
                return None;
            }
            Some(name.to_owned())
        }
        None => None,
    };
    fields.done(out);
    Some(name)
}

/// A private integration calls the URL it names: the proxy is where that can be reached, or not.
fn connection(fields: &mut Fields<'_>, out: &mut Findings) {
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
