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
    // What is written wrong is meant to ask for something.
    for root in ["{issuer: []}", "[issuer]", "issuer", "{}", "[{}, {issuer: []}]", "[[]]"] {
        let root = format!("security: {root}");
        assert_eq!(refused(&with(&root, ""), &Options::default()).len(), 1, "{root}");
    }
    for root in ["[]", "[{}]"] {
        assert!(is_open(&format!("security: {root}"), ""), "{root}");
    }
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

#[test]
fn a_token_is_where_its_scheme_says_unless_the_authorizer_says_otherwise() {
    #[track_caller]
    fn check(authorizer: &str, expected: &str) {
        let schemes = format!(
            "securityDefinitions: {{who: {{type: apiKey, name: X-Token, in: header, \
             x-amazon-apigateway-authorizer: {{{authorizer}}}}}}}"
        );
        let text = document(&format!("swagger: '2.0'\n{schemes}"), "/a", "security: [{who: []}]");
        let api = api(&text, &Options::default());
        let said = serde_json::to_string(&api.authorizers["who"]).expect("JSON");
        assert!(said.contains(expected), "{said}");
    }
    let uri = "authorizerUri: 'arn:aws:lambda:us-east-1:123456789012:function:auth'";
    check(&format!("type: token, {uri}"), "method.request.header.X-Token");
    let source = "identitySource: method.request.header.Other";
    check(&format!("type: token, {uri}, {source}"), "method.request.header.Other");
    let pool = "providerARNs: ['arn:aws:cognito-idp:us-east-1:123456789012:userpool/us-east-1_a']";
    check(&format!("type: cognito_user_pools, {pool}"), "$request.header.X-Token");
}

#[test]
fn a_policy_speaks_of_the_partition_of_its_region() {
    let policy = "x-amazon-apigateway-policy: {Version: '2012-10-17', Statement: {Effect: Deny, \
                  Principal: '*', Action: 'execute-api:Invoke', \
                  Resource: 'arn:${AWS::Partition}:execute-api:${AWS::Region}:${AWS::AccountId}:*'}}";
    let text = document(&format!("swagger: '2.0'\n{policy}"), "/a", "");
    let options = Options { region: "cn-north-1".to_owned(), ..Options::default() };
    let policy = api(&text, &options).policy.expect("a policy").to_string();
    assert!(policy.contains("arn:aws-cn:execute-api:cn-north-1:123456789012:*"), "{policy}");
}
