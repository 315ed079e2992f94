//! What an answer comes to.

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::{AuthorizerKind, Fault};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{
    ARN, Worker, allow, bearing, deny, exchange, fails, policy, request, returns, simple,
    statement, status, token, with,
};

const REST_401: &str = r#"401 {"message":"Unauthorized"}"#;
const REST_403: &str = r#"403 {"Message":"User is not authorized to access this resource"}"#;
const REST_DENIED: &str =
    r#"403 {"Message":"User is not authorized to access this resource with an explicit deny"}"#;
const REST_500: &str = r#"500 {"message":null}"#;
const HTTP_401: &str = r#"401 {"message":"Unauthorized"}"#;
const HTTP_403: &str = r#"403 {"message":"Forbidden"}"#;
const HTTP_500: &str = r#"500 {"message":"Internal Server Error"}"#;

const ADMITTED: &str = "admitted";

fn v1() -> Value {
    request("1.0", &["$request.header.authorization"])
}

fn v2() -> Value {
    request("2.0", &["$request.header.authorization"])
}

/// What becomes of a request about which the function replies this, for each kind of authorizer that
/// gets policies: REST APIs and format 1.0, format 2.0.
#[track_caller]
fn check_policy(answer: &Value, flat: [&str; 2], nested: &str) {
    let reply = || returns(answer.to_string());
    let [rest, http] = flat;
    let rest_request = request("rest", &["method.request.header.authorization"]);
    for (kind, expected) in [(token(), rest), (rest_request, rest), (v1(), http), (v2(), nested)] {
        let (_, outcome, asked) = Worker::new(&kind, &json!({})).judge(bearing("t"), reply());
        assert!(asked);
        assert_eq!(outcome, expected, "{kind}: {answer}");
    }
}

#[track_caller]
fn check_simple(answer: &Value, expected: &str) {
    let worker = Worker::new(&simple(), &json!({}));
    let (_, outcome, _) = worker.judge(bearing("t"), returns(answer.to_string()));
    assert_eq!(outcome, expected, "{answer}");
}

#[test]
fn a_policy_lets_in_whom_it_allows_and_nobody_else() {
    for answer in [
        allow(ARN),
        allow("*"),
        allow("arn:aws:execute-api:*:*:tollgate/prod/*"),
        policy(&[statement("Deny", "arn:aws:execute-api:*:*:*/*/POST/*"), statement("Allow", ARN)]),
        with(allow(ARN), "context", json!({"a": "b", "n": 1, "t": true, "none": null})),
        with(allow(ARN), "context", Value::Null),
        with(allow(ARN), "usageIdentifierKey", json!("key")),
        with(allow(ARN), "anything", json!({"else": []})),
    ] {
        check_policy(&answer, [ADMITTED, ADMITTED], ADMITTED);
    }
    for answer in [
        allow("arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/POST/pets"),
        allow("arn:aws:execute-api:us-east-1:123456789012:tollgate/test/GET/pets"),
        deny("arn:aws:execute-api:us-east-1:123456789012:tollgate/test/GET/pets"),
    ] {
        check_policy(&answer, [REST_403, HTTP_403], HTTP_403);
    }
    let both = policy(&[statement("Allow", "*"), statement("Deny", ARN)]);
    for answer in [deny(ARN), deny("*"), both] {
        check_policy(&answer, [REST_DENIED, HTTP_403], HTTP_403);
    }
}

#[test]
fn a_simple_answer_lets_in_or_not() {
    check_simple(&json!({"isAuthorized": true}), ADMITTED);
    check_simple(&json!({"isAuthorized": true, "context": {"a": {"b": [1, null]}}}), ADMITTED);
    check_simple(&json!({"isAuthorized": false}), HTTP_403);
    check_simple(&json!({"isAuthorized": false, "context": {"why": "no"}}), HTTP_403);
    for answer in [
        json!({}),
        json!({"isAuthorized": "true"}),
        json!({"isAuthorized": 1}),
        json!({"isAuthorized": null}),
        json!({"isauthorized": true}),
        json!({"isAuthorized": true, "context": []}),
        json!({"isAuthorized": true, "context": {"claims": {}}}),
        json!([true]),
        json!(true),
        allow("*"),
    ] {
        check_simple(&answer, HTTP_500);
    }
    // Where policies are expected a plain yes is none.
    check_policy(&json!({"isAuthorized": true}), [REST_500, HTTP_500], HTTP_500);
}

#[test]
fn what_is_no_answer_lets_nobody_in() {
    let resource_policy = {
        let mut statement = statement("Allow", "*");
        statement["Principal"] = json!("*");
        policy(&[statement])
    };
    let condition = {
        let mut statement = statement("Allow", "*");
        statement["Condition"] = json!({"Unheard": {"aws:SourceIp": "10.0.0.0/8"}});
        policy(&[statement])
    };
    for answer in [
        json!({}),
        json!(null),
        json!([]),
        json!("allow"),
        json!({"principalId": "me"}),
        with(allow("*"), "principalId", json!(7)),
        with(allow("*"), "principalId", Value::Null),
        with(allow("*"), "principalId", json!("a\r\nb: c")),
        with(allow("*"), "principalId", json!("a\u{0}")),
        with(allow("*"), "principalId", json!("a\u{85}b")),
        with(allow("*"), "principalId", json!("x".repeat(2_049))),
        with(allow("*"), "policyDocument", json!("{}")),
        with(allow("*"), "policyDocument", json!({"Version": "2012-10-17"})),
        with(allow("*"), "policyDocument", json!([])),
        with(allow("*"), "context", json!("a")),
        with(allow("*"), "context", json!([])),
        with(allow("*"), "context", json!({"claims": "x"})),
        with(allow("*"), "usageIdentifierKey", json!(1)),
        with(allow("*"), "usageIdentifierKey", json!("a\n")),
        with(allow("*"), "usageIdentifierKey", json!("x".repeat(257))),
        policy(&[]),
        policy(&[json!({"Effect": "Allow"})]),
        policy(&[statement("allow", "*")]),
        policy(&[statement("Allow", "*"), statement("Perhaps", "*")]),
        allow(&"x".repeat(513)),
        resource_policy,
        condition,
    ] {
        check_policy(&answer, [REST_500, HTTP_500], HTTP_500);
    }
    let longest = with(allow("*"), "principalId", json!("é".repeat(2_048)));
    check_policy(&longest, [ADMITTED, ADMITTED], ADMITTED);
}

#[test]
fn only_format_two_takes_values_within_values() {
    for value in [json!({"b": 1}), json!([]), json!(["x"])] {
        let answer = with(allow("*"), "context", json!({"a": value}));
        check_policy(&answer, [REST_500, HTTP_500], ADMITTED);
    }
}

#[test]
fn a_function_that_fails_lets_nobody_in() {
    let unavailable = Fault::AuthorizerFailure;
    let wrong = Fault::AuthorizerConfiguration;
    for (reply, fault, rest, http) in [
        (fails("Unauthorized"), Fault::Unauthorized, REST_401, HTTP_401),
        (fails("unauthorized"), wrong, REST_500, HTTP_500),
        (fails("Unauthorized: no token"), wrong, REST_500, HTTP_500),
        (fails("Unauthorized\n"), wrong, REST_500, HTTP_500),
        (fails("Forbidden"), wrong, REST_500, HTTP_500),
        (fails(""), wrong, REST_500, HTTP_500),
        (None, unavailable, REST_500, HTTP_500),
        (status(503), unavailable, REST_500, HTTP_500),
        (status(504), wrong, REST_500, HTTP_500),
        (status(403), wrong, REST_500, HTTP_500),
        (status(401), wrong, REST_500, HTTP_500),
        (status(404), wrong, REST_500, HTTP_500),
        (status(429), wrong, REST_500, HTTP_500),
        (status(302), wrong, REST_500, HTTP_500),
        (status(500), wrong, REST_500, HTTP_500),
        (returns(""), wrong, REST_500, HTTP_500),
        (returns("<html><body>hello</body></html>"), wrong, REST_500, HTTP_500),
        (returns("[".repeat(100_000)), wrong, REST_500, HTTP_500),
        (returns("{\"a\":".repeat(10_000)), wrong, REST_500, HTTP_500),
        (returns(&b"\xff\xfe{}"[..]), wrong, REST_500, HTTP_500),
        (returns(vec![b' '; 10_000_000]), wrong, REST_500, HTTP_500),
    ] {
        for (kind, expected) in [(token(), rest), (v1(), http), (v2(), http), (simple(), http)] {
            let worker = Worker::new(&kind, &json!({}));
            let (exchange, outcome, _) = worker.judge(bearing("t"), reply.clone());
            assert_eq!(outcome, expected, "{kind}: {fault:?}");
            assert_eq!(exchange.context.error, Some(fault), "{kind}");
            assert!(exchange.context.authorizer_error.is_some());
            assert!(exchange.context.authorizer.is_none());
        }
    }
}

#[test]
fn an_answer_may_be_long_but_not_too_long() {
    let padded = |letters: usize| {
        let mut answer = allow("*");
        answer["context"] = json!({"a": "x".repeat(letters)});
        answer
    };
    check_policy(&padded(120_000), [ADMITTED, ADMITTED], ADMITTED);
    check_policy(&padded(131_072), [REST_500, HTTP_500], HTTP_500);
    let statements: Vec<_> = (0..20_000).map(|_| statement("Allow", "*")).collect();
    check_policy(&policy(&statements), [REST_500, HTTP_500], HTTP_500);
}

#[test]
fn a_flood_of_wildcards_takes_no_time_and_lets_nobody_in() {
    let pattern = format!("arn:aws:execute-api:{}b", "*a".repeat(240));
    let statements: Vec<_> = (0..100).map(|_| statement("Allow", &pattern)).collect();
    let worker = Worker::new(&token(), &json!({}));
    let target = format!("/{}", "a".repeat(1_400));
    let asked = exchange(&target, &[("authorization", b"t")]);
    let (_, outcome, _) = worker.judge(asked, returns(policy(&statements).to_string()));
    assert_eq!(outcome, REST_403);
}

#[test]
fn what_is_said_of_the_caller_is_known_to_later_steps() {
    let answer = json!({
        "principalId": "user-1",
        "policyDocument": {"Version": "2012-10-17", "Statement": [statement("Allow", "*")]},
        "context": {"tenant": "t-7", "n": 3, "yes": true},
        "usageIdentifierKey": "secret-key",
    });
    let worker = Worker::new(&token(), &json!({}));
    let (mut sent, _) = worker.send(bearing("t"));
    worker.host.pass(Duration::from_millis(70));
    assert_eq!(super::text(&worker.reply(&mut sent, returns(answer.to_string()))), ADMITTED);
    assert!(!format!("{:?}", sent.notes).contains("secret-key"));
    let caller = sent.exchange.context.authorizer.unwrap();
    assert_eq!(caller.kind, AuthorizerKind::Lambda);
    assert_eq!(caller.principal_id.as_deref(), Some("user-1"));
    assert_eq!(Value::Object((*caller.context).clone()), answer["context"]);
    assert_eq!(caller.usage_identifier_key.as_deref(), Some("secret-key"));
    assert_eq!(caller.latency, Some(Duration::from_millis(70)));
    assert_eq!(sent.exchange.context.error, None);
}

#[test]
fn a_policy_may_have_conditions() {
    let worker = |condition: Value| {
        let mut statement = statement("Allow", "*");
        statement["Condition"] = condition;
        let reply = returns(policy(&[statement]).to_string());
        let asked = |fields: &[(&str, &[u8])]| {
            let mut all = vec![("authorization", &b"t"[..]), ("x-forwarded-proto", b"https")];
            all.extend_from_slice(fields);
            let worker = Worker::new(&token(), &json!({}));
            worker.judge(exchange("/pets", &all), reply.clone()).1
        };
        [asked(&[("user-agent", b"curl/8")]), asked(&[("user-agent", &b"curl/8"[..]); 2])]
    };
    let [once, twice] = worker(json!({"StringLike": {"aws:UserAgent": "curl/*"}}));
    assert_eq!([&*once, &*twice], [ADMITTED, REST_DENIED]);
    let address = worker(json!({"IpAddress": {"aws:SourceIp": "203.0.113.0/24"}}));
    assert_eq!(address, [ADMITTED, ADMITTED]);
    let elsewhere = worker(json!({"IpAddress": {"aws:SourceIp": "10.0.0.0/8"}}));
    assert_eq!(elsewhere, [REST_403, REST_403]);
    let secure = worker(json!({"Bool": {"aws:SecureTransport": "true"}}));
    assert_eq!(secure, [ADMITTED, ADMITTED]);
    let later = worker(json!({"DateGreaterThan": {"aws:CurrentTime": "2026-02-01T00:00:00Z"}}));
    assert_eq!(later, [REST_403, REST_403]);
}

#[test]
fn the_client_is_told_the_kind_of_error_of_a_rest_api() {
    for (reply, kind) in [
        (returns(deny("*").to_string()), "AccessDeniedException"),
        (fails("Unauthorized"), "UnauthorizedException"),
        (fails("x"), "AuthorizerConfigurationException"),
        (None, "AuthorizerFailureException"),
    ] {
        let worker = Worker::new(&token(), &json!({}));
        let (mut sent, _) = worker.send(bearing("t"));
        let tollgate_policy::Verdict::Respond(response) = worker.reply(&mut sent, reply) else {
            panic!("{kind}")
        };
        assert_eq!(response.headers.get("x-amzn-errortype"), Some(kind.as_bytes()));
        assert_eq!(response.headers.get("content-type"), Some(&b"application/json"[..]));
    }
}
