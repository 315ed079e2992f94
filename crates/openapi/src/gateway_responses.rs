//! `x-amazon-apigateway-gateway-responses`: what a REST API answers in place of API Gateway's own
//! errors.

use std::collections::BTreeMap;

use tollgate_gateway_response::{Config, GatewayResponse, GatewayResponses, Style, TYPES};
use tollgate_policy::Invalid;
use tollgate_source::text::{nearest, quoted};
use tollgate_source::{At, Findings, Value};

use crate::entries;
use crate::extensions::Extended as _;
use crate::status;

const PREFIX: &str = "gatewayresponse.header.";

/// Reads the gateway responses of an API.
pub(crate) fn read(at: &At<'_>, out: &mut Findings) -> Config {
    let mut config = Config::new();
    if at.map(out).is_none() {
        return config;
    }
    for (name, at) in at.entries() {
        if !TYPES.contains(&name) {
            let meant = nearest(name, TYPES).map(|meant| format!(", perhaps `{meant}` is meant"));
            let meant = meant.unwrap_or_default();
            out.refuse_key(&at, format!("{} is no type of gateway response{meant}", quoted(name)));
            continue;
        }
        let response = read_one(&at, out);
        if name == "REQUEST_TOO_LARGE" {
            let reason = "`REQUEST_TOO_LARGE` cannot be changed: API Gateway says its own words";
            out.notice(&at, reason);
            continue;
        }
        if let Some(response) = response {
            config.insert(name.to_owned(), response);
        }
    }
    config
}

fn read_one(at: &At<'_>, out: &mut Findings) -> Option<GatewayResponse> {
    let mut fields = at.fields(out)?;
    let status_code = fields
        .take("statusCode")
        .filter(|at| !matches!(at.node.value, Value::Null))
        .and_then(|at| status::read(&at, out));
    let response_parameters =
        fields.take("responseParameters").map(|at| parameters(&at, out)).unwrap_or_default();
    let response_templates =
        fields.take("responseTemplates").map(|at| templates(&at, out)).unwrap_or_default();
    fields.done(out);
    Some(GatewayResponse { status_code, response_parameters, response_templates })
}

fn parameters(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, String> {
    let of = |response_parameters| GatewayResponse { response_parameters, ..Default::default() };
    let mut named = Vec::new();
    if at.map(out).is_none() {
        return BTreeMap::new();
    }
    for (key, value) in at.entries() {
        let Some(name) = key.strip_prefix(PREFIX) else {
            out.refuse_key(&value, format!("`{PREFIX}NAME` belongs here, not {}", quoted(key)));
            continue;
        };
        if let Some((_, meant)) = name.rsplit_once(".header.") {
            let (name, meant) = (quoted(name), quoted(&format!("{PREFIX}{meant}")));
            let reason = format!("clients get a header field {name}: perhaps {meant} is meant");
            out.notice(&value, reason);
        }
        named.push((name, value));
    }
    entries::read(at, named, |entries| check(of(entries.clone())), out)
}

fn templates(at: &At<'_>, out: &mut Findings) -> BTreeMap<String, String> {
    let of = |response_templates| GatewayResponse { response_templates, ..Default::default() };
    entries::read(at, at.entries(), |entries| check(of(entries.clone())), out)
}

fn check(response: GatewayResponse) -> Result<(), Invalid> {
    let config = Config::from([("DEFAULT_4XX".to_owned(), response)]);
    GatewayResponses::compile(Style::Rest, &config).map(drop)
}
