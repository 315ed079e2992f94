//! Authorizers of type `token` and `request`: functions that decide who may call.

use tollgate_gateway::definition::Protocol;
use tollgate_lambda::Function;
use tollgate_lambda_authorizer::{
    Config, Format, Http, Kind, LambdaAuthorizer, Request, Sends, Service, Token,
};
use tollgate_policy::Invalid;
use tollgate_source::text::quoted;
use tollgate_source::{At, Fields, Findings, Value};

use crate::extensions::Extended as _;
use crate::{Context, function};

/// API Gateway's own bound on how long answers are kept.
const MAX_TTL_SECS: u32 = 3_600;

/// And how long those of a REST API are where nobody says otherwise.
const REST_TTL_SECS: u32 = 300;

/// Which of the two types it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Type {
    /// A token alone.
    Token,
    /// The whole request.
    Request,
}

/// What is said of a Lambda authorizer outside of its own fields.
pub(super) struct Scheme<'a> {
    /// Where the authorizer is.
    pub(super) at: &'a At<'a>,
    /// Where its type is said, and which it is.
    pub(super) kind_at: &'a At<'a>,
    pub(super) kind: Type,
    /// The header field of the token, if the scheme names one.
    pub(super) header: Option<&'a str>,
}

/// Reads a Lambda authorizer, `type` already taken.
pub(super) fn read(
    mut fields: Fields<'_>,
    &Scheme { at: owner, kind_at, kind, header }: &Scheme<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Config> {
    if (kind, context.protocol) == (Type::Token, Protocol::Http) {
        out.refuse(kind_at, "only a REST API has authorizers of this type: `request` belongs here");
        return None;
    }
    for key in ["jwtConfiguration", "providerARNs"] {
        fields.refuse(key, "a Lambda authorizer does not have this", out);
    }
    fields.take("name");
    let unused =
        "`authorizerCredentials` are not used: functions are called with those of the proxy";
    fields.notice("authorizerCredentials", unused, out);
    let uri = fields.take("x-tollgate-uri");
    if uri.is_some() {
        let always = "a service that is no function always answers simply, and to the same request";
        fields.notice("authorizerPayloadFormatVersion", always, out);
        fields.notice("enableSimpleResponses", always, out);
    } else if kind == Type::Token {
        let never = "an authorizer of type `token` answers with a policy";
        fields.notice("enableSimpleResponses", never, out);
    }
    let service = service(&mut fields, uri, context, out);
    let sources = match fields.take("identitySource") {
        Some(at) => sources(&at, out),
        None => Some(Vec::new()),
    };
    let format = format(&mut fields, context.protocol, out);
    let is_simple = match fields.take("enableSimpleResponses") {
        Some(at) => at.flag(out),
        None => Some(false),
    };
    let expression = fields.take("identityValidationExpression");
    let ttl = match fields.take("authorizerResultTtlInSeconds") {
        Some(at) => at.number(0, MAX_TTL_SECS, out).map(Some),
        None => Some(None),
    };
    fields.done(out);
    let (service, sources, is_simple, ttl) = (service?, sources?, is_simple?, ttl?);
    let is_http = matches!(service, Service::Http(_));
    let kind = match kind {
        Type::Token => Kind::Token(token((sources, header), expression.as_ref(), kind_at, out)?),
        Type::Request => {
            if let Some(at) = expression {
                out.refuse_key(&at, "only an authorizer of type `token` has an expression");
                return None;
            }
            // A service that is no function says yes or no, in any API.
            let format = if is_http { Format::V2 } else { format? };
            let simple_responses = is_simple || is_http;
            Kind::Request(Request { format, identity_sources: sources, simple_responses })
        }
    };
    let usual = match (&kind, context.protocol) {
        (Kind::Request(request), _) if request.identity_sources.is_empty() => 0,
        (_, Protocol::Rest) => REST_TTL_SECS,
        (_, Protocol::Http) => 0,
    };
    let config = Config { service, kind, ttl_secs: ttl.unwrap_or(usual), timeout_millis: None };
    // What only the authorizer itself can tell.
    match LambdaAuthorizer::compile(config.clone()) {
        Ok(_) => Some(config),
        Err(invalid) => {
            out.refuse_key(owner, in_words_of_the_document(&invalid));
            None
        }
    }
}

/// What the authorizer says of a field of its own, with the key that the document has it in.
fn in_words_of_the_document(invalid: &Invalid) -> String {
    // The longer names of fields come before those that they begin with.
    const KEYS: [(&str, &str); 7] = [
        ("sends.headers", "x-tollgate-headers"),
        ("ttl_secs", "authorizerResultTtlInSeconds"),
        ("identity_source", "identitySource"),
        ("identity_validation_expression", "identityValidationExpression"),
        ("simple_responses", "enableSimpleResponses"),
        ("service.http", "x-tollgate-uri"),
        ("service.lambda", "authorizerUri"),
    ];
    let key = KEYS.iter().find(|(field, _)| invalid.field.contains(field));
    let key = key.map_or(invalid.field.as_str(), |(_, key)| key);
    let reason = invalid.reason.replace("`http.plain_http`", "`x-tollgate-plain-http: true`");
    format!("`{key}`: {reason}")
}

/// Who decides: a function, or where `x-tollgate-uri` says so any HTTP service.
fn service(
    fields: &mut Fields<'_>,
    uri: Option<At<'_>>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<Service> {
    let plain_http_at = fields.take("x-tollgate-plain-http");
    let sends_at = fields.take("x-tollgate-headers");
    if let Some(at) = uri {
        let plain_http = match &plain_http_at {
            Some(at) => at.flag(out)?,
            None => false,
        };
        let sends = sends_at.as_ref().map(|at| at.strings(out));
        let uri = context.options.substitute(at.filled(out)?);
        if let Some(at) = fields.take("authorizerUri") {
            out.refuse_key(&at, "either a function decides, or what `x-tollgate-uri` names");
            return None;
        }
        let sends = match sends {
            None => Sends::Event,
            Some(names) => {
                Sends::Headers(names?.into_iter().map(|(_, name)| name.to_owned()).collect())
            }
        };
        return Some(Service::Http(Http { uri, plain_http, sends }));
    }
    for at in plain_http_at.iter().chain(&sends_at) {
        out.refuse_key(at, "only an authorizer with `x-tollgate-uri` has this");
    }
    let at = fields.need("authorizerUri", out)?;
    let called = function::read(&at, context, out)?;
    let name = common_name(&called.function.name, &at, context, out)?;
    Some(Service::Lambda(Function { name, ..called.function }))
}

/// The name of a function in which the variables of stages have the same values on all of them: an
/// authorizer is one for all stages.
fn common_name(
    name: &str,
    at: &At<'_>,
    context: &Context<'_>,
    out: &mut Findings,
) -> Option<String> {
    if !name.contains("${stageVariables.") {
        return Some(name.to_owned());
    }
    let of_stage = |variables: &crate::options::Variables<'_>| {
        variables.iter().fold(name.to_owned(), |name, (variable, value)| {
            name.replace(&format!("${{stageVariables.{variable}}}"), value)
        })
    };
    let mut names = context.variables.iter().map(|(_, variables)| of_stage(variables));
    let first = names.next()?;
    if names.any(|other| other != first) {
        let reason = format!(
            "{} is another function on another stage, which an authorizer cannot be in this version",
            quoted(name)
        );
        out.refuse(at, reason);
        return None;
    }
    Some(first)
}

/// A list, or text with commas between.
fn sources(at: &At<'_>, out: &mut Findings) -> Option<Vec<String>> {
    if let Value::List(_) = at.node.value {
        return Some(at.strings(out)?.into_iter().map(|(_, text)| text.to_owned()).collect());
    }
    let text = at.string(out)?;
    let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
    Some(parts.map(str::to_owned).collect())
}

fn token(
    (mut sources, header): (Vec<String>, Option<&str>),
    expression: Option<&At<'_>>,
    at: &At<'_>,
    out: &mut Findings,
) -> Option<Token> {
    let usual = Token::default();
    let identity_source = match (sources.pop(), sources.is_empty()) {
        (None, _) => match header {
            Some(header) => format!("method.request.header.{header}"),
            None => usual.identity_source,
        },
        (Some(only), true) => only,
        (Some(_), false) => {
            out.refuse_key(at, "an authorizer of type `token` has one identity source");
            return None;
        }
    };
    let expression = match expression {
        Some(at) => Some(at.string(out)?.to_owned()).filter(|text| !text.is_empty()),
        None => None,
    };
    Some(Token { identity_source, identity_validation_expression: expression })
}

fn format(fields: &mut Fields<'_>, protocol: Protocol, out: &mut Findings) -> Option<Format> {
    let at = fields.take("authorizerPayloadFormatVersion");
    let text = match &at {
        Some(at) => at.version(out)?,
        None => "",
    };
    match (text, protocol) {
        ("" | "1.0" | "1", Protocol::Rest) => Some(Format::Rest),
        ("1.0" | "1", Protocol::Http) => Some(Format::V1),
        // What the console gives a new one.
        ("" | "2.0" | "2", Protocol::Http) => Some(Format::V2),
        _ => {
            let known = match protocol {
                Protocol::Rest => "a REST API has `1.0` only",
                Protocol::Http => "`1.0` or `2.0` belongs here",
            };
            at.iter().for_each(|at| out.refuse(at, known));
            None
        }
    }
}
