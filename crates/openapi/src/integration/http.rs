//! Integrations of type `http`: the answer of a service is turned into what `responses` say.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Http, Integration};
use tollgate_source::{Fields, Findings};

use super::passthrough::{self, Behavior};
use super::proxy::is_filled;
use super::{responses, service, template};
use crate::Context;

/// Reads an `http`, and the header fields that carry claims.
pub(super) fn read(
    fields: &mut Fields<'_>,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<(Integration, BTreeMap<String, String>)> {
    let passthrough = passthrough::read(fields, out);
    if let Some(at) = fields.take("requestTemplates").filter(is_filled) {
        if at.map(out).is_some() {
            for (_, at) in at.entries() {
                let is_program = at.string(out).is_some_and(template::is_program);
                let reason = if is_program {
                    template::NOT_SERVED
                } else {
                    "request templates are not served by this version: the service gets the body \
                     that came"
                };
                out.refuse_key(&at, reason);
            }
        }
    } else if let Some((at, Behavior::Never)) = passthrough {
        let reason = "without request templates, `never` refuses every request: API Gateway answers \
                      415";
        out.refuse(&at, reason);
    }
    let instead = "of a REST API, `responseParameters` stand in `responses`";
    fields.refuse("responseParameters", instead, out);
    let responses = responses::read(fields, out);
    let (service, claims) = service::read(fields, "http", variables, context, out)?;
    Some((Integration::Http(Http { service, responses: responses? }), claims))
}
