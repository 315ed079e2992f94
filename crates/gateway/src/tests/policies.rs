//! Resource policies: who may call an API at all.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::rc::Rc;

use serde_json::{Value, json};
use tollgate_policy::{ClientCert, Policy};

use super::{TOKEN, compile, definition, gateway, jwt, open_api, request, send};
use crate::Gateway;

/// A REST API with this policy, of which `/private/{proxy+}` wants a token.
fn api(policy: &Value) -> Value {
    let routes = [("ANY /{proxy+}", "http://b"), ("ANY /private/{proxy+}", "http://b")];
    let mut api = open_api("rest", &routes, &["v1"]);
    api["policy"] = policy.clone();
    api["authorizers"] = json!({ "issuer": jwt(&json!({})) });
    api["routes"]["ANY /private/{proxy+}"]["authorization"] =
        json!({ "jwt": { "authorizer": "issuer" } });
    api
}

fn serving(statements: &Value) -> Gateway {
    let policy = json!({ "Version": "2012-10-17", "Statement": statements });
    gateway(&definition(&[("a", api(&policy))]))
}

fn statement(effect: &str, resource: &str) -> Value {
    json!({
        "Effect": effect,
        "Principal": "*",
        "Action": "execute-api:Invoke",
        "Resource": format!("execute-api:/{resource}"),
    })
}

/// What a caller from an address is told.
#[track_caller]
fn check(gateway: &Gateway, from: &str, path: &str, expected: &str) {
    let mut exchange = request("GET", "a", path, &[]);
    exchange.source_address = from.parse().ok();
    assert_eq!(send(gateway, exchange).to_string(), expected);
}

fn denied(path: &str, how: &str) -> String {
    let arn = format!("arn:aws:execute-api:us-east-1:********9012:a/v1/GET/{path}");
    format!(
        r#"403 {{"Message":"User: anonymous is not authorized to perform: execute-api:Invoke on resource: {arn}{how}"}}"#
    )
}

const EXPLICITLY: &str = " with an explicit deny";

#[test]
fn what_a_policy_does_not_allow_is_refused() {
    let gateway = serving(&json!([
        statement("Allow", "v1/GET/open/*"),
        statement("Deny", "*/*/open/secret*"),
    ]));
    check(&gateway, "10.0.0.1", "/v1/open/x", "GET http://b:80 /");
    check(&gateway, "10.0.0.1", "/v1/other", &denied("other", ""));
    check(&gateway, "10.0.0.1", "/v1/open/secret", &denied("open/secret", EXPLICITLY));
}

#[test]
fn no_spelling_of_a_path_leads_round_a_policy() {
    let gateway = serving(&json!([statement("Allow", "*"), statement("Deny", "*/*/admin/*"),]));
    for path in ["admin/x", "%61dmin/x", "admin%2Fx", "a%64min%2fx", "/admin/x", "admin//x"] {
        check(&gateway, "10.0.0.1", &format!("/v1/{path}"), &denied(path, EXPLICITLY));
    }
    check(&gateway, "10.0.0.1", "/v1/administrators", "GET http://b:80 /");
    let gateway = serving(&json!([statement("Allow", "*/*/open/*")]));
    check(&gateway, "10.0.0.1", "/v1/open%2Fx", &denied("open%2Fx", ""));
    check(&gateway, "10.0.0.1", "/v1/open/x%20y", "GET http://b:80 /");
}

#[test]
fn a_condition_is_about_where_the_client_is() {
    let mut deny = statement("Deny", "*");
    deny["Condition"] = json!({ "NotIpAddress": { "aws:SourceIp": ["10.0.0.0/8"] } });
    let gateway = serving(&json!([statement("Allow", "*"), deny]));
    assert!(gateway.needs().source_address);
    check(&gateway, "10.1.2.3", "/v1/x", "GET http://b:80 /");
    check(&gateway, "11.1.2.3", "/v1/x", &denied("x", EXPLICITLY));
    check(&gateway, "nowhere", "/v1/x", &denied("x", EXPLICITLY));
}

#[test]
fn a_caller_with_a_token_needs_the_policys_word_too() {
    let gateway = serving(&json!([statement("Allow", "*/GET/private/a")]));
    let with_token = |path: &str| {
        let token = format!("Bearer {TOKEN}");
        send(&gateway, request("GET", "a", path, &[("authorization", &token)])).to_string()
    };
    assert_eq!(with_token("/v1/private/a"), "GET http://b:80 /");
    assert_eq!(with_token("/v1/private/b"), denied("private/b", ""));
    // Who has no token is told that, and nothing of the policy.
    check(&gateway, "10.0.0.1", "/v1/private/b", r#"401 {"message":"Unauthorized"}"#);
}

#[test]
fn what_counts_as_a_vpc_endpoint_the_operator_says() {
    let mut deny = statement("Deny", "*");
    deny["Condition"] = json!({ "StringNotEquals": { "aws:SourceVpce": ["vpce-1", "vpce-2"] } });
    let policy = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "*"), deny] });
    let mut all = definition(&[("a", api(&policy))]);
    all["vpc_endpoints"] = json!({
        "vpce-1": { "vpc_id": "vpc-1", "networks": ["10.1.0.0/16"] },
        "vpce-2": { "subjects": ["CN=orders"] },
        "vpce-3": { "networks": ["10.3.0.0/16"] },
    });
    let gateway = gateway(&all);
    check(&gateway, "10.1.2.3", "/v1/x", "GET http://b:80 /");
    check(&gateway, "10.3.2.3", "/v1/x", &denied("x", EXPLICITLY));
    check(&gateway, "10.9.2.3", "/v1/x", &denied("x", EXPLICITLY));

    let mut exchange = request("GET", "a", "/v1/x", &[]);
    exchange.source_address = "10.1.2.3".parse().ok();
    let context = send(&gateway, exchange).exchange.context;
    assert_eq!(
        (context.vpce_id.as_deref(), context.vpc_id.as_deref()),
        (Some("vpce-1"), Some("vpc-1"))
    );

    let endpoints = &gateway.vpc_endpoints;
    let mut exchange = request("GET", "a", "/v1/x", &[]);
    let subject_dn = "CN=orders".to_owned();
    exchange.context.client_cert =
        Some(Rc::new(ClientCert { subject_dn, ..ClientCert::default() }));
    crate::vpc_endpoint::tell(endpoints, &mut exchange);
    assert_eq!(exchange.context.vpce_id.as_deref(), Some("vpce-2"));
}

#[test]
fn a_policy_or_an_endpoint_that_cannot_be_honoured_is_refused() {
    #[track_caller]
    fn refused(definition: &Value, expected: &str) {
        assert_eq!(compile(definition).expect_err("refused").to_string(), expected);
    }
    let wrong = json!({ "Version": "2012-10-17", "Statement": { "Effect": "Maybe" } });
    let error = compile(&definition(&[("a", api(&wrong))])).expect_err("refused");
    assert!(error.field.starts_with("apis.a.policy.Statement"), "{error}");
    let mut http = open_api("http", &[("$default", "http://b")], &["$default"]);
    http["policy"] = json!({ "Version": "2012-10-17", "Statement": [statement("Allow", "*")] });
    refused(&definition(&[("a", http)]), "apis.a.policy: only a REST API has a resource policy");
    let with = |endpoint: Value| {
        let mut all = definition(&[("a", open_api("rest", &[("ANY /", "http://b")], &["v1"]))]);
        all["vpc_endpoints"] = json!({ "vpce-1": endpoint });
        all
    };
    refused(
        &with(json!({})),
        "vpc_endpoints.vpce-1: must say by which `networks` or `subjects` its requests are told",
    );
    refused(
        &with(json!({ "networks": ["10.0.0.0/33"] })),
        "vpc_endpoints.vpce-1.networks[0]: `10.0.0.0/33` is neither an address nor a network such \
         as `203.0.113.0/24`",
    );
    let mut region = definition(&[("a", open_api("rest", &[("ANY /", "http://b")], &["v1"]))]);
    region["region"] = json!("here:there");
    refused(&region, "region: `here:there` is not a region such as `us-east-1`");
}
