#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

fn with_uri(path: &str, uri: &str) -> String {
    format!(
        "openapi: 3.0.1\npaths:\n  {path}:\n    get:\n      x-amazon-apigateway-integration:\n        \
         type: http_proxy\n        uri: \"{uri}\"\n        requestParameters: \
         {{integration.request.path.key: method.request.path.id}}\n"
    )
}

fn options() -> Options {
    Options {
        stage_variables: [("host", "a.internal:8080"), ("scheme", "http"), ("path", "v1/pets")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into(),
        region: "eu-west-1".to_owned(),
        ..Options::default()
    }
}

#[track_caller]
fn check(uri: &str, expected: &str) {
    let api = api(&with_uri("/{id}/{rest+}", uri), &options());
    let Some(Integration::HttpProxy(proxy)) = api.integrations.values().next() else {
        panic!("no integration");
    };
    assert_eq!(proxy.uri, expected);
}

#[test]
fn a_mapped_variable_has_the_name_of_the_paths() {
    check("https://a/{key}", "https://a/{id}");
    check("https://a/{key}/{rest+}?x={rest}", "https://a/{id}/{rest}?x={rest}");
}

#[test]
fn stage_variables_stand_anywhere() {
    let uri = "${stageVariables.scheme}://${stageVariables.host}/${stageVariables.path}?x={key}";
    check(uri, &uri.replace("key", "id"));
}

#[test]
fn aws_variables_are_put_in() {
    check(
        "https://a/${AWS::Region}/${AWS::AccountId}/{key}",
        "https://a/eu-west-1/123456789012/{id}",
    );
}

#[test]
fn a_stage_variable_that_makes_no_url_is_refused() {
    let text = with_uri("/{id}", "${stageVariables.path}/{key}");
    assert_eq!(
        refused(&text, &options()),
        ["`v1/pets/{id}` is not a URL: it must start with `https://` or `http://`"]
    );
}

#[test]
fn every_wrong_variable_is_reported() {
    let text = with_uri("/{id}", "https://${stageVariables.a}/{b}/{key}/${c}");
    let mut reasons = refused(&text, &options());
    reasons.sort();
    assert_eq!(reasons.len(), 3, "{reasons:?}");
    assert!(reasons.iter().any(|reason| reason == "the path has no variable `b`"), "{reasons:?}");
    assert!(
        reasons.iter().any(|reason| reason.contains("`--stage-variable a=VALUE`")),
        "{reasons:?}"
    );
}
