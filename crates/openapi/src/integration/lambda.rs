//! Integrations of type `aws_proxy`: functions that get the whole request and say the whole response.

use std::collections::BTreeMap;

use tollgate_gateway::definition::{Integration, LambdaProxy, Protocol, ResponseTransferMode};
use tollgate_lambda_proxy::{Config, Format, Transfer};
use tollgate_source::text::quoted;
use tollgate_source::{Fields, Findings};

use super::proxy::{is_filled, response_parameters, responses};
use super::service::{connection, timeout};
use super::{content_handling, passthrough, transfer};
use crate::mapping::{self, Mapping};
use crate::{Context, function};

/// Reads an `aws_proxy`, and the header fields that carry claims.
pub(super) fn read(
    fields: &mut Fields<'_>,
    variables: &[String],
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<(Integration, BTreeMap<String, String>)> {
    ignored(fields, out);
    method(fields, context.protocol, out);
    let mode = transfer::read(fields, "aws_proxy", context.protocol, out);
    let format = format(fields, context.protocol, out);
    let request = match fields.take("requestParameters").filter(is_filled) {
        Some(at) => mapping::read(&at, variables, context, out),
        None => Some(Mapping::default()),
    };
    let response_parameters = response_parameters(fields, context, out);
    if let Some(at) = fields.take("responses") {
        responses(&at, out);
    }
    let called = fields.need("uri", out).and_then(|at| function::read(&at, context, out));
    let mode = match called.as_ref().is_some_and(|it| it.streams) {
        true => Some(ResponseTransferMode::Stream),
        false => mode,
    };
    let most = transfer::longest(context.protocol, mode.unwrap_or_default());
    let timeout_millis = timeout(fields, most, out);
    let (called, request) = (called?, request?);
    let transfer = match mode? {
        ResponseTransferMode::Buffered => Transfer::Buffered,
        ResponseTransferMode::Stream => Transfer::Stream,
    };
    let proxy = Config {
        function: called.function,
        format: format?,
        timeout_millis: timeout_millis?,
        transfer,
    };
    let Mapping { parameters: request_parameters, claims_to_headers, .. } = request;
    let lambda = LambdaProxy { proxy, request_parameters, response_parameters };
    Some((Integration::LambdaProxy(lambda), claims_to_headers))
}

/// What does nothing where a function is called, as in API Gateway.
fn ignored(fields: &mut Fields<'_>, out: &mut Findings) {
    let unused = "`credentials` are not used: functions are called with those of the proxy";
    fields.notice("credentials", unused, out);
    passthrough::read(fields, out);
    content_handling::read(fields, out);
    if let Some(at) = fields.take("requestTemplates").filter(is_filled) {
        out.notice(&at, "an `aws_proxy` uses no templates");
    }
    connection(fields, out);
    if let Some(at) = fields.take("tlsConfig").filter(is_filled) {
        out.notice(&at, "`tlsConfig` does nothing where a function is called");
    }
}

/// Functions are called by `POST`. API Gateway answers 500 to every request where another is said.
fn method(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) {
    let Some(at) = fields.take("httpMethod") else {
        return;
    };
    let Some(text) = at.string(out) else {
        return;
    };
    if protocol == Protocol::Rest && !text.eq_ignore_ascii_case("POST") {
        let reason = format!("functions are called by `POST`, not {}", quoted(text));
        out.refuse(&at, reason);
    }
}

fn format(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) -> Option<Format> {
    let at = fields.take("payloadFormatVersion");
    let text = match &at {
        None => "1.0",
        Some(at) => at.version(out)?,
    };
    match (text, protocol) {
        ("1.0" | "1", Protocol::Rest) => Some(Format::Rest),
        ("1.0" | "1", Protocol::Http) => Some(Format::V1),
        ("2.0" | "2", Protocol::Http) => Some(Format::V2),
        ("2.0" | "2", Protocol::Rest) => {
            let reason = "only an HTTP API has payload format version `2.0`";
            at.iter().for_each(|at| out.refuse(at, reason));
            None
        }
        _ => {
            let reason = format!("`1.0` or `2.0` belongs here, not {}", quoted(text));
            at.iter().for_each(|at| out.refuse(at, reason.as_str()));
            None
        }
    }
}
