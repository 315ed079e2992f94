//! Validation as a filter of its own.

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Fault, Policy, Response, Verdict, load};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::exchange;
use crate::{Notes, RequestValidator};

fn filter(config: &Value) -> Result<RequestValidator, String> {
    load(config.to_string().as_bytes()).map_err(|invalid| invalid.to_string())
}

fn pets(unmatched: &str) -> RequestValidator {
    filter(&json!({
        "models": {"Pet": {"type": "object", "required": ["name"]}},
        "rules": [
            {"methods": ["POST", "PUT"], "path": "/pets/{id}", "validation": {
                "required_parameters": ["method.request.path.id", "method.request.header.x-key"],
                "models": {"application/json": "Pet"},
            }},
            {"path": "/pets/{rest+}", "validation": {
                "required_parameters": ["method.request.querystring.q"],
            }},
        ],
        "unmatched": unmatched,
    }))
    .expect("a filter")
}

fn refusal(verdict: Verdict) -> Response {
    match verdict {
        Verdict::Respond(response) => response,
        other => panic!("no refusal: {other:?}"),
    }
}

#[track_caller]
fn check_refusal(response: &Response, status: u16, error_type: &str, body: &str) {
    assert_eq!(response.status, status);
    assert_eq!(response.headers.get("content-type"), Some(&b"application/json"[..]));
    assert_eq!(response.headers.get("x-amzn-errortype"), Some(error_type.as_bytes()));
    assert_eq!(String::from_utf8_lossy(&response.body), body);
}

fn ask(filter: &RequestValidator, exchange: &mut Exchange) -> (Notes, Verdict) {
    let mut notes = Notes::default();
    let verdict = filter.on_request(&mut notes, exchange, &FakeHost::default());
    (notes, verdict)
}

#[test]
fn parameters_are_checked_before_the_body() {
    let filter = pets("pass");
    let mut exchange = exchange(&[(":method", "POST"), (":path", "/pets/%20")]);
    let (_, verdict) = ask(&filter, &mut exchange);
    let message = "Missing required request parameters: [x-key, id]";
    check_refusal(
        &refusal(verdict),
        400,
        "BadRequestException",
        r#"{"message": "Missing required request parameters: [x-key, id]"}"#,
    );
    assert_eq!(exchange.context.error, Some(Fault::BadRequestParameters));
    assert_eq!(exchange.context.error_message.as_deref(), Some(message));
}

#[test]
fn a_body_is_asked_for_only_where_there_is_a_model_and_goes_on_as_it_came() {
    let filter = pets("pass");
    let fields = [(":method", "PUT"), (":path", "/pets/7"), ("x-key", "1")];
    let mut posted = exchange(&fields);
    let (mut notes, verdict) = ask(&filter, &mut posted);
    assert!(matches!(verdict, Verdict::Body));
    let host = FakeHost::default();
    let mut body = br#" {"name": "Rex", "name": "Tom"} "#.to_vec();
    let before = body.clone();
    let verdict = filter.on_request_body(&mut notes, &mut posted, &mut body, &host);
    assert!(matches!(verdict, Verdict::Continue));
    assert_eq!(body, before);
    let verdict = filter.on_request_body(&mut notes, &mut posted, &mut Vec::new(), &host);
    check_refusal(
        &refusal(verdict),
        400,
        "BadRequestException",
        r#"{"message": "Invalid request body"}"#,
    );
    assert_eq!(posted.context.error, Some(Fault::BadRequestBody));
    assert_eq!(
        posted.context.validation_error.as_deref(),
        Some(r#"[object has missing required properties (["name"])]"#)
    );
    let mut text = exchange(&[&fields[..], &[("content-type", "text/plain")]].concat());
    assert!(matches!(ask(&filter, &mut text).1, Verdict::Continue));
}

#[test]
fn a_body_nobody_asked_for_is_not_let_through() {
    let filter = pets("pass");
    let host = FakeHost::default();
    let verdict =
        filter.on_request_body(&mut Notes::default(), &mut exchange(&[]), &mut Vec::new(), &host);
    assert_eq!(refusal(verdict).status, 400);
}

#[test]
fn the_first_rule_that_a_request_is_under_counts() {
    #[track_caller]
    fn check(method: &str, path: &str, expected: &str) {
        let mut exchange = exchange(&[(":method", method), (":path", path)]);
        let said = match ask(&pets("refuse"), &mut exchange).1 {
            Verdict::Continue => "goes on".to_owned(),
            verdict => String::from_utf8_lossy(&refusal(verdict).body).into_owned(),
        };
        assert!(said.contains(expected), "{method} {path}: {said}");
    }
    check("POST", "/pets/7", "[x-key]");
    check("POST", "/%70ets/7?q=1", "[x-key]");
    check("GET", "/pets/7", "[q]");
    check("GET", "/pets/7?q=1", "goes on");
    check("POST", "/pets/7/", "[q]");
    check("POST", "/pets//7", "[q]");
    check("POST", "/pets/", "Missing Authentication Token");
    check("POST", "/pets", "Missing Authentication Token");
    check("POST", "/pets%2f7", "Missing Authentication Token");
    check("post", "/Pets/7", "Missing Authentication Token");
    check("OPTIONS", "*", "Missing Authentication Token");
}

#[test]
fn what_is_under_no_rule_goes_on_or_is_refused() {
    let stranger = || exchange(&[(":method", "GET"), (":path", "/")]);
    assert!(matches!(ask(&pets("pass"), &mut stranger()).1, Verdict::Continue));
    check_refusal(
        &refusal(ask(&pets("refuse"), &mut stranger()).1),
        403,
        "MissingAuthenticationTokenException",
        r#"{"message": "Missing Authentication Token"}"#,
    );
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    #[track_caller]
    fn check(config: &Value, expected: &str) {
        assert_eq!(filter(config).expect_err("a refusal"), expected);
    }
    check(&json!({"rules": []}), "missing field `unmatched` at line 1 column 12");
    check(
        &json!({"rules": [], "unmatched": "pass", "models": {"A": {"type": 1}}}),
        "models.A: `#/type` must be the name of a type, or a list of at least one",
    );
    let with = |rule: Value| json!({"rules": [rule], "unmatched": "pass"});
    let rule =
        |path: &str, validation: Value| with(json!({"path": path, "validation": validation}));
    check(
        &rule("/", json!({"models": {"a/b": "X"}})),
        "rules[0].validation.models.a/b: there is no model `X`",
    );
    check(
        &rule("/{a}", json!({"required_parameters": ["method.request.path.b"]})),
        "rules[0].validation.required_parameters: `b` is no variable of `/{a}`",
    );
    check(
        &rule("/", json!({"requiredParameters": []})),
        "rules[0].validation.requiredParameters: unknown field `requiredParameters`, expected `required_parameters` or `models` at line 1 column 56",
    );
    for (path, reason) in [
        ("pets", "does not begin with a slash"),
        ("/a?b", "has a query or a fragment, which is no part of a path"),
        ("/{a+}/b", "goes on after `{name+}`, which stands for all the rest"),
        ("/a{b}", "has a brace within a segment"),
        ("/{a}/{a}", "must give each variable a name of its own"),
        ("/{}", "must give each variable a name of its own"),
    ] {
        check(&rule(path, json!({})), &format!("rules[0].path: `{path}` {reason}"));
    }
    let methods = |methods: Value| with(json!({"methods": methods, "path": "/", "validation": {}}));
    check(&methods(json!([])), "rules[0].methods: must name at least one, or not be there");
    check(&methods(json!(["post"])), "rules[0].methods: `post` is not a method in capital letters");
}
