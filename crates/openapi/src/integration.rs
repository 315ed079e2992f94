//! `x-amazon-apigateway-integration`: what answers a route.

use tollgate_gateway::definition::{HttpProxy, Protocol};
use tollgate_source::text::{any_of, nearest, quoted};
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions::Extended as _;
use crate::mapping::{self, Mapping};
use crate::reference;
use crate::uri;

const TYPES: [&str; 5] = ["http_proxy", "http", "aws_proxy", "aws", "mock"];

const METHODS: [&str; 8] = ["ANY", "GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"];

/// What a route's integration says.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) proxy: HttpProxy,
    pub(crate) mapping: Mapping,
    /// What the document calls it, where it has a name of its own.
    pub(crate) name: Option<String>,
}

/// Reads the integration of a route whose path has these variables.
pub(crate) fn translate<'a>(
    at: At<'a>,
    variables: &[String],
    context: &Context<'a>,
    out: &mut Findings,
) -> Option<Translated> {
    let name = at
        .get("$ref")
        .and_then(|reference| reference.node.text()?.rsplit_once('/'))
        .map(|(_, name)| name.to_owned());
    let at = reference::follow(at, &context.root, out)?;
    let mut fields = at.fields(out)?;
    require_http_proxy(&mut fields, out)?;
    left_out(&mut fields, out);
    refused(&mut fields, out);
    let mapping = match fields.take("requestParameters") {
        Some(at) => mapping::read(&at, context.protocol, variables, out),
        None => Some(Mapping::default()),
    };
    let method = method(&mut fields, out);
    let timeout_millis = timeout(&mut fields, context.protocol, out);
    let server_name = server_name(&mut fields, out);
    let uri_at = fields.need("uri", out);
    connection(&mut fields, out);
    let proxy = mapping.and_then(|mapping| {
        let at = uri_at?;
        let text = at.string(out)?;
        for name in mapping.renames.keys() {
            if !text.contains(&format!("{{{name}}}")) && !text.contains(&format!("{{{name}+}}")) {
                out.refuse(
                    &at,
                    format!(
                        "the URI has no `{{{}}}` for the parameter mapping to fill",
                        tollgate_source::text::cut(name)
                    ),
                );
                return None;
            }
        }
        let uri = uri::translate(&at, variables, &mapping.renames, context, out)?;
        Some((uri, mapping))
    });
    fields.done(out);
    let (uri, mapping) = proxy?;
    let server_name = server_name?;
    if server_name.is_some() && uri.to_ascii_lowercase().starts_with("http://") {
        let reason = "a service that is reached in the clear has no certificate: the URI begins \
                      with `https://`, or there is no `serverNameToVerify`";
        out.refuse_key(&at, reason);
        return None;
    }
    let proxy = HttpProxy {
        uri,
        method: method?,
        timeout_millis: timeout_millis?,
        server_name_to_verify: server_name,
        ..HttpProxy::default()
    };
    Some(Translated { proxy, mapping, name })
}

/// Of another type nothing else is read: what its fields mean depends on it.
fn require_http_proxy(fields: &mut Fields<'_>, out: &mut Findings) -> Option<()> {
    let at = fields.need("type", out)?;
    let text = at.filled(out)?;
    let instead = match text.to_ascii_lowercase().as_str() {
        "http_proxy" => return Some(()),
        "http" => "make it an `http_proxy`, which passes requests and answers on as they are",
        "aws_proxy" | "aws" => {
            "an `http_proxy` can call the same code where it is served over HTTP"
        }
        "mock" => "an `http_proxy` can call a service that answers the same",
        _ => {
            let meant = nearest(text, TYPES).map(|meant| format!(", perhaps `{meant}` is meant"));
            let reason = format!(
                "no integration is of type {}{}: {} belongs here",
                quoted(text),
                meant.unwrap_or_default(),
                any_of(TYPES)
            );
            out.refuse(&at, reason);
            return None;
        }
    };
    let name = text.to_ascii_lowercase();
    out.refuse(
        &at,
        format!("integrations of type `{name}` are not served by this version: {instead}"),
    );
    None
}

/// What can be left out without harm.
fn left_out(fields: &mut Fields<'_>, out: &mut Findings) {
    fields.take("description");
    fields.notice("cacheNamespace", "responses are not cached by this version", out);
    fields.notice("cacheKeyParameters", "responses are not cached by this version", out);
    fields.notice(
        "credentials",
        "`credentials` are not used: HTTP services are called without",
        out,
    );
    if let Some(at) = fields.take("passthroughBehavior")
        && let Some(text) = at.string(out)
    {
        match text.to_ascii_lowercase().as_str() {
            "when_no_match" | "when_no_templates" => {}
            "never" => out.notice(
                &at,
                "`passthroughBehavior` is not looked at: an `http_proxy` passes every body on",
            ),
            _ => out.refuse(
                &at,
                format!(
                    "`passthroughBehavior` cannot be {}: {} belongs here",
                    quoted(text),
                    any_of(["when_no_match", "when_no_templates", "never"])
                ),
            ),
        }
    }
}

/// What would be missed, or is wrong in an `http_proxy`.
fn refused(fields: &mut Fields<'_>, out: &mut Findings) {
    let filled = |at: &At<'_>| !at.node.entries().is_empty() || at.node.map().is_none();
    if let Some(at) = fields.take("requestTemplates")
        && filled(&at)
    {
        out.refuse_key(&at, "request templates are not served by this version, and an `http_proxy` never uses them: remove `requestTemplates`");
    }
    if let Some(at) = fields.take("responseParameters")
        && filled(&at)
    {
        out.refuse_key(&at, "response parameter mappings are not served by this version");
    }
    if let Some(at) = fields.take("responses") {
        responses(&at, out);
    }
    fields.refuse(
        "contentHandling",
        "`contentHandling` is not served by this version: bodies are passed on as they are",
        out,
    );
    fields.refuse("integrationSubtype", "an `http_proxy` has no subtype", out);
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
        let reason =
            format!("an `http_proxy` has payload format version `1.0`, not {}", quoted(text));
        out.refuse(&at, reason);
    }
}

/// The responses of a proxy are passed on as they are. API Gateway's exports say so in a response
/// that maps nothing.
fn responses(at: &At<'_>, out: &mut Findings) {
    if at.map(out).is_none() {
        return;
    }
    for (_, response) in at.entries() {
        let Some(mut fields) = response.fields(out) else {
            continue;
        };
        fields.take("statusCode");
        for key in ["responseParameters", "responseTemplates"] {
            if let Some(at) = fields.take(key)
                && !(at.node.map().is_some() && at.node.entries().is_empty())
            {
                let reason = format!(
                    "`{key}` are not served by this version: the responses of an `http_proxy` are passed on as they are"
                );
                out.refuse_key(&at, reason);
            }
        }
        fields.refuse(
            "contentHandling",
            "`contentHandling` is not served by this version: bodies are passed on as they are",
            out,
        );
        fields.done(out);
    }
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

fn timeout(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) -> Option<Option<u32>> {
    let most = match protocol {
        Protocol::Http => 30_000,
        Protocol::Rest => 29_000,
    };
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
