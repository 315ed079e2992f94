//! Routes whose callers a function lets in.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Policy, Response, Verdict};

use super::{NOW, Sent, compile, definition, gateway, open_api, request};
use crate::{Gateway, Notes};

const KEY: &str = "ANY /{proxy+}";

/// An authorizer of a REST API that reads a token, and keeps answers for a minute.
fn token() -> Value {
    json!({ "lambda": {
        "service": { "lambda": { "name": "auth", "endpoint": "http://127.0.0.1:9001" } },
        "kind": { "token": {} },
        "ttl_secs": 60,
    } })
}

/// One of an HTTP API that answers yes or no.
fn simple() -> Value {
    json!({ "lambda": {
        "service": { "http": { "uri": "http://127.0.0.1:9002/check" } },
        "kind": { "request": {
            "format": "2.0",
            "identity_sources": ["$request.header.authorization"],
            "simple_responses": true,
        } },
    } })
}

fn api(protocol: &str, authorizer: Value) -> Value {
    let mut api = open_api(protocol, &[(KEY, "http://b")], &["v1"]);
    api["authorizers"] = json!({ "who": authorizer });
    api["routes"][KEY]["authorization"] = json!({ "lambda": { "authorizer": "who" } });
    api
}

fn serving(api: Value) -> Gateway {
    gateway(&definition(&[("a", api)]))
}

fn with_token(path: &str) -> Exchange {
    request("GET", "a", path, &[("authorization", "secret")])
}

/// Sends a request whose authorizer answers this, if it is asked. Whether it was is said first.
fn send(gateway: &Gateway, mut exchange: Exchange, status: u16, answer: &str) -> (bool, Sent) {
    let (mut notes, host) = (Notes::default(), FakeHost::at(NOW));
    let mut verdict = gateway.on_request(&mut notes, &mut exchange, &host);
    let mut is_asked = false;
    if matches!(verdict, Verdict::Call(_)) {
        is_asked = true;
        let headers = Headers::from_iter([("x-amzn-requestid", "1")]);
        let reply = Response { status, headers, body: answer.as_bytes().to_vec() };
        let later = FakeHost::at(NOW.after(Duration::from_millis(5)));
        verdict = gateway.on_reply(&mut notes, &mut exchange, Some(reply), &later);
    }
    (is_asked, Sent { exchange, notes, verdict })
}

fn policy(effect: &str, resource: &str) -> String {
    json!({
        "principalId": "ann",
        "policyDocument": { "Version": "2012-10-17", "Statement": [{
            "Action": "execute-api:Invoke",
            "Effect": effect,
            "Resource": format!("arn:aws:execute-api:us-east-1:123456789012:a/v1/{resource}"),
        }] },
        "context": { "tenant": "t1" },
        "usageIdentifierKey": "the-key",
    })
    .to_string()
}

const GOES_ON: &str = "GET http://b:80 /";

#[test]
fn a_policy_lets_the_caller_in_and_is_asked_anew_of_every_method() {
    let gateway = serving(api("rest", token()));
    let (asked, sent) = send(&gateway, with_token("/v1/a"), 200, &policy("Allow", "GET/a"));
    assert_eq!((asked, sent.to_string().as_str()), (true, GOES_ON));
    let caller = sent.exchange.context.authorizer.expect("a caller");
    assert_eq!(caller.principal_id.as_deref(), Some("ann"));
    assert_eq!(caller.context["tenant"], "t1");
    let (asked, sent) = send(&gateway, with_token("/v1/b"), 500, "");
    let denied = r#"403 {"Message":"User is not authorized to access this resource"}"#;
    assert_eq!((asked, sent.to_string().as_str()), (false, denied));
    let (asked, sent) = send(&gateway, with_token("/v1/a"), 500, "");
    assert_eq!((asked, sent.to_string().as_str()), (false, GOES_ON));
}

#[test]
fn an_answer_for_one_stage_is_none_for_another() {
    let mut both = api("rest", token());
    both["stages"] = json!({ "v1": {}, "v2": {} });
    let gateway = serving(both);
    let everything = policy("Allow", "*").replace("a/v1/*", "*");
    let (asked, sent) = send(&gateway, with_token("/v1/a"), 200, &everything);
    assert_eq!((asked, sent.to_string().as_str()), (true, GOES_ON));
    let (asked, sent) = send(&gateway, with_token("/v2/a"), 200, &policy("Deny", "*"));
    assert!(asked && sent.to_string().starts_with("403"), "{sent}");
    let (asked, _) = send(&gateway, with_token("/v1/a"), 500, "");
    assert!(!asked);
}

#[test]
fn no_spelling_of_a_path_leads_round_what_a_policy_denies() {
    let gateway = serving(api("rest", token()));
    let answer = json!({
        "principalId": "ann",
        "policyDocument": { "Version": "2012-10-17", "Statement": [
            { "Action": "*", "Effect": "Allow", "Resource": "*" },
            { "Action": "*", "Effect": "Deny", "Resource": "arn:aws:execute-api:*:*:a/v1/*/admin*" },
        ] },
    });
    for path in ["/v1/admin", "/v1/%61dmin", "/v1//admin"] {
        let (_, sent) = send(&gateway, with_token(path), 200, &answer.to_string());
        let denied = "403 {\"Message\":\"User is not authorized to access this resource with an explicit deny\"}";
        assert_eq!(sent.to_string(), denied, "{path}");
    }
}

#[test]
fn who_is_refused_is_told_so_in_the_words_of_the_apis_kind() {
    #[track_caller]
    fn check(api: Value, exchange: Exchange, status: u16, answer: &str, expected: &str) {
        let (_, sent) = send(&serving(api), exchange, status, answer);
        assert_eq!(sent.to_string(), expected);
    }
    let (rest, http) = (|| api("rest", token()), || api("http", simple()));
    let nobody = || request("GET", "a", "/v1/a", &[]);
    let unauthorized = r#"401 {"message":"Unauthorized"}"#;
    check(rest(), nobody(), 200, "", unauthorized);
    check(http(), nobody(), 200, "", unauthorized);
    check(rest(), with_token("/v1/a"), 200, "{}", r#"500 {"message":null}"#);
    let broken = r#"500 {"message":"Internal Server Error"}"#;
    check(http(), with_token("/v1/a"), 200, "[]", broken);
    check(http(), with_token("/v1/a"), 503, "", broken);
    let forbidden = r#"403 {"message":"Forbidden"}"#;
    check(http(), with_token("/v1/a"), 200, r#"{"isAuthorized":false}"#, forbidden);
    check(http(), with_token("/v1/a"), 200, r#"{"isAuthorized":true}"#, GOES_ON);
}

#[test]
fn requests_that_are_the_same_wait_for_one_answer() {
    let gateway = serving(api("rest", token()));
    let host = FakeHost::at(NOW);
    let begin = |path| {
        let (mut notes, mut exchange) = (Notes::default(), with_token(path));
        let verdict = gateway.on_request(&mut notes, &mut exchange, &host);
        (notes, exchange, verdict)
    };
    let (mut first, mut exchange, verdict) = begin("/v1/a");
    assert!(matches!(verdict, Verdict::Call(_)), "{verdict:?}");
    let (mut second, mut other, verdict) = begin("/v1/b");
    assert!(matches!(verdict, Verdict::Wait(_)), "{verdict:?}");
    assert!(!gateway.is_pressed());
    let body = policy("Allow", "GET/a").into_bytes();
    let headers = Headers::from_iter([("x-amzn-requestid", "1")]);
    let reply = Response { status: 200, headers, body };
    let verdict = gateway.on_reply(&mut first, &mut exchange, Some(reply), &host);
    assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
    assert!(gateway.is_pressed() && gateway.work(&host).news);
    let verdict = gateway.on_wake(&mut second, &mut other, &host);
    assert!(matches!(verdict, Verdict::Respond(response) if response.status == 403));
}

#[test]
fn a_resource_policy_and_an_authorizer_decide_together() {
    #[track_caller]
    fn check(statement: Option<&str>, answer: &str, is_asked: bool, expected: &str) {
        let mut api = api("rest", token());
        if let Some(effect) = statement {
            api["policy"] = json!({ "Version": "2012-10-17", "Statement": [{
                "Effect": effect, "Principal": "*", "Action": "execute-api:Invoke",
                "Resource": "execute-api:/v1/GET/a",
            }] });
        }
        let (asked, sent) = send(&serving(api), with_token("/v1/a"), 200, answer);
        assert_eq!(asked, is_asked);
        assert!(sent.to_string().starts_with(expected), "{sent}");
    }
    let silent = policy("Allow", "GET/other");
    check(Some("Allow"), &silent, true, "GET");
    check(None, &silent, true, "403");
    check(Some("Allow"), &policy("Deny", "GET/a"), true, "403");
    check(Some("Deny"), &policy("Allow", "GET/a"), false, "403");
}

#[test]
fn the_callers_key_may_come_from_the_authorizer() {
    let mut api = api("rest", token());
    api["api_key_source"] = json!("authorizer");
    api["routes"][KEY]["api_key_required"] = json!(true);
    let mut all = definition(&[("a", api)]);
    all["usage_plans"] = json!({ "p": { "api_stages": [{ "api": "a", "stage": "v1" }] } });
    // The SHA-256 of `the-key`.
    let sha256 = "ad44dc8e51cfbfa55e81ddbb626b466241069045066846e7e4cd096131505290";
    all["api_keys"] = json!({ "k": { "sha256": sha256, "usage_plans": ["p"] } });
    let gateway = gateway(&all);
    let (_, sent) = send(&gateway, with_token("/v1/a"), 200, &policy("Allow", "*"));
    assert_eq!(sent.to_string(), GOES_ON);
}

#[test]
fn a_function_is_told_the_method_by_its_arn() {
    #[track_caller]
    fn check(api: Value, path: &str, field: &str, expected: &str) {
        let gateway = serving(api);
        let (mut notes, mut exchange) = (Notes::default(), with_token(path));
        let verdict = gateway.on_request(&mut notes, &mut exchange, &FakeHost::at(NOW));
        let Verdict::Call(call) = verdict else { panic!("{verdict:?}") };
        let event: Value = serde_json::from_slice(&call.body).expect("an event");
        let start = "arn:aws:execute-api:us-east-1:123456789012:a/";
        assert_eq!(event[field], format!("{start}{expected}"));
    }
    check(api("rest", token()), "/v1/a/b", "methodArn", "v1/GET/a/b");
    check(api("http", simple()), "/v1/a/b", "routeArn", "v1/GET/{proxy+}");
}

#[test]
fn an_authorizer_that_is_not_of_the_apis_kind_is_refused() {
    #[track_caller]
    fn refused(api: Value, expected: &str) {
        let error = compile(&definition(&[("a", api)])).expect_err("refused").to_string();
        assert_eq!(error, expected);
    }
    refused(
        api("http", token()),
        "apis.a.authorizers.who.lambda.kind: only a REST API has authorizers that read a token alone",
    );
    let mut jwt = api("rest", token());
    jwt["routes"][KEY]["authorization"] = json!({ "jwt": { "authorizer": "who" } });
    refused(
        jwt,
        "apis.a.routes.ANY /{proxy+}.authorization.jwt.authorizer: `who` is not a JWT authorizer",
    );
    let mut none = api("rest", token());
    none["routes"][KEY]["authorization"] = json!({ "lambda": { "authorizer": "other" } });
    refused(
        none,
        "apis.a.routes.ANY /{proxy+}.authorization.lambda.authorizer: there is no authorizer `other`",
    );
}
