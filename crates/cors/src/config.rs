//! What the operator says about other origins.

use serde::{Deserialize, Serialize};

/// The configuration of the filter, and of an HTTP API: `corsConfiguration` in API Gateway, and
/// `x-amazon-apigateway-cors` in an OpenAPI document.
///
/// Whatever is left out grants nothing: a configuration without origins answers preflights, removes
/// the integration's own header fields for CORS, and lets no page read anything.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// `allowOrigins`: whose pages may read responses. Each is one of
    ///
    /// - an origin as browsers write it: `https://www.example.com`, `http://localhost:8080`. Capitals
    ///   are read as small letters, and a port that is the scheme's own is dropped: browsers send
    ///   neither. Schemes other than `https` and `http` are those of apps, as `capacitor://localhost`
    /// - `https://*` or `http://*`: every origin of this scheme
    /// - `*`: every origin. The response then says `*`, whatever else is in the list
    ///
    /// Unlike API Gateway, `https://*.example.com` is every host below `example.com`, but not that
    /// host itself, and `https://www.example.com:*` is every port of it. Unlike API Gateway too,
    /// `null` cannot be allowed, except by `*`: it is the origin of every page in a sandbox, so it
    /// would stand for anybody.
    ///
    /// At most 1000 of at most 320 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_origins: Vec<String>,
    /// `allowMethods`: the methods that may be used beside `GET`, `HEAD` and `POST`, or `*` for all
    /// of them. At most 100 of at most 128 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_methods: Vec<String>,
    /// `allowHeaders`: the header fields that a page may send beside those that every form can, or
    /// `*` for all but `authorization`. At most 100 of at most 128 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub allow_headers: Vec<String>,
    /// `exposeHeaders`: the header fields of a response that a page may read beside the common ones,
    /// or `*` for all of them. At most 100 of at most 128 bytes.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expose_headers: Vec<String>,
    /// `maxAge`: how many seconds a browser may remember the answer to a preflight, up to 86400; -1
    /// for not at all. Browsers have a time of their own, of five seconds, where this is left out.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_age_secs: Option<i32>,
    /// `allowCredentials`: whether pages may send cookies and the like, and read what comes back.
    /// No origin can be `*` then; of methods and header fields `*` is a name to browsers, and grants
    /// nothing. Not unless it says so.
    #[serde(default)]
    pub allow_credentials: bool,
}
