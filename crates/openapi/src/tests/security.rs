#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use tollgate_gateway::definition::Authorization;

use super::*;

fn with(root: &str, operation: &str) -> String {
    let schemes = "components: {securitySchemes: {issuer: {type: oauth2, \
                   x-amazon-apigateway-authorizer: {type: jwt, \
                   jwtConfiguration: {issuer: 'https://i.example.com', audience: [a]}}}}}";
    document(&format!("openapi: 3.0.1\n{schemes}\n{root}"), "/a", operation)
}

#[track_caller]
fn is_open(root: &str, operation: &str) -> bool {
    let api = api(&with(root, operation), &Options::default());
    let route = api.routes.values().next().expect("a route");
    route.authorization == Authorization::None
}

#[test]
fn an_operation_is_open_where_nothing_is_required() {
    assert!(is_open("", ""));
    assert!(is_open("", "security: []"));
    assert!(is_open("security: []", ""));
    assert!(is_open("security: [{}]", ""));
    assert!(is_open("", "security: [{NONE: []}]"));
    assert!(is_open("", "x-amazon-apigateway-auth: {type: NONE}"));
}

#[test]
fn an_operation_is_closed_where_a_scheme_is_required() {
    assert!(!is_open("", "security: [{issuer: []}]"));
    assert!(!is_open("security: [{issuer: []}]", "security: [{issuer: [a]}]"));
}

#[test]
fn security_of_the_whole_document_never_leaves_an_operation_open_unsaid() {
    let root = "security: [{issuer: []}]";
    assert!(is_open(root, "security: []"));
    assert!(is_open(root, "x-amazon-apigateway-auth: {type: NONE}"));
    assert_eq!(refused(&with(root, ""), &Options::default()).len(), 1);
}

#[test]
fn a_scheme_called_none_is_a_scheme() {
    let text = with("", "security: [{NONE: []}]").replace("issuer: {type", "NONE: {type");
    let api = api(&text, &Options::default());
    let route = api.routes.values().next().expect("a route");
    assert!(matches!(&route.authorization, Authorization::Jwt(jwt) if jwt.authorizer == "NONE"));
}

#[test]
fn an_authorizer_that_no_operation_names_is_left_out() {
    assert!(api(&with("", ""), &Options::default()).authorizers.is_empty());
}
