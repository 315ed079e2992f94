use proptest::prelude::*;

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
    put: {x-amazon-apigateway-integration: {<<: *it, timeoutInMillis: 100}}
  /a: {$ref: "#/paths/~1orders~1{id}"}
components:
  securitySchemes:
    issuer: {type: oauth2, x-amazon-apigateway-authorizer: {type: jwt, jwtConfiguration: {issuer: "https://i", audience: [a]}}}
"##;

/// Whatever is refused is refused somewhere, for a reason; whatever is not has a route.
fn holds(text: &str) {
    let options = Options {
        stage_variables: [("host".to_owned(), "a.internal".to_owned())].into(),
        ..Options::default()
    };
    match translate(text, &options) {
        Ok(translation) => {
            let api = translation.definition.apis.values().next().expect("an API");
            assert!(!api.routes.is_empty());
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
fn shuffled() -> impl Strategy<Value = String> {
    let words: Vec<&str> =
        DOCUMENT.split_inclusive([' ', ':', '\n', '{', '}', '[', ']', ',']).collect();
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
fn damaged() -> impl Strategy<Value = String> {
    let replaced = proptest::collection::vec((0..DOCUMENT.len(), any::<u8>()), 0..6);
    (0..=DOCUMENT.len(), replaced).prop_map(|(length, replaced)| {
        let mut bytes = DOCUMENT.as_bytes().to_vec();
        for (index, byte) in replaced {
            bytes[index] = byte;
        }
        bytes.truncate(length);
        String::from_utf8_lossy(&bytes).into_owned()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..Default::default() })]

    #[test]
    fn a_document_with_its_words_shuffled_is_served_or_refused(text in shuffled()) {
        holds(&text);
    }

    #[test]
    fn a_damaged_document_is_served_or_refused(text in damaged()) {
        holds(&text);
    }

    #[test]
    fn any_text_is_served_or_refused(text in "[-?:,\\[\\]{}#&*!|>'\"%@` a-c0-9\n\t\\\\]{0,200}") {
        holds(&text);
        holds(&format!("openapi: 3.0.1\npaths:\n  /a:\n    get: {text}\n"));
    }
}
