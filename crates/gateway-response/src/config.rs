//! What the operator writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What is answered instead of what API Gateway has, by the type of the response: one of [`TYPES`].
/// `DEFAULT_4XX` and `DEFAULT_5XX` stand for all that have none of their own.
///
/// API Gateway: `x-amazon-apigateway-gateway-responses`.
pub type Config = BTreeMap<String, GatewayResponse>;

/// What is answered in place of one type of error.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GatewayResponse {
    /// The status, 200 to 599; that of the error where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub status_code: Option<u16>,
    /// Header fields by name, and what they say: `'text'`, `context.NAME`, `stageVariables.NAME` or
    /// `method.request.header.NAME`. A field whose value is not there is left out. Up to 20.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_parameters: BTreeMap<String, String>,
    /// Bodies by media type, of which the first that the request's `accept` names is taken, else
    /// `application/json`, else the first. Variables stand in them: `$context.error.message` as it is,
    /// `$context.error.messageString` in quotation marks. Up to 10, of up to 8,192 bytes each;
    /// `{"message":$context.error.messageString}` where there is none.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_templates: BTreeMap<String, String>,
}

/// The types of gateway responses. `REQUEST_TOO_LARGE` is among them though API Gateway lets nobody
/// change it: what is said of it is not looked at.
pub const TYPES: [&str; 21] = [
    "ACCESS_DENIED",
    "API_CONFIGURATION_ERROR",
    "AUTHORIZER_CONFIGURATION_ERROR",
    "AUTHORIZER_FAILURE",
    "BAD_REQUEST_BODY",
    "BAD_REQUEST_PARAMETERS",
    "DEFAULT_4XX",
    "DEFAULT_5XX",
    "EXPIRED_TOKEN",
    "INTEGRATION_FAILURE",
    "INTEGRATION_TIMEOUT",
    "INVALID_API_KEY",
    "INVALID_SIGNATURE",
    "MISSING_AUTHENTICATION_TOKEN",
    "QUOTA_EXCEEDED",
    "REQUEST_TOO_LARGE",
    "RESOURCE_NOT_FOUND",
    "THROTTLED",
    "UNAUTHORIZED",
    "UNSUPPORTED_MEDIA_TYPE",
    "WAF_FILTERED",
];
