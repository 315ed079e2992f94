//! By what callers are told apart.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Worker, allow, bearing, exchange, request, returns, token};

const UNAUTHORIZED: &str = r#"401 {"message":"Unauthorized"}"#;

/// Whether the function is asked about a request.
#[track_caller]
fn check(kind: &Value, target: &str, fields: &[(&str, &[u8])], expected: bool) {
    let worker = Worker::new(kind, &json!({}));
    let reply = returns(allow("*").to_string());
    let (judged, outcome, asked) = worker.judge(exchange(target, fields), reply);
    assert_eq!(asked, expected, "{kind} {target} {fields:?}: {outcome}");
    assert_eq!(outcome, if expected { "admitted" } else { UNAUTHORIZED });
    assert_eq!(judged.context.authorizer.is_some(), expected);
}

#[test]
fn nobody_is_asked_about_a_request_without_a_token() {
    check(&token(), "/pets", &[("authorization", b"t")], true);
    check(&token(), "/pets", &[("Authorization", b" t ")], true);
    check(&token(), "/pets", &[], false);
    check(&token(), "/pets", &[("authorization", b"")], false);
    check(&token(), "/pets", &[("authorization", b"  ")], false);
    check(&token(), "/pets", &[("authorization", b"t"), ("authorization", b"t")], false);
    check(&token(), "/pets", &[("authorization", b"\xff")], false);
    check(&token(), "/pets?authorization=t", &[], false);
    let other = json!({"token": {"identity_source": "method.request.header.X-Token"}});
    check(&other, "/pets", &[("x-token", b"t")], true);
    check(&other, "/pets", &[("authorization", b"t")], false);
}

#[test]
fn a_token_must_look_like_one_as_a_whole() {
    let looks = |expression: &str| json!({"token": {"identity_validation_expression": expression}});
    let bearer = looks("Bearer [a-z]+|x");
    for (token, expected) in [
        ("Bearer abc", true),
        ("x", true),
        ("Bearer abc1", false),
        ("a Bearer abc", false),
        ("xx", false),
        ("bearer abc", false),
        ("Bearer abc\u{e9}", false),
    ] {
        check(&bearer, "/", &[("authorization", token.as_bytes())], expected);
    }
    // Nested repetition takes no longer for that.
    let long = "a".repeat(5_000) + "!";
    check(&looks("(a+)+"), "/", &[("authorization", long.as_bytes())], false);
}

#[test]
fn every_identity_source_of_an_http_api_must_be_there() {
    let sources = [
        "$request.header.X-User",
        "$request.querystring.Key",
        "$context.httpMethod",
        "$context.identity.sourceIp",
    ];
    for format in ["1.0", "2.0"] {
        let kind = request(format, &sources);
        check(&kind, "/pets?Key=1", &[("x-user", b"me")], true);
        check(&kind, "/pets?a=b&Key=%31", &[("x-user", b"\xff")], true);
        check(&kind, "/pets?key=1", &[("x-user", b"me")], false);
        check(&kind, "/pets?Key=", &[("x-user", b"me")], false);
        check(&kind, "/pets?Key", &[("x-user", b"me")], false);
        check(&kind, "/pets?Key=1&Key=2", &[("x-user", b"me")], false);
        check(&kind, "/pets?Key=1&%4bey=2", &[("x-user", b"me")], false);
        check(&kind, "/pets?Key=1", &[("x-user", b"")], false);
        check(&kind, "/pets?Key=1", &[], false);
        check(&kind, "/pets?Key=1;Key=2", &[("x-user", b"me")], true);
        // What has no value in this stage.
        let kind = request(format, &["$stageVariables.tenant"]);
        check(&kind, "/pets", &[], false);
        check(&request(format, &[]), "/pets", &[], true);
    }
}

#[test]
fn every_identity_source_of_a_rest_api_must_be_there() {
    let sources =
        ["method.request.header.X-User", "method.request.querystring.Key", "context.stage"];
    let kind = request("rest", &sources);
    check(&kind, "/pets?Key=1", &[("x-user", b"me")], true);
    check(&kind, "/pets?a=b;Key=1", &[("x-user", b"me")], true);
    check(&kind, "/pets?Key=1;Key=2", &[("x-user", b"me")], false);
    check(&kind, "/pets?Key=1", &[("x-user", b"me"), ("X-User", b"you")], false);
    check(&kind, "/pets", &[("x-user", b"me")], false);
    check(&request("rest", &["stageVariables.tenant"]), "/pets", &[], false);
    check(&request("rest", &[]), "/pets", &[], true);
}

#[test]
fn the_arn_of_a_method_may_be_so_long() {
    let worker = Worker::new(&token(), &json!({}));
    let before = super::ARN.len() - "pets".len();
    for (letters, expected) in [(1_600, "asks"), (1_601, r#"414 {"message":"URI Too Long"}"#)] {
        let target = format!("/{}", "a".repeat(letters - before));
        let (_, verdict) = worker.send(exchange(&target, &[("authorization", b"t")]));
        assert_eq!(super::text(&verdict), expected, "{letters}");
    }
    let worker = Worker::new(&request("2.0", &[]), &json!({}));
    let (_, verdict) = worker.send(exchange(&format!("/{}", "a".repeat(5_000)), &[]));
    assert_eq!(super::text(&verdict), "asks");
}

#[test]
fn a_token_is_shown_to_nobody() {
    let worker = Worker::new(&token(), &json!({"ttl_secs": 300}));
    let (sent, _) = worker.send(bearing("secret-token"));
    let mut follower = worker.send(bearing("secret-token")).0;
    let shown = format!("{:?} {:?} {:?}", sent.notes, follower.notes, worker.authorizer);
    assert!(!shown.contains("secret") && !shown.contains("115, 101, 99"), "{shown}");
    drop(sent);
    let _ = worker.wake(&mut follower);
    let _ = worker.reply(&mut follower, returns(super::deny("*").to_string()));
    let shown = format!("{:?} {:?}", worker.authorizer, follower.exchange.context);
    assert!(!shown.contains("secret") && !shown.contains("115, 101, 99"), "{shown}");
    assert!(worker.host.logged().is_empty());
}
