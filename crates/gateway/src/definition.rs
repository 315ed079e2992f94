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

use std::collections::BTreeMap;
use std::fmt;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};
use tollgate_api_keys::ApiKey;
use tollgate_canary::{Override, Percent, Sticky};
use tollgate_rate_limit::{Counters, Quota, ResponseHeaders, Throttle};
use tollgate_throttle::Key;

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
        match u32::deserialize(deserializer)? {
            1 => Ok(Self),
            other => Err(de::Error::custom(format!("version `{other}` is not known, expected 1"))),
        }
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

/// What decides who may call.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Authorizer {
    /// Checks a JSON Web Token.
    Jwt(tollgate_jwt_authorizer::Config),
}

/// What answers the requests of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integration {
    /// Passes the request on to an HTTP service and the answer back. API Gateway's `HTTP_PROXY`.
    HttpProxy(HttpProxy),
}

/// An HTTP service.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProxy {
    /// Where the service is: `https://host[:port]/path?query`. The path and query may hold
    /// `{name}` of a path variable of the route; every part may hold `${stageVariables.name}`.
    pub uri: String,
    /// The method the service is called with; the client's own where absent (`ANY`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How long the service may take to answer, 50 to 30,000 ms for an HTTP API and 50 to 29,000 ms
    /// for a REST API; the upper end where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u32>,
    /// The name the service's certificate must have, where it is not that of the URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name_to_verify: Option<String>,
}

/// A snapshot of an API that does not change any more.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Deployment {
    /// Where its API keys come from.
    #[serde(default, skip_serializing_if = "is_default")]
    pub api_key_source: ApiKeySource,
    /// Its authorizers by name. Up to 10.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Its integrations by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub integrations: BTreeMap<String, Integration>,
    /// Its routes by route key.
    pub routes: BTreeMap<String, Route>,
}

/// A name under which callers reach a deployment of an API.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// The deployment it serves; what the API says itself where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// What answers a part of its requests instead.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub canary: Option<Canary>,
    /// Stage variables, `${stageVariables.NAME}` in an integration's URI. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
    /// How fast requests for each route that has no throttle of its own may come. Each of them has a
    /// bucket of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// How fast requests for single routes may come, by route key.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub route_throttles: BTreeMap<String, Throttle>,
    /// How fast requests of each client may come, by name. Up to 10. API Gateway has these in its web
    /// application firewall only.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub client_throttles: BTreeMap<String, ClientThrottle>,
}

/// What answers a part of a stage's requests in its place. API Gateway's `canarySettings`.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Canary {
    /// The deployment it serves; what the stage serves where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub deployment: Option<String>,
    /// How much of the traffic it gets.
    pub percent_traffic: Percent,
    /// Stage variables that it has besides, or with other values.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub stage_variable_overrides: BTreeMap<String, String>,
    /// Whether it answers from the cache of the stage.
    #[serde(default, skip_serializing_if = "is_false")]
    pub use_stage_cache: bool,
    /// What keeps a caller with the stage or with the canary.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub sticky: Option<Sticky>,
    /// How testers choose for themselves.
    #[serde(default, rename = "override", skip_serializing_if = "Option::is_none")]
    pub chosen_by: Option<Override>,
    /// How many of the other requests it gets a copy of, whose answers are thrown away.
    #[serde(default, skip_serializing_if = "is_default")]
    pub percent_shadow: Percent,
}

/// How fast requests of each client may come.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ClientThrottle {
    /// What clients are told apart by. What an authorizer says of them is known only on routes that
    /// have one; elsewhere such a throttle counts everybody together.
    pub per: Key,
    /// How fast.
    pub throttle: Throttle,
}

/// What the callers that belong to it may do.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UsagePlan {
    /// How fast requests of one key may come, for all stages of the plan together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub throttle: Option<Throttle>,
    /// How many requests of one key there may be, for all stages of the plan together.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quota: Option<Quota>,
    /// The stages that its keys may call.
    pub api_stages: Vec<ApiStage>,
}

/// A stage that belongs to a usage plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ApiStage {
    /// The API's id.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
    /// How fast requests of one key for one method may come besides, by `/orders/{id}/GET`. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub throttle: BTreeMap<String, Throttle>,
}

/// A custom domain name. In the definition's list, `*.example.com` stands for every name with one label
/// more that is not there itself.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Which API answers, by header fields and the first segments of the path; by priority, the lowest
    /// number first. Up to 50. What no rule takes is left to the mappings.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub routing_rules: BTreeMap<u32, RoutingRule>,
    /// Which API answers, by the first segments of the path: `""` for all that no other mapping
    /// takes, `v1`, `shop/v2`. The longest that fits wins. Up to 200; there may be none where there are
    /// rules.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub mappings: BTreeMap<String, Mapping>,
}

/// A rule of a custom domain name. API Gateway's `RoutingRule`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct RoutingRule {
    /// What has to hold of a request, all of it. Up to 3; every request fits where there are none.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub conditions: Vec<Condition>,
    /// What answers.
    pub invoke_api: InvokeApi,
}

/// What has to hold of a request.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Condition {
    /// The path begins with one of these segments, such as `orders` or `shop/v2`. Case matters. 1 to 10.
    MatchBasePaths(Vec<String>),
    /// One of these header fields has such a value. 1 to 10.
    MatchHeaders(Vec<HeaderMatch>),
}

/// A header field and its value.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HeaderMatch {
    /// The name, up to 40 characters.
    pub header: String,
    /// The value, in which `*` stands for anything at the beginning, at the end or at both. Case
    /// matters.
    pub value_glob: String,
}

/// What answers where a rule fits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct InvokeApi {
    /// The API's id.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
    /// Whether the API is asked for what comes after the base path that matched, rather than for the
    /// whole path.
    #[serde(default, skip_serializing_if = "is_false")]
    pub strip_base_path: bool,
}

/// An API behind a custom domain name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The API's id.
    pub api: String,
    /// The stage of the API. Where absent it is the first segment after the mapping's path, as it would
    /// be under the API's own host name.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage: Option<String>,
}

fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
