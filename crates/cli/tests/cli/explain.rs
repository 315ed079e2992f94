//! `explain`: what the gateway would do with a request.

use std::fs;

use serde_json::Value;

use crate::shell::{Outcome, argument, folder, run};

const ORDERS: &str = r#"
openapi: 3.0.1
info:
  title: Orders
  version: "1"
paths:
  /orders/{id}:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: http://127.0.0.1:8081/o/{id}
        payloadFormatVersion: "1.0"
    put:
      security:
        - customers: ["orders:write"]
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: PUT
        uri: http://127.0.0.1:8081/o/{id}
        payloadFormatVersion: "1.0"
        requestParameters:
          overwrite:header.x-user-id: $context.authorizer.claims.sub
components:
  securitySchemes:
    customers:
      type: oauth2
      flows: {}
      x-amazon-apigateway-authorizer:
        type: jwt
        identitySource: $request.header.Authorization
        jwtConfiguration:
          issuer: https://issuer.example
          audience: [orders]
"#;

fn explain(options: &[&str]) -> Outcome {
    let folder = folder();
    let path = folder.path().join("api.yaml");
    fs::write(&path, ORDERS).expect("a document");
    run(&[&["explain", argument(&path)], options].concat())
}

/// The text, without what is different every time.
fn text(options: &[&str]) -> String {
    let outcome = explain(options);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let is_same = |line: &&str| !["trace", "requestid"].iter().any(|name| line.contains(name));
    outcome.stdout.lines().filter(is_same).collect::<Vec<_>>().join("\n")
}

#[test]
fn every_step_says_what_it_decides_and_what_the_integration_gets() {
    assert_eq!(
        text(&["/orders/7?full=1", "-H", "Accept: text/html"]),
        "API          `orders`\n\
         stage        `$default`\n\
         route        `GET /orders/{id}`, id = `7`\n\
         throttle     the limits of the client, the route and the account have a token each\n\
         authorizer   anyone may call the route\n\
         API key      none is needed\n\
         integration  the request goes on\n\
         \n\
         > GET /o/7?full=1 to http://127.0.0.1:8081\n\
         > host: 127.0.0.1:8081\n\
         > accept: text/html"
    );
}

#[test]
fn a_claim_stands_for_a_token_that_is_good() {
    let put = ["/orders/7", "-X", "PUT", "-d", "{}"];
    let text = text(&[&put[..], &["--claim", "sub=me"]].concat());
    assert!(text.contains("> x-user-id: me\n"), "{text}");
    assert!(text.ends_with(">\n> {}"), "{text}");
    let text = self::text(&put);
    assert!(text.contains("< 401\n"), "{text}");
    assert!(text.contains(
        "authorizer  `customers` wants a token with one of the scopes `orders:write`: no token"
    ));
}

#[test]
fn what_only_a_server_could_tell_is_said_to_be_unknown() {
    // A header and claims that are well-formed; the key would have to be fetched.
    let token = "eyJhbGciOiJSUzI1NiIsImtpZCI6IjEifQ.eyJpc3MiOiJodHRwczovL2lzc3Vlci5leGFtcGxlIiwiYXVkIjoib3JkZXJzIiwiZXhwIjo0MTAyNDQ0ODAwfQ.AAAA";
    let header = format!("Authorization: Bearer {token}");
    let text = text(&["/orders/7", "-X", "PUT", "-H", &header]);
    assert!(text.contains("would fetch the keys of its issuer"), "{text}");
    assert!(text.ends_with("with `--claim NAME=VALUE`"), "{text}");
}

#[test]
fn machines_get_the_same() {
    let outcome = explain(&["/nowhere", "--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(report["steps"][2]["step"], "route");
    assert_eq!(report["response"]["line"], "404");
    assert_eq!(report["response"]["body"], r#"{"message":"Not Found"}"#);
    assert_eq!(report.get("integration_request"), None);
}

#[test]
fn what_is_no_request_is_refused() {
    let outcome = explain(&["orders"]);
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("`orders` is no path: it begins with a slash"));
    let outcome = explain(&["/", "-H", "no field"]);
    assert_eq!(outcome.code, 2);
    assert!(outcome.stderr.contains("must be `Name: value`"), "{}", outcome.stderr);
}

const FUNCTIONS: &str = r#"
swagger: "2.0"
info: {title: Functions, version: "1"}
paths:
  /orders:
    get:
      security: [{who: []}]
      x-amazon-apigateway-integration: &function
        type: aws_proxy
        httpMethod: POST
        uri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:orders/invocations
    put:
      security: [{iam: []}]
      x-amazon-apigateway-integration: *function
securityDefinitions:
  iam: {type: apiKey, name: Authorization, in: header, x-amazon-apigateway-authtype: awsSigv4}
  who:
    type: apiKey
    name: Authorization
    in: header
    x-amazon-apigateway-authorizer:
      type: token
      authorizerUri: arn:aws:apigateway:us-east-1:lambda:path/2015-03-31/functions/arn:aws:lambda:us-east-1:123456789012:function:auth/invocations
"#;

#[test]
fn what_functions_are_told_is_shown() {
    let folder = folder();
    let path = folder.path().join("api.yaml");
    fs::write(&path, FUNCTIONS).expect("a document");
    let explain = |options: &[&str]| {
        let place = ["explain", argument(&path), "--lambda-endpoint", "http://127.0.0.1:9000"];
        let outcome = run(&[&place[..], options].concat());
        assert_eq!(outcome.code, 0, "{}", outcome.stderr);
        outcome.stdout
    };
    let asked = explain(&["/prod/orders", "-H", "Authorization: secret"]);
    let arn = "arn:aws:execute-api:us-east-1:123456789012:functions/prod/GET/orders";
    let event = format!(
        r#"`who` asks a function, and would be told {{"type":"TOKEN","methodArn":"{arn}","authorizationToken":"secret"}}"#
    );
    assert!(asked.contains(&event), "{asked}");
    let answered = explain(&["/prod/orders", "--claim", "tenant=t1"]);
    assert!(answered.contains("integration  a function gets the event"), "{answered}");
    let line = "> POST /2015-03-31/functions/orders/invocations to http://127.0.0.1:9000";
    assert!(answered.contains(line), "{answered}");
    assert!(answered.contains(r#""tenant":"t1""#), "{answered}");
    let unsigned = explain(&["/prod/orders", "-X", "PUT"]);
    assert!(unsigned.contains("authorizer  it takes a signature"), "{unsigned}");
    assert!(unsigned.contains("< 403"), "{unsigned}");
}

#[test]
fn a_policy_speaks_of_the_account_that_is_served() {
    let folder = folder();
    let (path, overlay) = (folder.path().join("api.yaml"), folder.path().join("o.yaml"));
    let document = r#"
swagger: "2.0"
info: {title: Orders, version: "1"}
x-amazon-apigateway-policy:
  Version: "2012-10-17"
  Statement:
  - {Effect: Allow, Principal: "*", Action: "execute-api:Invoke", Resource: "*"}
  - {Effect: Deny, Principal: "*", Action: "execute-api:Invoke", Resource: "arn:aws:execute-api:${AWS::Region}:${AWS::AccountId}:*/prod/GET/orders"}
paths:
  /orders:
    get:
      x-amazon-apigateway-integration: {type: http_proxy, httpMethod: GET, uri: "https://orders.internal/"}
"#;
    fs::write(&path, document).expect("a document");
    fs::write(&overlay, "tollgate: 1\naccountId: \"210987654321\"\n").expect("an overlay");
    let place = ["explain", argument(&path), "/prod/orders", "--overlay", argument(&overlay)];
    for more in [&[][..], &["--account-id", "555555555555"]] {
        let outcome = run(&[&place[..], more].concat());
        assert!(outcome.stdout.contains("< 403"), "{}{}", outcome.stdout, outcome.stderr);
    }
}
