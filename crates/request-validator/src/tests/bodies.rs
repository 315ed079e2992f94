//! Bodies, and what is said of them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{compile, exchange};
use crate::{Validator, listing};

const SUITE: &str = include_str!("../../../../tests/data/jsonschema/jsontestsuite.jsonl");

fn validator(model: &Value) -> Validator {
    let validation = json!({"models": {"application/json": "Thing"}});
    compile(validation, &json!({"Thing": model})).expect("a validator")
}

/// What is said of a body; nothing if it is good.
fn said(model: &Value, body: &[u8]) -> String {
    validator(model).check_body(&exchange(&[]), body).err().unwrap_or_default()
}

#[test]
fn a_body_is_held_against_its_model() {
    #[track_caller]
    fn check(body: &str, expected: &str) {
        let model = json!({
            "type": "object",
            "required": ["a"],
            "properties": {"a": {"type": "string", "minLength": 3}, "b": {"maximum": 10}},
        });
        assert_eq!(said(&model, body.as_bytes()), expected, "{body}");
    }
    check(r#"{"a": "abc", "b": 1, "c": null}"#, "");
    check(r#"{"b": 1}"#, r#"[object has missing required properties (["a"])]"#);
    check("", r#"[object has missing required properties (["a"])]"#);
    check(
        "[]",
        r#"[instance type (array) does not match any allowed primitive type (allowed: ["object"])]"#,
    );
    check("{", "[Unknown error parsing request body]");
    check(" ", "[Unknown error parsing request body]");
    check("a=b", "[Unknown error parsing request body]");
    check(r#"{"a": "abc"} {}"#, "[Unknown error parsing request body]");
}

#[test]
fn several_messages_come_in_the_order_in_which_api_gateway_was_seen_to_print_them() {
    #[track_caller]
    fn check(model: &Value, body: &Value, expected: &str) {
        assert_eq!(said(model, body.to_string().as_bytes()), expected);
    }
    let order = json!({"type": "array", "minItems": 1, "items": {"type": "object", "properties": {
        "type": {"type": "string", "enum": ["STOCK", "BOND", "CASH"]},
        "symbol": {"type": "string", "minLength": 1, "maxLength": 4},
        "shares": {"type": "number", "minimum": 1, "maximum": 1000},
        "order-date": {"type": "string", "pattern": r"^\d{4}\-(0[1-9]|1[012])\-(0[1-9]|[12][0-9]|3[01])$"},
    }}});
    check(
        &order,
        &json!([{"type": "foobar", "symbol": "thisstringistoolong", "shares": 999_999, "order-date": "2018-1-2"}]),
        r#"[ECMA 262 regex "^\d{4}\-(0[1-9]|1[012])\-(0[1-9]|[12][0-9]|3[01])$" does not match input string "2018-1-2", numeric instance is greater than the required maximum (maximum: 1000, found: 999999), string "thisstringistoolong" is too long (length: 19, maximum allowed: 4), instance value ("foobar") not found in enum (possible values: ["STOCK","BOND","CASH"])]"#,
    );
    check(
        &order,
        &json!([{"type": "WOW", "shares": 10_000_000}]),
        r#"[instance value ("WOW") not found in enum (possible values: ["STOCK","BOND","CASH"]), numeric instance is greater than the required maximum (maximum: 1000, found: 10000000)]"#,
    );
    check(
        &json!({"required": ["bar"], "properties": {"bar": {}}, "additionalProperties": false}),
        &json!({"foo": "bar"}),
        r#"[object has missing required properties (["bar"]), object instance has properties which are not allowed by the schema: ["foo"]]"#,
    );
    check(
        &json!({"properties": {"question": {"minLength": 3}, "top_k": {"maximum": 10}}}),
        &json!({"question": "hi", "top_k": 99}),
        r#"[string "hi" is too short (length: 2, required minimum: 3), numeric instance is greater than the required maximum (maximum: 10, found: 99)]"#,
    );
}

#[test]
fn a_message_is_listed_once() {
    let thrice = vec!["b".to_owned(), "a".to_owned(), "b".to_owned()];
    assert_eq!(listing::list(thrice), "[a, b]");
    let many = (0..40).map(|index| index.to_string());
    assert_eq!(listing::list(many).split(", ").count(), 40);
    assert_eq!(listing::list([]), "[]");
}

#[test]
fn the_model_is_chosen_by_the_media_type() {
    #[track_caller]
    fn check(fields: &[(&str, &str)], expected: Option<&str>) {
        let models =
            json!({"A": {"required": ["a"]}, "B": {"required": ["b"]}, "C": {"required": ["c"]}});
        let with =
            json!({"models": {"application/json": "A", "Application/XML": "B", "$default": "C"}});
        let without = json!({"models": {"application/json": "A", "Application/XML": "B"}});
        let exchange = exchange(fields);
        for (validation, default) in [(with, Some("c")), (without, None)] {
            let validator = compile(validation, &models).expect("a validator");
            let expected = expected.or(default);
            assert_eq!(validator.needs_body(&exchange), expected.is_some(), "{fields:?}");
            let said = validator.check_body(&exchange, b"").err();
            let missing = expected
                .map(|name| format!("[object has missing required properties ([\"{name}\"])]"));
            assert_eq!(said, missing, "{fields:?}");
        }
    }
    check(&[], Some("a"));
    check(&[("content-type", "")], Some("a"));
    check(&[("content-type", "application/json")], Some("a"));
    check(&[("Content-Type", "APPLICATION/JSON ; charset=utf-8")], Some("a"));
    check(&[("content-type", "application/xml;charset=utf-8")], Some("b"));
    check(&[("content-type", "application/jsonx")], None);
    check(&[("content-type", "text/plain")], None);
    check(&[("content-type", ";application/json")], Some("a"));
    check(&[("content-type", "text/plain, application/json")], Some("a"));
    check(&[("content-type", "text/plain"), ("content-type", "application/xml")], Some("b"));
}

#[test]
fn a_json_text_is_accepted_or_refused_as_the_standard_says() {
    let anything = validator(&json!({}));
    let mut cases = 0;
    for line in SUITE.lines() {
        let case: Value = serde_json::from_str(line).expect("a case");
        let text = match (case["b64"].as_str(), case["gen"]["repeat"].as_str()) {
            (Some(text), _) => STANDARD.decode(text).expect("Base64"),
            // Two are so long that it is only said how they are made.
            (None, Some(part)) => part.repeat(100_000).into_bytes(),
            (None, None) => r#"[{"":"#.repeat(50_000).into_bytes(),
        };
        let accepted = anything.check_body(&exchange(&[]), &text).is_ok();
        match case["expect"].as_str().expect("a verdict") {
            "accept" => assert!(accepted, "{}", case["id"]),
            // Nothing at all counts as `{}`.
            "reject" => assert!(!accepted || text.is_empty(), "{}", case["id"]),
            _ => {}
        }
        cases += 1;
    }
    assert_eq!(cases, 194);
}

#[test]
fn what_readers_may_disagree_about_is_read_one_way() {
    // The last member of a name counts.
    let model = json!({"properties": {"a": {"type": "integer"}}});
    assert_eq!(said(&model, br#"{"a": "x", "a": 1}"#), "");
    assert_ne!(said(&model, br#"{"a": 1, "a": "x"}"#), "");
    for (body, is_good) in [
        ("[".repeat(127) + &"]".repeat(127), true),
        ("[".repeat(128) + &"]".repeat(128), false),
        ("[".repeat(1_000_000), false),
        ("1e308".to_owned(), true),
        ("1e309".to_owned(), false),
        ("1".repeat(300), true),
        ("1".repeat(400), false),
        ("-0".to_owned(), true),
        ("1e-999".to_owned(), true),
        (r#""\ud800""#.to_owned(), false),
    ] {
        let said = said(&json!({}), body.as_bytes());
        assert_eq!(said.is_empty(), is_good, "{}", body.get(..20).unwrap_or(&body));
    }
    assert_ne!(said(&json!({}), b"\"\xff\""), "");
    assert_ne!(said(&json!({}), b"\xef\xbb\xbf{}"), "");
}

#[test]
fn a_body_that_would_take_too_much_memory_is_refused() {
    let many = |item: &str| format!("[{item}{}]", format!(",{item}").repeat(1_000_000));
    let too_many = "[request body has too many values to be validated]";
    assert_eq!(said(&json!({}), many(r#"{"":0}"#).as_bytes()), too_many);
    assert_eq!(said(&json!({}), many("1").as_bytes()), "");
}

#[test]
fn a_body_that_would_take_too_much_work_is_refused() {
    let model = json!({"anyOf": [{"$ref": "#"}, {}]});
    assert_eq!(said(&model, b"{}"), "[request body takes too much work to be validated]");
}
