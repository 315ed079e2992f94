//! `x-amazon-apigateway-authorizer` of type `jwt`.

use tollgate_jwt_authorizer::Config;
use tollgate_policy::is_token;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

use super::issuer;
use super::own::Own;
use crate::extensions::Extended as _;
use crate::options::Options;

/// The most places a token can be in.
const MAX_SOURCES: usize = 4;

/// Reads a JWT authorizer, `type` already taken.
pub(super) fn read(
    mut fields: Fields<'_>,
    options: &Options,
    out: &mut Findings,
) -> Option<Config> {
    for key in [
        "authorizerUri",
        "authorizerCredentials",
        "authorizerPayloadFormatVersion",
        "authorizerResultTtlInSeconds",
        "enableSimpleResponses",
        "identityValidationExpression",
        "providerARNs",
    ] {
        fields.refuse(key, "a JWT authorizer does not have this", out);
    }
    fields.take("name");
    let unused = "`openIdConnectUrl` is not looked at: discovery starts at the issuer";
    fields.notice("openIdConnectUrl", unused, out);
    let own = Own::read(&mut fields, options, out);
    let identity_source = match fields.take("identitySource") {
        Some(at) => identity_source(&at, out),
        None => Some(Config::default().identity_source),
    };
    let issuers = match fields.need("jwtConfiguration", out) {
        Some(at) => issuer::read(&at, own.as_ref(), options, out),
        None => None,
    };
    fields.done(out);
    let own = own?;
    Some(Config {
        identity_source: identity_source?,
        issuers: issuers?,
        leeway_secs: own.leeway_secs,
        key_id: own.key_id,
        ..Config::default()
    })
}

pub(super) fn identity_source(at: &At<'_>, out: &mut Findings) -> Option<Vec<String>> {
    let sources = match &at.node.value {
        Value::List(_) => at.strings(out)?,
        _ => vec![(at.clone(), at.filled(out)?)],
    };
    if !(1..=MAX_SOURCES).contains(&sources.len()) {
        out.refuse(at, format!("a JWT authorizer has 1 to {MAX_SOURCES} identity sources"));
        return None;
    }
    let mut found = Vec::new();
    for (at, text) in sources {
        // REST APIs write it without `$` and begin with `method`.
        let place = text.strip_prefix("$request.").or_else(|| text.strip_prefix("method.request."));
        let name = place.and_then(|place| place.split_once('.'));
        match name {
            Some((place @ ("header" | "querystring" | "cookie"), name))
                if is_token(name.as_bytes()) =>
            {
                found.push(format!("$request.{place}.{name}"));
            }
            _ => {
                let reason = format!(
                    "{} is not where a token can be: `$request.header.NAME`, \
                     `$request.querystring.NAME` or `$request.cookie.NAME` belongs here",
                    quoted(text)
                );
                out.refuse(&at, reason);
                return None;
            }
        }
    }
    Some(found)
}
