//! `x-amazon-apigateway-integration`: what answers a route.

mod content_handling;
mod encryption;
mod http;
mod lambda;
mod mock;
mod passthrough;
mod proxy;
mod responses;
mod service;
mod template;
mod transfer;

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Integration, Protocol};
use tollgate_source::text::{any_of, nearest, quoted};
use tollgate_source::{At, Fields, Findings};

use crate::Context;
use crate::extensions::Extended as _;
use crate::reference;

const TYPES: [&str; 5] = ["http_proxy", "http", "aws_proxy", "aws", "mock"];

/// What a route's integration says.
#[derive(Debug)]
pub(crate) struct Translated {
    pub(crate) integration: Integration,
    /// Header fields by name, in lower case, and the claim each carries.
    pub(crate) claims_to_headers: BTreeMap<String, String>,
    /// What the document calls it, where it has a name of its own.
    pub(crate) name: Option<String>,
}

/// The types of integrations that are served.
#[derive(Clone, Copy, Debug)]
enum Kind {
    HttpProxy,
    Http,
    Mock,
    Lambda,
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
    // Of another type nothing else is read: what its fields mean depends on it.
    let kind = kind(&mut fields, context.protocol, out)?;
    fields.take("description");
    for key in ["cacheNamespace", "cacheKeyParameters"] {
        fields.notice(key, "responses are not cached by this version", out);
    }
    let integration = match kind {
        Kind::HttpProxy => proxy::read(&mut fields, variables, context, out),
        Kind::Http => http::read(&mut fields, variables, context, out),
        Kind::Mock => mock::read(&mut fields, out).map(|mock| (mock, BTreeMap::new())),
        Kind::Lambda => lambda::read(&mut fields, variables, context, out),
    };
    fields.done(out);
    let (integration, claims_to_headers) = integration?;
    Some(Translated { integration, claims_to_headers, name })
}

fn kind(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) -> Option<Kind> {
    let at = fields.need("type", out)?;
    let text = at.filled(out)?;
    let name = text.to_ascii_lowercase();
    let kind = match name.as_str() {
        "http_proxy" => return Some(Kind::HttpProxy),
        "aws_proxy" => {
            let Some(at) = fields.take("integrationSubtype") else { return Some(Kind::Lambda) };
            let reason = "functions are all that an `aws_proxy` calls in this version: no other \
                          service of AWS";
            out.refuse(&at, reason);
            return None;
        }
        "http" => Kind::Http,
        "mock" => Kind::Mock,
        "aws" => {
            let reason = "integrations of type `aws` are not served by this version: an `aws_proxy` \
                          calls a function without templates, and an `http_proxy` the same code where \
                          it is served over HTTP";
            out.refuse(&at, reason);
            return None;
        }
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
    if protocol == Protocol::Http {
        let reason = format!(
            "only a REST API has integrations of type `{name}`, and this is read as an HTTP API: an \
             `http_proxy` belongs here"
        );
        out.refuse(&at, reason);
        return None;
    }
    Some(kind)
}
