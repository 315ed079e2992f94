//! Configurations that are refused.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{compile, config, request, simple, token};

#[track_caller]
fn check(kind: &Value, changes: &Value, expected: &str) {
    let refused =
        compile(&config(kind, changes)).map_or_else(|it| it.to_string(), |_| String::new());
    assert_eq!(refused.split(" at line").next(), Some(expected));
}

#[test]
fn numbers_have_bounds() {
    check(&token(), &json!({"ttl_secs": 3_600}), "");
    check(&token(), &json!({"ttl_secs": 3_601}), "authorizer.ttl_secs: `3601` is more than 3600");
    check(&token(), &json!({"timeout_millis": 29_000}), "");
    check(&request("rest", &[]), &json!({"timeout_millis": 29_000}), "");
    let over = |most: u32| format!("authorizer.timeout_millis: `{}` is not 50 to {most}", most + 1);
    check(&token(), &json!({"timeout_millis": 29_001}), &over(29_000));
    for format in ["1.0", "2.0"] {
        check(&request(format, &[]), &json!({"timeout_millis": 10_000}), "");
        check(&request(format, &[]), &json!({"timeout_millis": 10_001}), &over(10_000));
    }
    let under = "authorizer.timeout_millis: `49` is not 50 to 29000";
    check(&token(), &json!({"timeout_millis": 49}), under);
}

#[test]
fn answers_are_kept_by_identity_sources() {
    let expected = "authorizer.ttl_secs: answers are kept by identity sources, and there is none: name \
                    one, or set this to 0";
    for format in ["rest", "1.0", "2.0"] {
        check(&request(format, &[]), &json!({"ttl_secs": 1}), expected);
        check(&request(format, &[]), &json!({"ttl_secs": 0}), "");
    }
    check(&request("2.0", &["$context.routeKey"]), &json!({"ttl_secs": 1}), "");
}

#[test]
fn an_identity_source_is_in_the_words_of_its_api() {
    let http = |source: &str| {
        format!(
            "authorizer.kind.request.identity_sources[0]: `{source}` is no identity source: it must be \
             `$request.header.NAME`, `$request.querystring.NAME`, `$context.NAME` or \
             `$stageVariables.NAME`"
        )
    };
    for source in [
        "",
        "Authorization",
        "$request.body.a",
        "$request.path.a",
        "$request.path",
        "$request.header.",
        "$request.header.a b",
        "$request.header.a\r\nb",
        "$request.querystring.",
        "$context.",
        "$context.nothing",
        "$context.authorizer.",
        "$stageVariables.",
        "method.request.header.a",
        "${request.header.a}",
        "$request.header.a $request.header.b",
        "context.stage",
    ] {
        check(&request("1.0", &[source]), &json!({}), &http(source));
        check(&request("2.0", &[source]), &json!({}), &http(source));
    }
    for source in ["$request.header.a", "$request.querystring.a b", "$context.stage"] {
        check(&request("2.0", &[source]), &json!({}), "");
        assert!(compile(&config(&request("rest", &[source]), &json!({}))).is_err());
    }
    for source in
        ["method.request.path.a", "method.request.body", "method.request.multivalueheader.a"]
    {
        assert!(compile(&config(&request("rest", &[source]), &json!({}))).is_err(), "{source}");
    }
    let many = ["$context.stage"; 11];
    let expected = "authorizer.kind.request.identity_sources: must not be more than 10";
    check(&request("2.0", &many), &json!({}), expected);
    let kind = json!({"token": {"identity_source": "method.request.querystring.t"}});
    let expected = "authorizer.kind.token.identity_source: `method.request.querystring.t` is not \
                    `method.request.header.NAME`";
    check(&kind, &json!({}), expected);
}

#[test]
fn an_expression_must_be_one_and_small() {
    let kind = |expression: &str| json!({"token": {"identity_validation_expression": expression}});
    let at = "authorizer.kind.token.identity_validation_expression: ";
    for bad in ["(", "a)|(?:b", "a{1000}{1000}", "(?=a)"] {
        let reason = format!("{at}`{bad}` is no regular expression, or too large");
        check(&kind(bad), &json!({}), &reason);
    }
    check(&kind(&"a".repeat(512)), &json!({}), "");
    let reason = format!("{at}has more than 512 characters");
    check(&kind(&"a".repeat(513)), &json!({}), &reason);
}

#[test]
fn simple_answers_are_of_format_two() {
    check(&simple(), &json!({}), "");
    for format in ["rest", "1.0"] {
        let mut kind = request(format, &[]);
        kind["request"]["simple_responses"] = json!(true);
        let expected = "authorizer.kind.request.simple_responses: are of format `2.0` only";
        check(&kind, &json!({}), expected);
    }
}

#[test]
fn a_service_must_be_one_that_can_be_trusted() {
    let http = |uri: &str| json!({"service": {"http": {"uri": uri}}});
    check(&simple(), &http("https://auth.example.com/check?a=b"), "");
    check(&simple(), &http("http://127.0.0.1:8080"), "");
    check(
        &simple(),
        &http("http://auth.example.com/"),
        "authorizer.service.http.uri: `http://auth.example.com:80` is reached in the clear, where whoever \
         is on the way can let anyone in: use `https`, or allow it with `http.plain_http`",
    );
    let plain =
        json!({"service": {"http": {"uri": "http://auth.example.com/", "plain_http": true}}});
    check(&simple(), &plain, "");
    check(
        &simple(),
        &http("https://auth.example.com/a b"),
        "authorizer.service.http.uri: `/a b` has characters that must be percent-encoded",
    );
    check(
        &token(),
        &http("https://auth.example.com"),
        "authorizer.kind: an HTTP service gets events of format `2.0` and answers with \
         `simple_responses`",
    );
    let sends = |names: &[&str]| {
        json!({"service": {"http": {
            "uri": "https://auth.example.com", "sends": {"headers": names},
        }}})
    };
    check(&simple(), &sends(&["authorization", "Cookie"]), "");
    check(&simple(), &sends(&[]), "authorizer.service.http.sends.headers: must be 1 to 20");
    for name in ["host", "Content-Length", "a b", ":path", ""] {
        let expected =
            format!("authorizer.service.http.sends.headers[1]: `{name}` cannot be sent on");
        check(&simple(), &sends(&["a", name]), &expected);
    }
    let function =
        |endpoint: &str| json!({"service": {"lambda": {"name": "f", "endpoint": endpoint}}});
    let expected = "authorizer.service.lambda.endpoint: `lambda` is not a URL: it must start with \
                    `https://` or `http://`";
    check(&token(), &function("lambda"), expected);
}

#[test]
fn headers_can_carry_only_so_much() {
    let carry = |header: &str, key: &str| json!({"context_to_headers": {header: key}});
    check(&token(), &carry("x-tenant", "tenant"), "");
    for (header, key, expected) in [
        ("x tenant", "a", "`x tenant` is not a header field"),
        ("Host", "a", "`Host` cannot carry what an answer says"),
        ("x-envoy-a", "a", "`x-envoy-a` cannot carry what an answer says"),
        ("X-Tollgate-a", "a", "`X-Tollgate-a` cannot carry what an answer says"),
        ("x-tenant", "", "`x-tenant` names nothing of the answer"),
        ("Authorization", "a", "`Authorization` is what callers are told apart by"),
        ("AUTHORIZATION", "a", "`AUTHORIZATION` is what callers are told apart by"),
    ] {
        check(&token(), &carry(header, key), &format!("context_to_headers: {expected}"));
    }
    let many: serde_json::Map<_, _> =
        (0..21).map(|number| (format!("x-{number}"), json!("a"))).collect();
    let expected = "context_to_headers: must not be more than 20";
    check(&token(), &json!({"context_to_headers": many}), expected);
}

#[test]
fn what_is_not_known_is_refused() {
    let unknown = |place: &dyn Fn(&mut Value), expected: &str| {
        let mut config = config(&token(), &json!({}));
        place(&mut config);
        let refused = compile(&config).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    };
    unknown(&|it| it["ttl"] = json!(1), "ttl: unknown field `ttl`");
    unknown(&|it| it["authorizer"]["ttl"] = json!(1), "authorizer.ttl: unknown field `ttl`");
    unknown(
        &|it| it["authorizer"]["kind"] = json!({"token": {"source": "a"}}),
        "authorizer.kind.token.source: unknown field `source`",
    );
    unknown(
        &|it| it["authorizer"]["kind"] = json!({"request": {"format": "3.0"}}),
        "authorizer.kind.request.format: unknown variant `3.0`",
    );
    unknown(&|it| it["api_id"] = json!("a/b"), "api_id: `a/b` is not 1 to 128");
    unknown(&|it| it["stage"] = json!("*"), "stage: `*` is not 1 to 128");
    unknown(&|it| it["account_id"] = json!("1"), "account_id: `1` is not twelve digits");
    unknown(&|it| it["region"] = json!("*"), "region: `*` is no region");
}
