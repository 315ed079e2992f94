//! Integrations of type `http_proxy`: requests and answers are passed on.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{HttpProxy, Integration, Protocol};
use tollgate_source::{At, Fields, Findings};

use super::passthrough::{self, Behavior};
use super::service;
use crate::extensions::Extended as _;
use crate::{Context, mapping};

/// Reads an `http_proxy`, and the header fields that carry claims.
pub(super) fn read(
    fields: &mut Fields<'_>,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<(Integration, BTreeMap<String, String>)> {
    if let Some((at, Behavior::Never)) = passthrough::read(fields, out) {
        let reason = "`passthroughBehavior` is not looked at: an `http_proxy` passes every body on";
        out.notice(&at, reason);
    }
    if let Some(at) = fields.take("requestTemplates")
        && is_filled(&at)
    {
        out.refuse_key(&at, "request templates are not served by this version, and an `http_proxy` never uses them: remove `requestTemplates`");
    }
    let response_parameters = response_parameters(fields, context, out);
    if let Some(at) = fields.take("responses") {
        responses(&at, out);
    }
    let (service, claims) = service::read(fields, "http_proxy", variables, context, out)?;
    Some((Integration::HttpProxy(HttpProxy { response_parameters, ..service }), claims))
}

/// What an HTTP API changes of the answer.
pub(super) fn response_parameters(
    fields: &mut Fields<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) -> BTreeMap<u16, BTreeMap<String, String>> {
    let Some(at) = fields.take("responseParameters").filter(is_filled) else {
        return BTreeMap::new();
    };
    if context.protocol == Protocol::Rest {
        out.refuse_key(&at, "only an HTTP API changes what a proxy answers");
        return BTreeMap::new();
    }
    mapping::read_responses(&at, context, out)
}

/// The responses of a proxy are passed on as they are. API Gateway's exports say so in a response
/// that maps nothing.
pub(super) fn responses(at: &At<'_>, out: &mut Findings) {
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
                && is_filled(&at)
            {
                let reason = format!(
                    "`{key}` do nothing here: the responses of a proxy are passed on as they are"
                );
                out.refuse_key(&at, reason);
            }
        }
        fields.refuse(
            "contentHandling",
            "`contentHandling` does nothing here: the responses of a proxy are passed on as they are",
            out,
        );
        fields.done(out);
    }
}

/// Whether something stands there that would have to be done, or is wrong.
pub(super) fn is_filled(at: &At<'_>) -> bool {
    !at.node.entries().is_empty() || at.node.map().is_none()
}
