//! Events of HTTP APIs in format 2.0. What is not there is left out.

use std::borrow::Cow;
use std::collections::BTreeMap;

use serde::Serialize;
use serde_json::{Map, Value, json};
use tollgate_mapping::{clf, decode_path, domain};
use tollgate_policy::{AuthorizerKind, text};

use super::certificate::Authentication;
use super::fields;
use super::identity::{Iam, source_ip};
use super::multi::Joined;
use super::query::{lossy, parameters, readable};
use super::v1::epoch_millis;
use super::{Body, Source};

/// An event of format 2.0.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct V2<'a> {
    version: &'static str,
    /// `REQUEST`, of authorizers.
    #[serde(rename = "type", skip_serializing_if = "Option::is_none")]
    pub kind: Option<&'static str>,
    /// What is to be allowed, of authorizers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub route_arn: Option<&'a str>,
    /// The values by which the caller is told from others, of authorizers.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<Vec<Cow<'a, str>>>,
    route_key: &'a str,
    raw_path: Cow<'a, str>,
    raw_query_string: Cow<'a, str>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    cookies: Vec<Cow<'a, str>>,
    headers: Joined<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    query_string_parameters: Option<Joined<'a>>,
    request_context: Context<'a>,
    /// The body, if there is any; of integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub body: Option<Cow<'a, str>>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    path_parameters: BTreeMap<&'a str, Cow<'a, str>>,
    /// Whether the body is Base64; of integrations.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_base64_encoded: Option<bool>,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    stage_variables: &'a BTreeMap<String, String>,
}

/// `requestContext`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Context<'a> {
    account_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authentication: Option<Authentication<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Value>,
    domain_name: Option<String>,
    domain_prefix: Option<String>,
    http: Http<'a>,
    request_id: &'a str,
    route_key: &'a str,
    stage: &'a str,
    time: String,
    time_epoch: u64,
}

/// `requestContext.http`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Http<'a> {
    method: Cow<'a, str>,
    path: Cow<'a, str>,
    protocol: &'static str,
    source_ip: Option<String>,
    user_agent: Cow<'a, str>,
}

impl<'a> V2<'a> {
    /// The event of an exchange, without a body.
    #[must_use]
    pub fn of(source: Source<'a>) -> Self {
        Self::head(source, None)
    }

    /// The event of an exchange with this body.
    #[must_use]
    pub fn with_body(source: Source<'a>, body: Body<'a>) -> Self {
        Self {
            body: body.text,
            is_base64_encoded: Some(body.is_base64),
            ..Self::head(source, Some(body.bytes))
        }
    }

    fn head(source: Source<'a>, bytes: Option<usize>) -> Self {
        let context = &source.exchange.context;
        Self {
            version: "2.0",
            kind: None,
            route_arn: None,
            identity_source: None,
            route_key: &context.route_key,
            raw_path: raw_path(source),
            raw_query_string: readable(source.query()),
            cookies: fields::cookies(source),
            headers: Joined(fields::of_v2(source, bytes).into()),
            query_string_parameters: parameters(source.query(), b"&").filled().map(Joined),
            request_context: Context::of(source),
            body: None,
            path_parameters: (context.path_parameters.iter())
                .map(|(name, value)| (&**name, lossy(decode_path(value.as_bytes()))))
                .collect(),
            is_base64_encoded: None,
            stage_variables: &context.stage_variables,
        }
    }
}

impl<'a> Context<'a> {
    fn of(source: Source<'a>) -> Self {
        let context = &source.exchange.context;
        let domain_name = domain(source.exchange);
        Self {
            account_id: source.account(),
            api_id: &context.api_id,
            authentication: Authentication::of(source),
            authorizer: authorizer(source),
            domain_prefix: domain_name
                .as_ref()
                .and_then(|name| name.split('.').next())
                .map(str::to_owned),
            domain_name,
            http: Http {
                method: readable(source.method()),
                path: raw_path(source),
                protocol: "HTTP/1.1",
                source_ip: source_ip(source),
                user_agent: source.field("user-agent").unwrap_or_default(),
            },
            request_id: &context.request_id,
            route_key: &context.route_key,
            stage: &context.stage,
            time: clf(source.exchange.arrived),
            time_epoch: epoch_millis(source),
        }
    }
}

/// `requestContext.authorizer`
fn authorizer(source: Source<'_>) -> Option<Value> {
    let context = &source.exchange.context;
    if let Some(signer) = &context.identity {
        return Some(json!({ "iam": Iam::from(signer) }));
    }
    let known = context.authorizer.as_ref()?;
    Some(match known.kind {
        AuthorizerKind::Jwt | AuthorizerKind::Cognito => {
            let claims: Map<_, _> = (known.claims.iter())
                .map(|(name, claim)| (name.clone(), Value::from(text(claim))))
                .collect();
            json!({ "jwt": { "claims": claims, "scopes": known.scopes.as_deref() } })
        }
        AuthorizerKind::Lambda if known.context.is_empty() => json!({ "lambda": null }),
        AuthorizerKind::Lambda => json!({ "lambda": &*known.context }),
    })
}

/// The path with the stage, decoded.
fn raw_path(source: Source<'_>) -> Cow<'_, str> {
    lossy(decode_path(source.whole_path()))
}
