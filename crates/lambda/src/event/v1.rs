//! Events of REST APIs, and of HTTP APIs in format 1.0.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;

use serde::Serialize;
use serde_json::{Map, Value};
use tollgate_mapping::{Dialect, clf, decode_path, domain};
use tollgate_policy::{AuthorizerKind, text};

use super::fields;
use super::identity::Identity;
use super::multi::{Last, Lists};
use super::query::{lossy, parameters, readable};
use super::{Body, Source};

/// An event of a REST API, or of format 1.0.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct V1<'a> {
    /// `1.0`, of HTTP APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub version: Option<&'static str>,
    /// What only authorizers are told.
    #[serde(flatten)]
    pub authorization: Option<Authorization<'a>>,
    resource: &'a str,
    path: Cow<'a, str>,
    http_method: Cow<'a, str>,
    headers: Last<'a>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Lists<'a>>,
    query_string_parameters: Option<Last<'a>>,
    #[serde(skip_serializing_if = "is_left_out")]
    multi_value_query_string_parameters: Option<Option<Lists<'a>>>,
    path_parameters: Option<BTreeMap<&'a str, Cow<'a, str>>>,
    stage_variables: Option<&'a BTreeMap<String, String>>,
    request_context: Context<'a>,
    /// The body, or that there is none; of integrations only.
    #[serde(skip_serializing_if = "is_left_out")]
    pub body: Option<Option<Cow<'a, str>>>,
    /// Whether the body is Base64; of integrations only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub is_base64_encoded: Option<bool>,
}

/// What only authorizers are told.
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Authorization<'a> {
    /// `REQUEST`
    #[serde(rename = "type")]
    pub kind: &'static str,
    /// What is to be allowed.
    pub method_arn: &'a str,
    /// The values by which the caller is told from others, of HTTP APIs.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub identity_source: Option<&'a str>,
    /// The same.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub authorization_token: Option<&'a str>,
}

/// `requestContext`
#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Context<'a> {
    account_id: &'a str,
    api_id: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    authorizer: Option<Map<String, Value>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    deployment_id: Option<&'a str>,
    domain_name: Option<String>,
    domain_prefix: Option<String>,
    extended_request_id: &'a str,
    http_method: Cow<'a, str>,
    identity: Identity<'a>,
    path: Cow<'a, str>,
    protocol: &'static str,
    request_id: &'a str,
    request_time: String,
    request_time_epoch: u64,
    resource_id: Option<&'a str>,
    resource_path: &'a str,
    stage: &'a str,
}

/// What an HTTP API says of the route that takes what no other does.
const DEFAULT: &str = "$default";

impl<'a> V1<'a> {
    /// The event of an exchange, without a body.
    #[must_use]
    pub fn of(source: Source<'a>, dialect: Dialect) -> Self {
        Self::head(source, dialect, None)
    }

    /// The event of an exchange with this body.
    #[must_use]
    pub fn with_body(source: Source<'a>, dialect: Dialect, body: Body<'a>) -> Self {
        Self {
            body: Some(body.text),
            is_base64_encoded: Some(body.is_base64),
            ..Self::head(source, dialect, Some(body.bytes))
        }
    }

    fn head(source: Source<'a>, dialect: Dialect, bytes: Option<usize>) -> Self {
        let context = &source.exchange.context;
        let (ends, headers): (&[u8], _) = match dialect {
            // `;` ends a parameter too.
            Dialect::Rest => (b"&;", fields::of_rest(source)),
            Dialect::Http => (b"&", fields::of_http(source, bytes)),
        };
        let headers = Rc::new(headers);
        let query = parameters(source.query(), ends).filled();
        let resource = match &*context.resource_path {
            "" => DEFAULT,
            path => path,
        };
        Self {
            version: (dialect == Dialect::Http).then_some("1.0"),
            authorization: None,
            resource,
            path: match (dialect, &context.base_path) {
                (Dialect::Rest, None) => source.path.into(),
                (Dialect::Rest, Some(_)) | (Dialect::Http, _) => whole_path(source, dialect),
            },
            http_method: readable(source.method()),
            headers: Last(headers.clone()),
            multi_value_headers: Some(Lists(headers)),
            query_string_parameters: query.clone().map(Last),
            multi_value_query_string_parameters: Some(query.map(Lists)),
            path_parameters: path_parameters(source, dialect),
            stage_variables: (!context.stage_variables.is_empty())
                .then_some(&*context.stage_variables),
            request_context: Context::of(source, dialect, resource),
            body: None,
            is_base64_encoded: None,
        }
    }

    /// The same without the lists of values, which an authorizer of an HTTP API does not get.
    #[must_use]
    pub fn without_lists(mut self) -> Self {
        self.multi_value_headers = None;
        self.multi_value_query_string_parameters = None;
        self
    }
}

impl<'a> Context<'a> {
    fn of(source: Source<'a>, dialect: Dialect, resource: &'a str) -> Self {
        let context = &source.exchange.context;
        let domain_name = domain(source.exchange);
        Self {
            account_id: source.account(),
            api_id: &context.api_id,
            authorizer: authorizer(source, dialect),
            deployment_id: match dialect {
                Dialect::Rest => context.deployment_id.as_deref(),
                Dialect::Http => None,
            },
            domain_prefix: domain_name
                .as_ref()
                .and_then(|name| name.split('.').next())
                .map(str::to_owned),
            domain_name,
            extended_request_id: &context.extended_request_id,
            http_method: readable(source.method()),
            identity: Identity::of(source, dialect),
            path: whole_path(source, dialect),
            protocol: "HTTP/1.1",
            request_id: &context.request_id,
            request_time: clf(source.exchange.arrived),
            request_time_epoch: epoch_millis(source),
            resource_id: match dialect {
                Dialect::Rest => context.resource_id.as_deref(),
                Dialect::Http => Some(&context.route_key),
            },
            resource_path: resource,
            stage: &context.stage,
        }
    }
}

/// `requestContext.authorizer`
fn authorizer(source: Source<'_>, dialect: Dialect) -> Option<Map<String, Value>> {
    let known = source.exchange.context.authorizer.as_ref()?;
    let claims = || known.claims.iter().map(|(name, claim)| (name.clone(), text(claim).into()));
    let mut said = Map::new();
    match known.kind {
        AuthorizerKind::Cognito => {
            said.insert("claims".to_owned(), Value::Object(claims().collect()));
        }
        AuthorizerKind::Jwt => {
            said.insert("claims".to_owned(), Value::Object(claims().collect()));
            let scopes = known.scopes.as_ref().map(|scopes| scopes.to_vec());
            said.insert("scopes".to_owned(), scopes.into());
        }
        AuthorizerKind::Lambda => {
            if dialect == Dialect::Http {
                said.extend(["claims", "scopes"].map(|name| (name.to_owned(), Value::Null)));
            }
            for (name, value) in known.context.iter() {
                said.insert(name.clone(), text(value).into());
            }
            if let Some(principal) = &known.principal_id {
                said.insert("principalId".to_owned(), (&**principal).into());
            }
            if dialect == Dialect::Rest {
                let millis = known.latency.unwrap_or_default().as_millis();
                let millis = u64::try_from(millis).unwrap_or(u64::MAX);
                said.insert("integrationLatency".to_owned(), millis.into());
            }
        }
    }
    Some(said)
}

/// API Gateway reads a REST API's path as if it began with one slash.
fn whole_path(source: Source<'_>, dialect: Dialect) -> Cow<'_, str> {
    let path = source.whole_path();
    let slashes = path.iter().take_while(|&&byte| byte == b'/').count();
    let path = match dialect {
        Dialect::Rest => path.get(slashes.saturating_sub(1)..).unwrap_or(path),
        Dialect::Http => path,
    };
    readable(path)
}

/// A REST API's stay percent-encoded.
fn path_parameters(source: Source<'_>, dialect: Dialect) -> Option<BTreeMap<&str, Cow<'_, str>>> {
    let all: BTreeMap<&str, Cow<'_, str>> = (source.exchange.context.path_parameters.iter())
        .map(|(name, value)| {
            let value = match dialect {
                Dialect::Rest => Cow::from(value.as_str()),
                Dialect::Http => lossy(decode_path(value.as_bytes())),
            };
            (&**name, value)
        })
        .collect();
    (!all.is_empty()).then_some(all)
}

pub(crate) fn epoch_millis(source: Source<'_>) -> u64 {
    u64::try_from(source.exchange.arrived.0.as_millis()).unwrap_or(u64::MAX)
}

/// Whether a member is not there at all, rather than `null`.
#[expect(clippy::option_option, reason = "that is what serde asks about")]
pub(crate) fn is_left_out<T>(member: &Option<Option<T>>) -> bool {
    member.is_none()
}
