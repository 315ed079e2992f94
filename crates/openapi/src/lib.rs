//! OpenAPI documents with API Gateway's extensions, translated to an API [`Definition`].
//!
//! Text in, value out: OpenAPI 3.0 and 3.1 and Swagger 2.0, as YAML or JSON.
//!
//! ```
//! use tollgate_openapi::{Options, translate};
//!
//! let text = "
//! openapi: 3.0.1
//! info: {title: Orders, version: '1'}
//! paths:
//!   /orders/{id}:
//!     get:
//!       x-amazon-apigateway-integration:
//!         type: http_proxy
//!         uri: https://orders.internal/{id}
//! ";
//! let definition = translate(text, &Options::default()).unwrap().definition;
//! assert!(definition.apis["orders"].routes.contains_key("GET /orders/{id}"));
//! ```
//!
//! # Nothing is dropped in silence
//!
//! Every key of a document is one of four things:
//!
//! * **used**: it decides what is served;
//! * **descriptive**: `summary`, `tags`, `responses` and their like, and `parameters` and `schemas`
//!   where no validator asks for them. Nothing is said of them, but an extension among them, where it
//!   does nothing, is refused;
//! * **left out**: API Gateway would do something that this version does not, and its absence opens
//!   nothing and answers nothing wrongly. A [`Notice`] names it;
//! * **refused**: its absence would be wrong, or would let in whom API Gateway keeps out, or it is not
//!   known. A [`Problem`] says where it stands and what would be right.
//!
//! A document is served whole or not at all. All its problems are reported, one reason with all its
//! places, up to [`MAX_PROBLEMS`] reasons. Extensions of other makers (`x-...`) are passed over.
//!
//! | where | used | left out, with a notice | refused |
//! |---|---|---|---|
//! | root | `openapi`, `swagger`, `info.title`, `paths`, `components`, `securityDefinitions`, `x-amazon-apigateway-api-key-source`, `-endpoint-configuration.disableExecuteApiEndpoint`; of an HTTP API `-cors`; of a REST API `-gateway-responses`, `-policy`, `-minimum-compression-size`, `-binary-media-types`, `-request-validator`, `-request-validators` | the last four in an API of the other kind; `-documentation`, `-tag-value`; a base path under [`BasePath::Ignore`]; `webhooks`; keys of Swagger 2.0 in OpenAPI 3 | `-policy` of an HTTP API, `-security-policy`, `-endpoint-access-mode`; private endpoints that are to be reached by everybody, and their `vpcEndpointIds`; `security`, where an operation has none of its own |
//! | path | all methods but TRACE, `x-amazon-apigateway-any-method`, `$ref` within the document, `parameters` for a validator | `servers` | `trace`, keys beside `$ref` |
//! | operation | `operationId`, `isDefaultRoute`, `security`, `x-amazon-apigateway-auth` of type `NONE` and `AWS_IAM`, `x-amazon-apigateway-integration`, `x-amazon-apigateway-request-validator`; `parameters`, `requestBody` and `consumes` for a validator | `servers` | no integration; more than one security requirement besides an API key |
//! | security scheme | `x-amazon-apigateway-authorizer` of type `jwt`, `token`, `request` and `cognito_user_pools`, with `x-tollgate-uri` and `x-tollgate-headers` for a service that is no function; `awsSigv4`; an API key in the header field `x-api-key` | a scheme that no operation names | API keys elsewhere; a scheme that nothing would check |
//! | integration | `type: http_proxy` and `aws_proxy`, and of a REST API `http` and `mock`; `uri`, `httpMethod`, `timeoutInMillis`, `tlsConfig.serverNameToVerify`, `requestParameters`, `x-tollgate-http2`; of a REST API `contentHandling`, `tlsConfig.insecureSkipVerification` (with a notice) and, but of an `http`, `responseTransferMode`; of an HTTP API `responseParameters`; of `http` and `mock` `responses` | `credentials`, `cacheNamespace`, `cacheKeyParameters`, `passthroughBehavior: never` of an `http_proxy`, `integrationTarget`, `connectionType: VPC_LINK` with a URL | type `aws`; `requestTemplates` other than a `mock`'s, templates that are programs, ARNs other than a function's |
//!
//! # The API
//!
//! No field says whether a document describes an HTTP API or a REST API. Swagger 2.0 is REST; of
//! OpenAPI 3, what only one of the two kinds has decides ([`Options::protocol`] overrides it), and
//! evidence for both is reported.
//!
//! `info.title` is the API's name, and its id unless [`Options::api_id`] is given. Equal integrations
//! are one integration, named after their first `operationId`, route, or name in
//! `components.x-amazon-apigateway-integrations`.
//!
//! `${stageVariables.NAME}` in a URI takes its value from [`Options::stage_variables`], or on each of
//! [`Options::stages`] from its own.
//! `${AWS::Region}`, `${AWS::AccountId}` and `${AWS::Partition}` in URIs, issuers and audiences are
//! replaced, as API Gateway does on import. Functions of `CloudFormation` (`Ref`, `Fn::Sub`,
//! `!Sub`) are refused wherever their value is needed, for only `CloudFormation` knows it; but `Fn::Sub`
//! and `!Sub` are understood in the URI of a function and in a resource policy.
//!
//! Unlike API Gateway, a variable of the path fills the variable of the same name in the URI of a
//! REST API's integration without a parameter mapping, and a document without `info` is accepted.
//!
//! # Parameter mappings
//!
//! `requestParameters`, and of an HTTP API `responseParameters` by status, are API Gateway's own, and
//! what it would refuse is refused. Two of them are served by other means:
//!
//! | key | value | meaning |
//! |---|---|---|
//! | `integration.request.path.NAME` | `method.request.path.VARIABLE` | `{NAME}` in the URI is the path's `{VARIABLE}` |
//! | `overwrite:header.NAME`, `append:header.NAME` (HTTP API) | `$context.authorizer.claims.CLAIM` | the integration gets the claim in a header |
//! | `integration.request.header.NAME` (REST API) | `context.authorizer.claims.CLAIM` | the same |
//!
//! Unlike API Gateway, `append` of a claim does what `overwrite` does: what a client sends under the
//! name of a claim's header is always removed, so there is nothing to append to, and no other mapping
//! may change that header. Unlike API Gateway too, an operation need not declare the parameters that
//! are mapped, nor its `responses` the header fields.
//!
//! # Integrations of type `http` and `mock`
//!
//! The keys of `responses` are patterns for the whole status, tried in the order of the document, and
//! `default` is for all others. In `responseTemplates` variables of `$context` and `$stageVariables`
//! stand; the rest of the Velocity Template Language is not served by this version.
//!
//! The `requestTemplates` of a `mock` say which status it has: JSON with `statusCode`, in which names
//! may stand without quotation marks, or in single ones. What API Gateway imports and then answers
//! with 500 whatever is asked is refused: a `mock` without a status, and either type without
//! `responses`. So is `passthroughBehavior: never` of an `http`, which would be 415.
//!
//! # How services are spoken to
//!
//! A service over TLS and the proxy agree on HTTP/2 or HTTP/1.1 when they shake hands. One in the clear
//! is spoken to in HTTP/1.1, as API Gateway does, and in HTTP/2 where `x-tollgate-http2: true` stands in
//! the integration. That is our own, and what a service of gRPC in the clear needs.
//!
//! # Request validators
//!
//! Of a validator that checks parameters, those count that are `required` in a header, in the query or
//! in the path; cookies and forms do not, as with API Gateway. Of one that checks bodies, the schema of
//! each media type becomes a model, with all that it leads to; schemas that no body leads to are not
//! looked at. API Gateway leaves `minItems`, `maxItems` and `exclusiveMinimum` out of a model, and so
//! does this. Unlike API Gateway, a schema may have any name: its model is called by the letters and
//! digits of it.
//!
//! # JWT authorizers
//!
//! `jwtConfiguration` has `issuer` and `audience`, as in HTTP APIs, or `issuers` and
//! `defaultAlgorithms`, as in REST APIs. Where no algorithms are named, all but the symmetric ones
//! count, which is more than the RSA ones that HTTP APIs know. Keys come by discovery from the issuer;
//! Google's lie on `https://www.googleapis.com`, which is allowed for `https://accounts.google.com`.
//!
//! These extensions are our own, and stand in `x-amazon-apigateway-authorizer`:
//!
//! | key | value | meaning |
//! |---|---|---|
//! | `x-tollgate-any-audience` | `true` | a token for any audience will do; without it, at least one audience has to be listed |
//! | `x-tollgate-algorithms` | list | the algorithms a token may be signed with |
//! | `x-tollgate-jwks-uri` | URL | where the key set is, instead of discovery |
//! | `x-tollgate-jwks` | object | the key set itself |
//! | `x-tollgate-jwks-hosts` | list of `https://host[:port]` | other places in which discovery may find the key set |
//! | `x-tollgate-plain-http` | `true` | keys may come in the clear from another machine |
//! | `x-tollgate-leeway-secs` | 0 to 300 | by how much clocks may differ |
//! | `x-tollgate-key-id` | `required`, `optional` | whether a token must say which key signed it |
//!
//! # API keys
//!
//! An operation whose `security` names an API key requires one, whatever else it names: API Gateway
//! reads `[{people: []}, {api_key: []}]`, as the Serverless Application Model writes it, like
//! `[{people: [], api_key: []}]`, although OpenAPI has the former as two ways in. Which keys there are,
//! and what their usage plans are, no document can say.
//!
//! Unlike API Gateway, an HTTP API may require keys too. A [`Notice`] says so.
//!
//! # The text
//!
//! YAML is read by the core schema of YAML 1.2 (`yes` and `on` are strings), with anchors, aliases and
//! merge keys (`<<`). A key that is there twice is refused. A text that begins with `{` is read as
//! JSON. A document has at most [`MAX_BYTES`], 128 levels, and a bounded size once its aliases are
//! written out. API Gateway's limits hold: 10 authorizers, 10 scopes, 50 audiences; unlike it, an API
//! may have 10,000 routes, which its quota of 300 can be raised to.

mod authorizer;
mod base_path;
mod cors;
mod document;
mod entries;
mod extensions;
mod function;
mod gateway_responses;
mod integration;
mod mapping;
mod options;
mod paths;
mod policy;
mod protocol;
mod reference;
mod security;
mod settings;
mod status;
#[cfg(test)]
mod tests;
mod text;
mod uri;
mod validation;

use tollgate_gateway::Definition;
use tollgate_gateway::definition::{ApiKeySource, Protocol};
use tollgate_mapping::Dialect;
use tollgate_source::{At, Findings};

use options::Variables;

pub use options::{BasePath, EndpointType, Options};
pub use tollgate_source::{MAX_BYTES, MAX_PROBLEMS, Notice, Place, Problem};

/// What a document becomes.
#[derive(Clone, Debug, PartialEq)]
pub struct Translation {
    /// What is served.
    pub definition: Definition,
    /// What is not, and can be left out without harm.
    pub notices: Vec<Notice>,
}

/// What every part of a document is read with.
#[derive(Debug)]
struct Context<'a> {
    root: At<'a>,
    protocol: Protocol,
    api_key_source: ApiKeySource,
    options: &'a Options,
    /// The variables of every stage.
    variables: Vec<(Option<&'a str>, Variables<'a>)>,
}

impl Context<'_> {
    /// In whose words parameters are mapped.
    const fn dialect(&self) -> Dialect {
        match self.protocol {
            Protocol::Http => Dialect::Http,
            Protocol::Rest => Dialect::Rest,
        }
    }
}

/// Translates a document, YAML or JSON.
///
/// # Errors
/// Every [`Problem`] of the document, in its order. Up to [`MAX_PROBLEMS`] different ones.
pub fn translate(text: &str, options: &Options) -> Result<Translation, Vec<Problem>> {
    let mut findings = Findings::default();
    let definition = tollgate_source::read(text, &options.file, &mut findings)
        .and_then(|node| document::translate(&node, options, &mut findings));
    let refused = findings.is_refused();
    let (problems, notices) = findings.report(&options.file);
    match definition {
        Some(definition) if !refused => Ok(Translation { definition, notices }),
        _ => Err(problems),
    }
}
