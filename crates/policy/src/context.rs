//! What has been learned about an exchange: the values API Gateway calls `$context`.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

/// Claims by name, as the token or the authorizer gave them.
pub type Claims = serde_json::Map<String, serde_json::Value>;

/// What policies tell one another about an exchange, under the names API Gateway gives them.
///
/// A field may be added here only if AWS has a `$context` variable for it; whatever else a policy
/// wants to remember stays in its own notes.
#[derive(Clone, Debug, Default)]
pub struct Context {
    /// `$context.accountId`, where the operator gives one.
    pub account_id: Option<Rc<str>>,
    /// `$context.apiId`
    pub api_id: Rc<str>,
    /// `$context.customDomain.basePathMatched`, of a request by a custom domain name.
    pub base_path: Option<Rc<str>>,
    /// `$context.stage`
    pub stage: Rc<str>,
    /// `$context.deploymentId`, where the stage points to a deployment.
    pub deployment_id: Option<Rc<str>>,
    /// `$context.isCanaryRequest`, where the stage has a canary.
    pub is_canary_request: Option<bool>,
    /// `$context.routeKey` of an HTTP API: the matched route, such as `GET /pets/{id}`.
    pub route_key: Rc<str>,
    /// `$context.resourcePath` of a REST API: the matched resource, such as `/pets/{id}`.
    pub resource_path: Rc<str>,
    /// `$context.resourceId` of a REST API.
    pub resource_id: Option<Rc<str>>,
    /// `$stageVariables`
    pub stage_variables: Rc<BTreeMap<String, String>>,
    /// `$context.requestId`
    pub request_id: String,
    /// `$context.extendedRequestId`
    pub extended_request_id: String,
    /// `$context.authorizer`, once an authorizer has admitted the request.
    pub authorizer: Option<Authorizer>,
    /// `$context.authorizer.error`: why an authorizer refused. For logs; never for the client.
    pub authorizer_error: Option<Cow<'static, str>>,
    /// `$context.identity.apiKeyId`, once the key has led to a usage plan. (The key itself,
    /// `apiKey`, is kept nowhere.)
    pub api_key_id: Option<Rc<str>>,
    /// `$context.identity`, as far as it is about a caller whose signature has been verified.
    pub identity: Option<Identity>,
    /// `$context.identity.clientCert`, of a client that has proved by a certificate who it is.
    pub client_cert: Option<Rc<ClientCert>>,
    /// `$context.identity.vpceId`, of a request that has come through a VPC endpoint.
    pub vpce_id: Option<Rc<str>>,
    /// `$context.identity.vpcId`: the VPC which that endpoint belongs to.
    pub vpc_id: Option<Rc<str>>,
    /// `$context.xrayTraceId`: the whole of `X-Amzn-Trace-Id`.
    pub trace_id: Option<String>,
    /// `$context.error`, once a policy has refused the request.
    pub error: Option<Fault>,
    /// `$context.error.message`, where it is not the one that belongs to the fault.
    pub error_message: Option<String>,
    /// `$context.error.validationErrorString`: what is wrong with the body of a request.
    pub validation_error: Option<String>,
    /// `$context.integrationStatus`, once the integration has answered.
    pub integration_status: Option<u16>,
    /// `$context.integrationLatency`, once the integration has answered.
    pub integration_latency: Option<Duration>,
    /// `$context.integrationErrorMessage`: why the integration did not answer. For logs.
    pub integration_error: Option<String>,
    /// `$context.status`, once the client is answered.
    pub status: Option<u16>,
    /// `$context.responseLatency`, once the client is answered.
    pub response_latency: Option<Duration>,
    /// `$context.responseLength`: bytes of the body, once the client has been answered.
    pub response_length: Option<u64>,
    /// The values of the matched route's path variables, still percent-encoded.
    /// API Gateway's `$request.path.NAME`.
    pub path_parameters: BTreeMap<Rc<str>, String>,
}

/// What an authorizer vouches for.
#[derive(Clone, Debug, Default)]
pub struct Authorizer {
    /// What kind of authorizer it is, which functions are told.
    pub kind: AuthorizerKind,
    /// `$context.authorizer.principalId`
    pub principal_id: Option<Rc<str>>,
    /// `$context.authorizer.claims`
    pub claims: Rc<Claims>,
    /// The scopes the token carries, or `None` where it has no scope claim.
    pub scopes: Option<Rc<[String]>>,
    /// `$context.authorizer.NAME`: what a Lambda authorizer says of the caller.
    pub context: Rc<Claims>,
    /// `$context.identity.apiKey`, where API keys come from the authorizer. Not for logs.
    pub usage_identifier_key: Option<Rc<str>>,
    /// `$context.authorizer.integrationLatency`, of an authorizer that was asked for this request.
    pub latency: Option<Duration>,
}

/// A caller of AWS's identity and access management, whose signature has been verified.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Identity {
    /// `$context.identity.accessKey`: the id of the access key, which is no secret.
    pub access_key: Rc<str>,
    /// `$context.identity.accountId`: the account that the caller belongs to.
    pub account_id: Rc<str>,
    /// `$context.identity.caller` and `$context.identity.user`: the unique id of the caller, such as
    /// `AIDACKCEVSQ6C2EXAMPLE`, and of a session its name besides. To the events of HTTP APIs it is
    /// `callerId` and `userId`.
    pub user_id: Rc<str>,
    /// `$context.identity.userArn`
    pub user_arn: Rc<str>,
    /// `$context.identity.principalOrgId`, of an account that belongs to an organization.
    pub principal_org_id: Option<Rc<str>>,
}

/// What a client's certificate says, by whose key the client has signed when it connected.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ClientCert {
    /// `$context.identity.clientCert.clientCertPem`
    pub client_cert_pem: String,
    /// `$context.identity.clientCert.subjectDN`, such as `C=US,O=Example,CN=client`.
    pub subject_dn: String,
    /// `$context.identity.clientCert.issuerDN`
    pub issuer_dn: String,
    /// `$context.identity.clientCert.serialNumber`, such as `a1:0b`.
    pub serial_number: String,
    /// `$context.identity.clientCert.validity.notBefore`, such as `May 28 12:30:02 2019 GMT`.
    pub not_before: String,
    /// `$context.identity.clientCert.validity.notAfter`
    pub not_after: String,
}

/// The kinds of authorizers whose callers functions tell apart.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum AuthorizerKind {
    /// One that reads JSON Web Tokens.
    #[default]
    Jwt,
    /// A user pool of Cognito.
    Cognito,
    /// A function, or a service in its place.
    Lambda,
}

/// A claim as text: a string as it is, a list as API Gateway writes lists, `[a b]`.
#[must_use]
pub fn text(claim: &serde_json::Value) -> String {
    use serde_json::Value;
    match claim {
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items: Vec<_> = items.iter().map(text).collect();
            format!("[{}]", items.join(" "))
        }
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::Object(_) => claim.to_string(),
    }
}

/// Why the gateway itself refused or failed: API Gateway's gateway response types.
///
/// A policy names the fault; what the client sees is made from it in one place.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Fault {
    /// The request is not well-formed.
    BadRequest,
    /// The body is not what the method's model says.
    BadRequestBody,
    /// A required parameter is missing.
    BadRequestParameters,
    /// Credentials are missing or refused.
    Unauthorized,
    /// The caller is known and may not do this.
    AccessDenied,
    /// The API key is missing, or none that may be used here.
    InvalidApiKey,
    /// Requests come faster than they may.
    Throttled,
    /// There have been as many requests as there may be in a period.
    QuotaExceeded,
    /// No API or stage answers here.
    Forbidden,
    /// No route or method answers here.
    RouteNotFound,
    /// The request is not signed, where it must be.
    MissingAuthenticationToken,
    /// What should be a signature cannot be read as one.
    IncompleteSignature,
    /// The signature is not one of this request, or not of this time and place.
    InvalidSignature,
    /// Nobody has the key that the signature names.
    UnrecognizedClient,
    /// The key that the signature names has expired.
    ExpiredToken,
    /// An authorizer could not decide.
    AuthorizerFailure,
    /// An authorizer failed, or answered what is no decision.
    AuthorizerConfiguration,
    /// No template takes a body of this type.
    UnsupportedMediaType,
    /// The body is larger than the gateway accepts.
    RequestTooLarge,
    /// The URL and the header fields are larger than the gateway accepts.
    HeadersTooLarge,
    /// The URL is longer than the gateway accepts.
    UriTooLong,
    /// More requests wait already than may.
    Overloaded,
    /// The integration did not answer in time.
    IntegrationTimeout,
    /// The integration could not be reached or answered nonsense.
    IntegrationFailure,
    /// A function failed, or returned what is no response.
    BadFunctionResponse,
    /// The API asks for what cannot be done: API Gateway's `API_CONFIGURATION_ERROR`.
    ApiConfiguration,
    /// The gateway cannot do what it is configured to do.
    Internal,
}

impl Fault {
    /// `$context.error.responseType`: the name of the gateway response for this fault. Those that API
    /// Gateway has no name for have ours.
    #[must_use]
    pub const fn response_type(self) -> &'static str {
        match self {
            Self::BadRequest => "BAD_REQUEST",
            Self::BadRequestBody => "BAD_REQUEST_BODY",
            Self::BadRequestParameters => "BAD_REQUEST_PARAMETERS",
            Self::Unauthorized => "UNAUTHORIZED",
            Self::AccessDenied => "ACCESS_DENIED",
            Self::InvalidApiKey => "INVALID_API_KEY",
            Self::Throttled => "THROTTLED",
            Self::QuotaExceeded => "QUOTA_EXCEEDED",
            Self::Forbidden => "FORBIDDEN",
            Self::RouteNotFound => "MISSING_AUTHENTICATION_TOKEN",
            Self::MissingAuthenticationToken => "MISSING_AUTHENTICATION_TOKEN",
            Self::IncompleteSignature | Self::InvalidSignature | Self::UnrecognizedClient => {
                "INVALID_SIGNATURE"
            }
            Self::ExpiredToken => "EXPIRED_TOKEN",
            Self::AuthorizerFailure => "AUTHORIZER_FAILURE",
            Self::AuthorizerConfiguration => "AUTHORIZER_CONFIGURATION_ERROR",
            Self::UnsupportedMediaType => "UNSUPPORTED_MEDIA_TYPE",
            Self::RequestTooLarge => "REQUEST_TOO_LARGE",
            Self::HeadersTooLarge => "HEADERS_TOO_LARGE",
            Self::UriTooLong => "URI_TOO_LONG",
            Self::Overloaded => "OVERLOADED",
            Self::IntegrationTimeout => "INTEGRATION_TIMEOUT",
            Self::IntegrationFailure => "INTEGRATION_FAILURE",
            Self::BadFunctionResponse => "DEFAULT_5XX",
            Self::ApiConfiguration => "API_CONFIGURATION_ERROR",
            Self::Internal => "INTERNAL",
        }
    }
}
