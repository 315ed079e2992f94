//! Callers, as events have them.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_mapping::Dialect;
use tollgate_policy::{Authorizer, AuthorizerKind, ClientCert, Identity};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{exchange, v1, v2};

/// `requestContext.authorizer` of a REST API, of format 1.0 and of format 2.0.
#[track_caller]
fn check(authorizer: Option<Authorizer>, rest: &Value, first: &Value, second: &Value) {
    let mut exchange = exchange("/prod/pets/7", &[]);
    exchange.context.authorizer = authorizer;
    let of = |event: Value| event["requestContext"].get("authorizer").cloned();
    let there = |expected: &Value| (!expected.is_null()).then(|| expected.clone());
    assert_eq!(of(v1(&exchange, "/", Dialect::Rest)), there(rest));
    assert_eq!(of(v1(&exchange, "/", Dialect::Http)), there(first));
    assert_eq!(of(v2(&exchange)), there(second));
}

fn claims(value: &Value) -> std::rc::Rc<tollgate_policy::Claims> {
    value.as_object().cloned().unwrap().into()
}

#[test]
fn nothing_is_said_of_a_caller_whom_nobody_has_asked() {
    check(None, &json!(null), &json!(null), &json!(null));
}

#[test]
fn claims_are_text_and_scopes_a_list() {
    let known = claims(&json!({"sub": "me", "n": 3, "groups": ["a", "b"], "ok": true}));
    let told = json!({"sub": "me", "n": "3", "groups": "[a b]", "ok": "true"});
    let jwt = |scopes: Option<&[&str]>| Authorizer {
        kind: AuthorizerKind::Jwt,
        claims: known.clone(),
        scopes: scopes.map(|all| all.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>().into()),
        ..Authorizer::default()
    };
    let first = json!({"claims": told, "scopes": ["a", "b"]});
    check(Some(jwt(Some(&["a", "b"]))), &first, &first, &json!({"jwt": first}));
    let first = json!({"claims": told, "scopes": null});
    check(Some(jwt(None)), &first, &first, &json!({"jwt": first}));
    let cognito = Authorizer { kind: AuthorizerKind::Cognito, ..jwt(None) };
    let claims = json!({"claims": told});
    check(Some(cognito), &claims, &claims, &json!({"jwt": {"claims": told, "scopes": null}}));
}

#[test]
fn what_a_function_said_of_a_caller_is_told() {
    let lambda = Authorizer {
        kind: AuthorizerKind::Lambda,
        principal_id: Some("user-1".into()),
        context: claims(&json!({"s": "text", "n": 1, "b": true})),
        latency: Some(Duration::from_micros(12_900)),
        ..Authorizer::default()
    };
    check(
        Some(lambda),
        &json!({
            "principalId": "user-1", "integrationLatency": 12, "s": "text", "n": "1", "b": "true",
        }),
        &json!({
            "principalId": "user-1", "claims": null, "scopes": null,
            "s": "text", "n": "1", "b": "true",
        }),
        &json!({"lambda": {"s": "text", "n": 1, "b": true}}),
    );
    let silent = Authorizer { kind: AuthorizerKind::Lambda, ..Authorizer::default() };
    check(
        Some(silent),
        &json!({"integrationLatency": 0}),
        &json!({"claims": null, "scopes": null}),
        &json!({"lambda": null}),
    );
}

#[test]
fn a_caller_who_has_signed_is_told() {
    let mut exchange = exchange("/prod/pets/7", &[]);
    exchange.context.identity = Some(Identity {
        access_key: "AKIDEXAMPLE".into(),
        account_id: "123456789012".into(),
        user_id: "AIDAEXAMPLE".into(),
        user_arn: "arn:aws:iam::123456789012:user/ann".into(),
        principal_org_id: None,
    });
    let first = v1(&exchange, "/", Dialect::Rest)["requestContext"].clone();
    assert_eq!(first.get("authorizer"), None);
    for (name, value) in [
        ("accessKey", json!("AKIDEXAMPLE")),
        ("accountId", json!("123456789012")),
        ("caller", json!("AIDAEXAMPLE")),
        ("user", json!("AIDAEXAMPLE")),
        ("userArn", json!("arn:aws:iam::123456789012:user/ann")),
        ("principalOrgId", json!(null)),
        ("cognitoIdentityId", json!(null)),
    ] {
        assert_eq!(first["identity"][name], value, "{name}");
    }
    assert_eq!(
        v2(&exchange)["requestContext"]["authorizer"],
        json!({"iam": {
            "accessKey": "AKIDEXAMPLE",
            "accountId": "123456789012",
            "callerId": "AIDAEXAMPLE",
            "cognitoIdentity": null,
            "principalOrgId": null,
            "userArn": "arn:aws:iam::123456789012:user/ann",
            "userId": "AIDAEXAMPLE",
        }})
    );
}

#[test]
fn a_vpc_endpoint_is_told_where_a_request_came_through_one() {
    let mut exchange = exchange("/prod/pets/7", &[]);
    exchange.context.vpc_id = Some("vpc-2".into());
    exchange.context.vpce_id = Some("vpce-1".into());
    let identity = &v1(&exchange, "/", Dialect::Rest)["requestContext"]["identity"];
    assert_eq!([&identity["vpcId"], &identity["vpceId"]], ["vpc-2", "vpce-1"]);
}

#[test]
fn an_api_key_is_told_where_a_plan_knows_it() {
    let mut exchange = exchange("/prod/pets/7", &[("x-api-key", b"secret")]);
    let identity =
        |exchange: &_| v1(exchange, "/", Dialect::Rest)["requestContext"]["identity"].clone();
    assert_eq!(identity(&exchange).get("apiKey"), None);
    assert_eq!(identity(&exchange).get("apiKeyId"), None);
    exchange.context.api_key_id = Some("k1".into());
    assert_eq!(identity(&exchange)["apiKey"], "secret");
    assert_eq!(identity(&exchange)["apiKeyId"], "k1");
    exchange.context.authorizer = Some(Authorizer {
        usage_identifier_key: Some("of the authorizer".into()),
        ..Authorizer::default()
    });
    assert_eq!(identity(&exchange)["apiKey"], "of the authorizer");
}

#[test]
fn a_certificate_is_told_where_there_is_one() {
    let mut exchange = exchange("/prod/pets/7", &[]);
    let identity =
        |exchange: &_| v1(exchange, "/", Dialect::Http)["requestContext"]["identity"].clone();
    assert_eq!(identity(&exchange).get("clientCert"), None);
    assert_eq!(v2(&exchange)["requestContext"].get("authentication"), None);
    exchange.context.client_cert = Some(
        ClientCert {
            client_cert_pem: "-----BEGIN".to_owned(),
            subject_dn: "CN=me".to_owned(),
            issuer_dn: "CN=root".to_owned(),
            serial_number: "a1:0b".to_owned(),
            not_before: "May 28 12:30:02 2019 GMT".to_owned(),
            not_after: "Aug  5 09:36:04 2021 GMT".to_owned(),
        }
        .into(),
    );
    let told = json!({
        "clientCertPem": "-----BEGIN",
        "subjectDN": "CN=me",
        "issuerDN": "CN=root",
        "serialNumber": "a1:0b",
        "validity": {
            "notBefore": "May 28 12:30:02 2019 GMT", "notAfter": "Aug  5 09:36:04 2021 GMT",
        },
    });
    assert_eq!(identity(&exchange)["clientCert"], told);
    assert_eq!(v2(&exchange)["requestContext"]["authentication"], json!({"clientCert": told}));
}
