use proptest::prelude::*;
use tollgate_gateway::Gateway;
use tollgate_policy::Compile as _;

use super::*;

const DOCUMENT: &str = r##"openapi: 3.0.1
info: {title: Orders, version: "1"}
servers: [{url: "https://{a}/{basePath}", variables: {a: {default: b}, basePath: {default: c}}}]
paths:
  /orders/{id}:
    get: &get
      security: [{issuer: [read]}]
      x-amazon-apigateway-integration: &it
        type: http_proxy
        httpMethod: GET
        uri: https://${stageVariables.host}/{key}
        requestParameters:
          integration.request.path.key: method.request.path.id
          append:header.x-user: $context.authorizer.claims.sub
    put: {security: [{issuer: []}], x-amazon-apigateway-integration: {<<: *it, timeoutInMillis: 100, responseParameters: {"404": {overwrite:statuscode: "410"}}}}
  /a/{id}: {$ref: "#/paths/~1orders~1{id}"}
components:
  securitySchemes:
    issuer: {type: oauth2, x-amazon-apigateway-authorizer: {type: jwt, jwtConfiguration: {issuer: "https://i", audience: [a]}}}
x-amazon-apigateway-cors: {allowOrigins: ["https://a.example.com"], maxAge: 600}
"##;

const REST: &str = r##"swagger: "2.0"
paths:
  /pets/{id}:
    get:
      parameters: [{in: path, name: id, required: true}, {in: body, name: pet, schema: {$ref: "#/definitions/Pet"}}]
      x-amazon-apigateway-request-validator: all
      x-amazon-apigateway-integration:
        type: http
        uri: https://a.internal/{key}/{id}
        requestParameters:
          integration.request.path.key: method.request.path.id
          integration.request.path.id: method.request.header.x-id
          integration.request.header.x-a: "'b'"
        responses:
          "2\\d{2}": {statusCode: "200", responseParameters: {method.response.header.A: integration.response.header.b}}
          default: {statusCode: 502, responseTemplates: {text/plain: $context.requestId}}
    options:
      x-amazon-apigateway-integration:
        type: mock
        requestTemplates: {application/json: "{statusCode: 200}"}
        responses: {default: {statusCode: 204, responseParameters: {method.response.header.A: "'*'"}}}
definitions: {Pet: {type: object, required: [name], properties: {name: {type: string}, of: {$ref: "#/definitions/Pet"}}}}
x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, validateRequestParameters: true}}
x-amazon-apigateway-gateway-responses: {DEFAULT_4XX: {statusCode: 400, responseParameters: {gatewayresponse.header.A: "'*'"}, responseTemplates: {application/json: "{}"}}}
x-amazon-apigateway-minimum-compression-size: 1024
"##;

/// Whatever is refused is refused somewhere, for a reason; whatever is not can be served.
fn holds(text: &str) {
    let options = Options {
        stage_variables: [("host".to_owned(), "a.internal".to_owned())].into(),
        ..Options::default()
    };
    match translate(text, &options) {
        Ok(translation) => {
            let api = translation.definition.apis.values().next().expect("an API");
            assert!(!api.routes.is_empty());
            Gateway::compile(translation.definition).expect("a gateway");
        }
        Err(problems) => {
            assert!(!problems.is_empty());
            for problem in problems {
                assert!(problem.line > 0 && problem.column > 0 && !problem.reason.is_empty());
            }
        }
    }
}

/// The document with some of its words replaced by others of its words.
fn shuffled(document: &'static str) -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        document.split_inclusive([' ', ':', '\n', '{', '}', '[', ']', ',']).collect();
    let count = words.len();
    proptest::collection::vec((0..count, 0..count), 1..6).prop_map(move |swaps| {
        let mut words = words.clone();
        for (one, other) in swaps {
            words.swap(one, other);
        }
        words.concat()
    })
}

/// The document cut, with some bytes replaced.
fn damaged(document: &'static str) -> impl Strategy<Value = String> {
    let replaced = proptest::collection::vec((0..document.len(), any::<u8>()), 0..6);
    (0..=document.len(), replaced).prop_map(move |(length, replaced)| {
        let mut bytes = document.as_bytes().to_vec();
        for (index, byte) in replaced {
            bytes[index] = byte;
        }
        bytes.truncate(length);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

#[test]
fn the_documents_are_served_as_they_are() {
    for document in [DOCUMENT, REST] {
        holds(document);
        let options = Options {
            stage_variables: [("host".to_owned(), "a.internal".to_owned())].into(),
            ..Options::default()
        };
        translate(document, &options).expect("a translation");
    }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_document_with_its_words_shuffled_is_served_or_refused(text in prop_oneof![shuffled(DOCUMENT), shuffled(REST)]) {
        holds(&text);
    }

    #[test]
    fn a_damaged_document_is_served_or_refused(text in prop_oneof![damaged(DOCUMENT), damaged(REST)]) {
        holds(&text);
    }

    #[test]
    fn any_text_is_served_or_refused(text in "[-?:,\\[\\]{}#&*!|>'\"%@` a-c0-9\n\t\\\\]{0,200}") {
        holds(&text);
        holds(&format!("openapi: 3.0.1\npaths:\n  /a:\n    get: {text}\n"));
    }
}
