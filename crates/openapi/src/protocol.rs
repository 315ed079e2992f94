//! Finds out whether a document describes an HTTP API or a REST API, which no field says.
//!
//! A Swagger 2.0 document is a REST API: only those can be imported from one. An OpenAPI document
//! may be either, and is judged by what only one of the two has. Where both are present, most
//! evidence wins. Where that does not decide, a Lambda integration without `payloadFormatVersion`,
//! which an HTTP API requires, means REST, and so does `x-amazon-apigateway-authtype`, which an HTTP
//! API has no use for. What is left is an HTTP API.

use tollgate_gateway::definition::Protocol;
use tollgate_source::Node;
use tollgate_source::text::quoted;

/// What was found out.
#[derive(Debug)]
pub(crate) struct Finding {
    pub(crate) protocol: Protocol,
    /// Evidence for the other protocol.
    pub(crate) against: Option<String>,
}

/// Evidence for both sides.
#[derive(Debug, Default)]
struct Scales {
    http: Vec<String>,
    rest: Vec<String>,
    /// A hint that decides where evidence does not.
    leans_to_rest: bool,
}

const HTTP_ROOT: [&str; 2] =
    ["x-amazon-apigateway-cors", "x-amazon-apigateway-importexport-version"];

const REST_ROOT: [&str; 9] = [
    "x-amazon-apigateway-api-key-source",
    "x-amazon-apigateway-binary-media-types",
    "x-amazon-apigateway-documentation",
    "x-amazon-apigateway-gateway-responses",
    "x-amazon-apigateway-minimum-compression-size",
    "x-amazon-apigateway-policy",
    "x-amazon-apigateway-request-validator",
    "x-amazon-apigateway-request-validators",
    "x-amazon-apigateway-security-policy",
];

const HTTP_INTEGRATION: [&str; 2] = ["integrationSubtype", "responseParameters"];

const REST_INTEGRATION: [&str; 7] = [
    "cacheKeyParameters",
    "cacheNamespace",
    "contentHandling",
    "passthroughBehavior",
    "requestTemplates",
    "responseTransferMode",
    "responses",
];

const METHODS: [&str; 8] =
    ["get", "put", "post", "delete", "options", "head", "patch", "x-amazon-apigateway-any-method"];

/// The most operations that are looked at. A document with more is refused anyway.
const MAX_OPERATIONS: usize = 1_000;

pub(crate) fn find(root: &Node) -> Finding {
    if root.get("swagger").is_some() {
        return Finding { protocol: Protocol::Rest, against: None };
    }
    let mut scales = Scales::default();
    scales.weigh_root(root);
    let schemes = root.get("components").and_then(|components| components.get("securitySchemes"));
    for scheme in schemes.map(Node::entries).unwrap_or_default() {
        scales.weigh_scheme(&scheme.value);
    }
    let paths = root.get("paths").map(Node::entries).unwrap_or_default();
    let operations = paths
        .iter()
        .flat_map(|path| path.value.entries().iter().map(move |operation| (path, operation)))
        .filter(|(_, operation)| METHODS.contains(&&*operation.key))
        .take(MAX_OPERATIONS);
    for (path, operation) in operations {
        if matches!(&*path.key, "$default" | "/$default") {
            scales.http("$default");
        }
        scales.weigh_operation(&operation.value);
    }
    scales.decide()
}

impl Scales {
    fn http(&mut self, evidence: &str) {
        add(&mut self.http, evidence);
    }

    fn rest(&mut self, evidence: &str) {
        add(&mut self.rest, evidence);
    }

    fn weigh_root(&mut self, root: &Node) {
        for key in HTTP_ROOT.into_iter().filter(|key| root.get(key).is_some()) {
            self.http(key);
        }
        for key in REST_ROOT.into_iter().filter(|key| root.get(key).is_some()) {
            self.rest(key);
        }
        let tags = root.get("tags").map(Node::items).unwrap_or_default();
        if tags.iter().any(|tag| tag.get("x-amazon-apigateway-tag-value").is_some()) {
            self.http("x-amazon-apigateway-tag-value");
        }
        if root
            .get("components")
            .is_some_and(|components| components.get("x-amazon-apigateway-integrations").is_some())
        {
            self.http("x-amazon-apigateway-integrations");
        }
    }

    fn weigh_scheme(&mut self, scheme: &Node) {
        if scheme.get("x-amazon-apigateway-authtype").is_some() {
            self.leans_to_rest = true;
        }
        let Some(authorizer) = scheme.get("x-amazon-apigateway-authorizer") else {
            return;
        };
        match authorizer.get("type").and_then(Node::text) {
            Some("token") => self.rest("type: token"),
            Some("cognito_user_pools") => self.rest("type: cognito_user_pools"),
            _ => {}
        }
        if let Some(jwt) = authorizer.get("jwtConfiguration") {
            match jwt.get("issuers") {
                Some(_) => self.rest("jwtConfiguration.issuers"),
                None => self.http("jwtConfiguration.issuer"),
            }
        }
        for key in ["authorizerPayloadFormatVersion", "enableSimpleResponses"] {
            if authorizer.get(key).is_some() {
                self.http(key);
            }
        }
        let sources = authorizer.get("identitySource");
        let texts = sources.into_iter().flat_map(|source| source.items().iter().chain([source]));
        for text in texts.filter_map(Node::text) {
            if text.starts_with("$request.") {
                self.http("$request.");
            } else if text.starts_with("method.request.") {
                self.rest("method.request.");
            }
        }
    }

    fn weigh_operation(&mut self, operation: &Node) {
        if operation.get("isDefaultRoute").is_some() {
            self.http("isDefaultRoute");
        }
        for key in ["x-amazon-apigateway-auth", "x-amazon-apigateway-request-validator"] {
            if operation.get(key).is_some() {
                self.rest(key);
            }
        }
        let Some(integration) = operation.get("x-amazon-apigateway-integration") else {
            return;
        };
        let kind = integration.get("type").and_then(Node::text).unwrap_or_default();
        let kind = kind.to_ascii_lowercase();
        if matches!(kind.as_str(), "mock" | "aws" | "http") {
            self.rest(&format!("type: {kind}"));
        }
        match integration.get("payloadFormatVersion").and_then(Node::text) {
            Some("2.0") => self.http("payloadFormatVersion 2.0"),
            Some(_) => self.http("payloadFormatVersion"),
            None if kind == "aws_proxy" => self.leans_to_rest = true,
            None => {}
        }
        for key in HTTP_INTEGRATION.into_iter().filter(|key| integration.get(key).is_some()) {
            self.http(key);
        }
        for key in REST_INTEGRATION.into_iter().filter(|key| integration.get(key).is_some()) {
            self.rest(key);
        }
        let encryption = integration.get("tlsConfig");
        if encryption.is_some_and(|it| it.get("insecureSkipVerification").is_some()) {
            self.rest("insecureSkipVerification");
        }
        for entry in integration.get("requestParameters").map(Node::entries).unwrap_or_default() {
            if entry.key.starts_with("integration.request.") {
                self.rest("integration.request.");
            } else if entry.key.contains(':') {
                self.http("requestParameters");
            }
        }
    }

    fn decide(self) -> Finding {
        let protocol = match self.http.len().cmp(&self.rest.len()) {
            std::cmp::Ordering::Greater => Protocol::Http,
            std::cmp::Ordering::Less => Protocol::Rest,
            std::cmp::Ordering::Equal if self.leans_to_rest => Protocol::Rest,
            std::cmp::Ordering::Equal => Protocol::Http,
        };
        let against = match protocol {
            Protocol::Http => self.rest,
            Protocol::Rest => self.http,
        };
        Finding { protocol, against: against.into_iter().next().map(|evidence| quoted(&evidence)) }
    }
}

fn add(side: &mut Vec<String>, evidence: &str) {
    if !side.iter().any(|known| known == evidence) {
        side.push(evidence.to_owned());
    }
}
