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
    /// Authorizers by name. Up to 10.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub authorizers: BTreeMap<String, Authorizer>,
    /// Integrations by name.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub integrations: BTreeMap<String, Integration>,
    /// Routes by route key: `GET /pets/{id}`, `ANY /{proxy+}`, `$default`.
    pub routes: BTreeMap<String, Route>,
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

/// What happens to the requests of one route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Route {
    /// Who may call the route. There is no default: an open route says `none`.
    pub authorization: Authorization,
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

/// A named snapshot of an API that callers can reach.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Stage {
    /// Stage variables, `${stageVariables.NAME}` in an integration's URI. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub variables: BTreeMap<String, String>,
}

/// A custom domain name.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Domain {
    /// Which API answers, by the first segments of the path: `""` for all that no other mapping
    /// takes, `v1`, `shop/v2`. The longest that fits wins. One to 200.
    pub mappings: BTreeMap<String, Mapping>,
}

/// An API behind a custom domain name.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mapping {
    /// The API's id.
    pub api: String,
    /// The stage of the API.
    pub stage: String,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}
