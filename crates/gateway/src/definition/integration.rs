//! Integrations: what answers.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use tollgate_payload::ContentHandling;

use super::{is_default, is_false};

/// What answers the requests of a route.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Integration {
    /// Passes the request on to an HTTP service and the answer back. API Gateway's `HTTP_PROXY`.
    HttpProxy(HttpProxy),
    /// Calls an HTTP service with what the mapping says, and answers what the responses say. API
    /// Gateway's `HTTP`, which only REST APIs have.
    Http(Http),
    /// Answers by itself. API Gateway's `MOCK`, which only REST APIs have.
    Mock(Mock),
    /// Hands the request to a Lambda function, which says the whole response. API Gateway's `AWS_PROXY`.
    LambdaProxy(LambdaProxy),
}

impl Integration {
    /// The service it calls, if it calls one.
    #[must_use]
    pub const fn service(&self) -> Option<&HttpProxy> {
        match self {
            Self::HttpProxy(service) | Self::Http(Http { service, .. }) => Some(service),
            Self::Mock(_) | Self::LambdaProxy(_) => None,
        }
    }
}

/// An HTTP service.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct HttpProxy {
    /// Where the service is: `https://host[:port]/path?query`. The path and query may hold
    /// `{name}` of a path variable of the route; every part may hold `${stageVariables.name}`.
    pub uri: String,
    /// The method the service is called with; the client's own where absent (`ANY`).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub method: Option<String>,
    /// How long the service may take to answer, 50 to 30,000 ms for an HTTP API and 50 to 29,000 ms
    /// for a REST API; the upper end where absent. With [`ResponseTransferMode::Stream`] it is the time for
    /// the whole response, up to 900,000 ms.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub timeout_millis: Option<u32>,
    /// The name the service's certificate must have, where it is not that of the URI.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub server_name_to_verify: Option<String>,
    /// Whether the service may have any certificate, which nobody checks then: whoever is on the way can
    /// read and change what is said. Of a REST API.
    #[serde(default, skip_serializing_if = "is_false")]
    pub insecure_skip_verification: bool,
    /// Whether the service is spoken to in HTTP/2, of one that is reached in the clear. (With `https` the
    /// service and the proxy agree on it.)
    #[serde(default, skip_serializing_if = "is_false")]
    pub http2: bool,
    /// How the response comes to the client, of a REST API.
    #[serde(default, skip_serializing_if = "is_default")]
    pub response_transfer_mode: ResponseTransferMode,
    /// What becomes of a request's body, of a REST API. Where absent it passes as it is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<ContentHandling>,
    /// What is changed of the request, in the words of the API's kind: of an HTTP API
    /// `append:header.NAME`, `overwrite:querystring.NAME`, `overwrite:path` and the like, of a REST API
    /// `integration.request.header.NAME`, `.querystring.NAME` and `.path.NAME`. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub request_parameters: BTreeMap<String, String>,
    /// What is changed of the response of an HTTP API, by its status: `overwrite:statuscode`,
    /// `append:header.NAME` and the like. Up to 100 of each status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_parameters: BTreeMap<u16, BTreeMap<String, String>>,
}

impl HttpProxy {
    /// A service that is called as the client calls the gateway.
    #[must_use]
    pub fn new(uri: impl Into<String>) -> Self {
        Self { uri: uri.into(), ..Self::default() }
    }
}

/// A Lambda function that answers.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct LambdaProxy {
    /// The function. Its name may hold `${stageVariables.name}`.
    pub proxy: tollgate_lambda_proxy::Config,
    /// What is changed of the header fields of the event, in the words of the API's kind: of an HTTP API
    /// `append:header.NAME` and the like, of a REST API `integration.request.header.NAME`. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub request_parameters: BTreeMap<String, String>,
    /// What is changed of the response of an HTTP API, by its status: `overwrite:statuscode`,
    /// `append:header.NAME` and the like. Up to 100 of each status.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_parameters: BTreeMap<u16, BTreeMap<String, String>>,
}

/// How a response comes to the client.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ResponseTransferMode {
    /// As a whole, as far as API Gateway shows. `BUFFERED`
    #[default]
    Buffered,
    /// Little by little, and for as long as 15 minutes. It is neither converted nor compressed. `STREAM`
    Stream,
}

/// An HTTP service that is called with what the mapping says and nothing else.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Http {
    /// The service, and what it is told besides the body. It gets no header fields of the client and
    /// no query that the mapping does not name.
    pub service: HttpProxy,
    /// What is answered, by what the service answers. The first whose pattern fits, else the first
    /// without one. 1 to 20.
    pub responses: Vec<IntegrationResponse>,
}

/// An answer that the gateway makes itself.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Mock {
    /// The status by which a response is chosen, by the media type of the request;
    /// `application/json` where the request says none. 1 to 10.
    pub statuses: BTreeMap<String, u16>,
    /// What becomes of a request of another media type.
    #[serde(default, skip_serializing_if = "is_default")]
    pub passthrough: Passthrough,
    /// What is answered, by that status. The first whose pattern fits, else the first without one. 1 to
    /// 20.
    pub responses: Vec<IntegrationResponse>,
}

/// What becomes of a request of a media type that nothing is said about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Passthrough {
    /// It goes on. `WHEN_NO_MATCH`.
    #[default]
    WhenNoMatch,
    /// It is refused with 415. `NEVER`, and `WHEN_NO_TEMPLATES` where there are some.
    Never,
}

/// What a client is answered for what the integration has answered.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct IntegrationResponse {
    /// A regular expression that the whole status of the integration must fit, such as `5\\d{2}`;
    /// whatever fits no other where absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub selection_pattern: Option<String>,
    /// The status that the client gets.
    pub status_code: u16,
    /// What becomes of the integration's body. Where absent that depends on whether it is binary and
    /// whether the client accepts what is.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content_handling: Option<ContentHandling>,
    /// Header fields, `method.response.header.NAME`, and what they say. Up to 100.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_parameters: BTreeMap<String, String>,
    /// Bodies by media type, of which the first that the request's `accept` names is taken, else
    /// `application/json`, else the first; that of the integration where there is none.
    /// `$context.NAME` and `$stageVariables.NAME` stand in them. Up to 10, of up to 8,192 bytes each.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub response_templates: BTreeMap<String, String>,
}
