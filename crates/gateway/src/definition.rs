//! What a gateway serves: APIs, their routes, stages, authorizers and integrations, and the
//! domains they answer on.
//!
//! This is the one form every source is translated into, and the text the gateway filter is
//! configured with. It is versioned: a filter refuses a definition of a version it does not know.
//!
//! ```json
//! {
//!   "version": 1,
//!   "default_api": "orders",
//!   "apis": {
//!     "orders": {
//!       "name": "Orders",
//!       "protocol": "http",
//!       "integrations": { "backend": { "http_proxy": { "uri": "https://orders.internal/{proxy}" } } },
//!       "routes": { "ANY /{proxy+}": { "authorization": "none", "integration": "backend" } },
//!       "stages": { "$default": {} }
//!     }
//!   }
//! }
//! ```

mod domain;
mod integration;
mod stage;
mod usage_plan;
mod vpc_endpoint;

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tollgate_api_keys::ApiKey;
use tollgate_iam_authorizer::Credential;
use tollgate_rate_limit::{Counters, ResponseHeaders, Throttle};

pub use domain::{Condition, Domain, HeaderMatch, InvokeApi, Mapping, RoutingRule};
pub use integration::{
    Http, HttpProxy, Integration, IntegrationResponse, LambdaProxy, Mock, Passthrough,
    ResponseTransferMode,
};
pub use stage::{Canary, ClientThrottle, Stage};
pub use usage_plan::{ApiStage, UsagePlan};
pub use vpc_endpoint::VpcEndpoint;

/// Everything one gateway serves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Definition {
    /// The version of this format: 1.
    pub version: Version,
    /// The APIs by id. The id is the first label of an API's own host name,
    /// `{id}.execute-api.{region}.amazonaws.com`; lower-case letters, digits and `-`.
    pub apis: BTreeMap<String, Api>,
    /// The API that answers where the host names none. Without it such requests are refused.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub default_api: Option<String>,
    /// Custom domain names, in lower case and without a port.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub domains: BTreeMap<String, Domain>,
    /// The account that `$context.accountId` and resource names speak of: twelve digits.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_id: Option<String>,
    /// The region that resource names speak of; `us-east-1` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub region: Option<String>,
    /// Who may sign requests where routes ask for signatures. Nobody may where it is empty. Up to 10,000.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credentials: Vec<Credential>,
    /// VPC endpoints by id, such as `vpce-0123456789abcdef0`, and how their requests are told. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub vpc_endpoints: BTreeMap<String, VpcEndpoint>,
    /// How fast requests for all APIs together may come. API Gateway has 10,000 a second and a burst of
    /// 5,000 for an account and region; here there is no limit unless one is given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub account_throttle: Option<Throttle>,
    /// Usage plans by name. Up to 300.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub usage_plans: BTreeMap<String, UsagePlan>,
    /// API keys by id. Up to 10,000; more come as files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub api_keys: BTreeMap<String, ApiKey>,
    /// Where more API keys are.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub api_key_files: Option<tollgate_api_keys::Config>,
    /// The server that counts quotas, and everything where several proxies share the limits. Needed
    /// where there is a quota.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// Whether the proxy tells every request's client in `x-envoy-external-address`, as Envoy does with
    /// `use_remote_address`, and removes what clients send under this name. Never for any other proxy:
    /// clients could say where they are. The proxy is asked where it is not told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub source_address_is_told: bool,
    /// Whether responses say how the limits stand that their request fell under.
    #[serde(default, skip_serializing_if = "is_default")]
    pub response_headers: ResponseHeaders,
}

/// The version of the definition format.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Version;

impl Serialize for Version {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.serialize_u32(1)
    }
}

impl<'de> Deserialize<'de> for Version {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        /// What is wrong with a value is told with its place by whoever reads it.
        struct Number;

        impl de::Visitor<'_> for Number {
            type Value = Version;

            fn expecting(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
                out.write_str("a version")
            }

            fn visit_u64<E: de::Error>(self, number: u64) -> Result<Version, E> {
                match number {
                    1 => Ok(Version),
                    other => Err(E::custom(format!("version `{other}` is not known, expected 1"))),
                }
            }
        }

        deserializer.deserialize_u64(Number)
    }
}

/// One API.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Api {
    /// A name for people. Up to 128 characters.
    pub name: String,
    /// Whose rules the API follows: routing, error bodies and ids differ.
    pub protocol: Protocol,
    /// Refuse requests that come by the API's own host name rather than a custom domain.
    #[serde(default, skip_serializing_if = "is_false")]
    pub disable_execute_api_endpoint: bool,
    /// Where API keys come from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub api_key_source: ApiKeySource,
    /// Which pages of other origins may call the API, and read what it answers. Nothing is said about
    /// that where absent. API Gateway has it for HTTP APIs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<tollgate_cors::Config>,
    /// What is answered in place of API Gateway's own errors, by their type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gateway_responses: tollgate_gateway_response::Config,
    /// Models by name: JSON Schema draft-04.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, serde_json::Value>,
    /// The media types whose bodies are bytes rather than text, such as `image/png`, `image/*` and `*/*`.
    /// Up to 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binary_media_types: Vec<String>,
    /// The size in bytes from which responses are compressed, 0 to 10,485,760; they are not where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_compression_size: Option<u32>,
    /// The resource policy of a REST API, as a document of IAM: who may call it, and who may not. Up to
    /// 8192 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<serde_json::Value>,
    /// Authorizers by name. Up to 10.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Integrations by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub integrations: BTreeMap<String, Integration>,
    /// Routes by route key: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`. There may be none where
    /// every stage points to a deployment.
    pub routes: BTreeMap<String, Route>,
    /// Deployments by id: what stages serve that point to one. The others serve what stands above.
    /// Up to 20, as many as ten stages with canaries need.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub deployments: BTreeMap<String, Deployment>,
    /// Stages by name. An HTTP API's `$default` stage is served at `/`, every other at `/NAME`.
    /// Up to 10.
    pub stages: BTreeMap<String, Stage>,
}

impl Api {
    /// An API that has a name and nothing to serve yet.
    #[must_use]
    pub fn new(name: impl Into<String>, protocol: Protocol) -> Self {
        Self {
            name: name.into(),
            protocol,
            disable_execute_api_endpoint: false,
            api_key_source: ApiKeySource::default(),
            cors: None,
            gateway_responses: BTreeMap::new(),
            models: BTreeMap::new(),
            binary_media_types: Vec::new(),
            minimum_compression_size: None,
            policy: None,
            authorizers: BTreeMap::new(),
            integrations: BTreeMap::new(),
            routes: BTreeMap::new(),
            deployments: BTreeMap::new(),
            stages: BTreeMap::new(),
        }
    }

    /// What a deployment of the API is a snapshot of.
    #[must_use]
    pub fn into_deployment(self) -> Deployment {
        Deployment {
            api_key_source: self.api_key_source,
            cors: self.cors,
            gateway_responses: self.gateway_responses,
            models: self.models,
            binary_media_types: self.binary_media_types,
            minimum_compression_size: self.minimum_compression_size,
            policy: self.policy,
            authorizers: self.authorizers,
            integrations: self.integrations,
            routes: self.routes,
        }
    }
}

/// Whose rules an API follows.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Protocol {
    /// API Gateway's HTTP API (v2).
    Http,
    /// API Gateway's REST API (v1).
    Rest,
}

impl fmt::Display for Protocol {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Http => "HTTP",
            Self::Rest => "REST",
        })
    }
}

/// Where an API's API keys come from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ApiKeySource {
    /// The header field `x-api-key`.
    #[default]
    Header,
    /// What the authorizer says in `usageIdentifierKey`. Of a JWT authorizer it is the claim of that
    /// name.
    Authorizer,
}

/// What happens to the requests of one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Who may call the route. There is no default: an open route says `none`.
    pub authorization: Authorization,
    /// Whether callers must bring an API key of a usage plan that the stage belongs to.
    #[serde(default, skip_serializing_if = "is_false")]
    pub api_key_required: bool,
    /// What requests must be like; nothing is checked where absent. API Gateway's request validators,
    /// which only REST APIs have.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub validation: Option<tollgate_request_validator::Validation>,
    /// The name of the integration that answers.
    pub integration: String,
    /// Header fields for the integration, by name, and the claim each carries.
    ///
    /// API Gateway: `overwrite:header.NAME: $context.authorizer.claims.CLAIM`. What a client sends
    /// under these names is removed, on every route of the API.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims_to_headers: BTreeMap<String, String>,
}

/// Who may call a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorization {
    /// Anyone.
    None,
    /// Whoever has a token that a JWT authorizer accepts.
    Jwt(JwtAuthorization),
    /// Whom a Lambda authorizer lets in. API Gateway's `CUSTOM`.
    Lambda(LambdaAuthorization),
    /// Whoever signs the request, and may call the route by policies of their own or of the API. API
    /// Gateway's `AWS_IAM`.
    Iam,
}

/// Which tokens may call a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwtAuthorization {
    /// The name of the authorizer.
    pub authorizer: String,
    /// Scopes of which the token must carry at least one; none required where empty. Up to 10.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
}

/// Who decides who may call a route.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaAuthorization {
    /// The name of the authorizer.
    pub authorizer: String,
}

/// What decides who may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorizer {
    /// Checks a JSON Web Token.
    Jwt(tollgate_jwt_authorizer::Config),
    /// Asks a function, or another service.
    Lambda(tollgate_lambda_authorizer::Config),
}

/// A snapshot of an API that does not change any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Where its API keys come from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub api_key_source: ApiKeySource,
    /// Which pages of other origins may call the API, and read what it answers. Nothing is said about
    /// that where absent. API Gateway has it for HTTP APIs only.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cors: Option<tollgate_cors::Config>,
    /// What is answered in place of API Gateway's own errors, by their type.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub gateway_responses: tollgate_gateway_response::Config,
    /// Models by name: JSON Schema draft-04.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub models: BTreeMap<String, serde_json::Value>,
    /// The media types whose bodies are bytes rather than text, such as `image/png`, `image/*` and `*/*`.
    /// Up to 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub binary_media_types: Vec<String>,
    /// The size in bytes from which responses are compressed, 0 to 10,485,760; they are not where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub minimum_compression_size: Option<u32>,
    /// The resource policy of a REST API, as a document of IAM: who may call it, and who may not. Up to
    /// 8192 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub policy: Option<serde_json::Value>,
    /// Its authorizers by name. Up to 10.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Its integrations by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub integrations: BTreeMap<String, Integration>,
    /// Its routes by route key.
    pub routes: BTreeMap<String, Route>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
