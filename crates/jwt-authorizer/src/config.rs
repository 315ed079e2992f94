//! What the operator writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// A JWT authorizer: where the token is, who may have issued it, and what it must say.
///
/// The superset of the JWT authorizers of HTTP APIs (one issuer) and REST APIs (several).
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// Where the token is: `$request.header.NAME`, `$request.querystring.NAME` or
    /// `$request.cookie.NAME`. The first that is present counts. A `Bearer ` before the token is
    /// allowed. One to four; API Gateway allows one, and no cookie.
    #[serde(default = "authorization_header")]
    pub identity_source: Vec<String>,
    /// Who may have issued the token. One to 100.
    pub issuers: Vec<Issuer>,
    /// Scopes of which the token must carry at least one; none required where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub scopes: Vec<String>,
    /// By how much clocks may differ when `exp`, `nbf` and `iat` are checked. 0 to 300 seconds;
    /// API Gateway states no leeway, so the default is 0.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub leeway_secs: u32,
    /// Whether a token must say which key signed it.
    #[serde(default, skip_serializing_if = "KeyId::is_required")]
    pub key_id: KeyId,
    /// Header fields to send on, by name, and the claim each carries. What a client sends under
    /// these names is removed. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub claims_to_headers: BTreeMap<String, String>,
    /// How long a request may wait for an issuer's keys to arrive for the first time.
    /// 0 to 10,000 ms, 1,500 where absent: API Gateway's own time limit for that request.
    #[serde(default = "first_keys", skip_serializing_if = "is_first_keys")]
    pub key_wait_millis: u32,
    /// Whether the issuers are user pools of Cognito, whose rules hold besides: without scopes a token
    /// must be an ID token, with scopes an access token; whatever is wrong is answered with 401. API
    /// Gateway's `COGNITO_USER_POOLS`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub user_pools: Option<UserPools>,
}

/// What is asked of the tokens of user pools.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct UserPools {
    /// What `aud` must match as a whole: a regular expression of up to 512 characters. No access token
    /// has that claim.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identity_validation_expression: Option<String>,
}

/// An issuer of tokens.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Issuer {
    /// Exactly what the `iss` claim must be, and where discovery starts: a URL, `https` unless it is
    /// on this machine. Other text is allowed where the keys do not come by discovery.
    pub issuer: String,
    /// Whom the token must be for.
    pub audiences: Audiences,
    /// The algorithms a token may be signed with: `RS256`, `RS384`, `RS512`, `PS256`, `PS384`,
    /// `PS512`, `ES256`, `ES384`, `EdDSA`. `HS256` only counts where it is named here and the keys
    /// are written into the configuration. Where empty: all but the `HS` ones.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub algorithms: Vec<String>,
    /// Where the issuer's public keys are.
    pub keys: Keys,
    /// What else the token must claim. Up to 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub additional_claims: Vec<AdditionalClaim>,
}

/// Whom a token must be for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Audiences {
    /// `aud` must hold one of these; where a token has no `aud`, its `client_id` must be one.
    /// One to 50.
    AnyOf(Vec<String>),
    /// `aud` is not looked at. Any client of the issuer can then call this API.
    Unchecked,
}

/// Where an issuer's public keys are.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Keys {
    /// At the `jwks_uri` of `{issuer}/.well-known/openid-configuration`.
    Discovery(Discovery),
    /// At this address.
    JwksUri(JwksUri),
    /// Here: a JSON Web Key Set, RFC 7517.
    Jwks(Value),
}

/// How an issuer is discovered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Discovery {
    /// The proxy's cluster for the issuer; named `https://host:port` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Other places the `jwks_uri` may lie in, as `https://host[:port]`: what an issuer names
    /// elsewhere is not fetched. Up to 5.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub jwks_hosts: Vec<String>,
    /// Allow an issuer that is reached in the clear and not on this machine. Whoever is on the way
    /// can then forge keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub plain_http: bool,
}

/// Where a key set is.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct JwksUri {
    /// `https://host[:port]/path`.
    pub uri: String,
    /// The proxy's cluster for it; named `https://host:port` where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cluster: Option<String>,
    /// Allow keys that are fetched in the clear and not on this machine. Whoever is on the way can
    /// then forge keys.
    #[serde(default, skip_serializing_if = "is_false")]
    pub plain_http: bool,
}

/// Whether a token must say which key signed it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum KeyId {
    /// A token without `kid` is refused, as API Gateway does.
    #[default]
    Required,
    /// A token without `kid` may be signed by any key of its issuer.
    Optional,
}

/// A claim a token must have or, if it has it, must have with one of these values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct AdditionalClaim {
    /// The claim; not one of `iss`, `aud`, `exp`, `nbf`, `iat`, `scope` and `scp`.
    pub claim_name: String,
    /// Whether a token without the claim is refused.
    #[serde(default, skip_serializing_if = "is_false")]
    pub required: bool,
    /// The values the claim may have; any where empty.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub expected_values: Vec<String>,
}

fn authorization_header() -> Vec<String> {
    vec!["$request.header.Authorization".to_owned()]
}

const FIRST_KEYS_MILLIS: u32 = 1_500;

fn first_keys() -> u32 {
    FIRST_KEYS_MILLIS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_first_keys(millis: &u32) -> bool {
    *millis == FIRST_KEYS_MILLIS
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_zero(number: &u32) -> bool {
    *number == 0
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
fn is_false(value: &bool) -> bool {
    !*value
}

impl KeyId {
    #[expect(clippy::trivially_copy_pass_by_ref, reason = "serde passes fields by reference")]
    fn is_required(&self) -> bool {
        *self == Self::Required
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            identity_source: authorization_header(),
            issuers: Vec::new(),
            scopes: Vec::new(),
            leeway_secs: 0,
            key_id: KeyId::default(),
            claims_to_headers: BTreeMap::new(),
            key_wait_millis: FIRST_KEYS_MILLIS,
            user_pools: None,
        }
    }
}
