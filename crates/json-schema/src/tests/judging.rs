//! What is said of values, in which words, and in which order.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::said;
use crate::MAX_VIOLATIONS;

#[track_caller]
fn check(schema: &Value, value: &Value, expected: &[&str]) {
    assert_eq!(said(value, schema), expected, "{schema} {value}");
}

#[test]
fn each_keyword_has_words_of_its_own() {
    check(
        &json!({"required": ["b", "a"]}),
        &json!({}),
        &[r#"object has missing required properties (["a","b"])"#],
    );
    check(
        &json!({"type": "number"}),
        &json!("100"),
        &[
            r#"instance type (string) does not match any allowed primitive type (allowed: ["integer","number"])"#,
        ],
    );
    check(
        &json!({"properties": {"a": {}}, "patternProperties": {"^x-": {}}, "additionalProperties": false}),
        &json!({"a": 1, "c": 1, "b": 1, "x-d": 1}),
        &[r#"object instance has properties which are not allowed by the schema: ["b","c"]"#],
    );
    check(
        &json!({"enum": ["STOCK", "BOND", 1.0]}),
        &json!("WOW"),
        &[r#"instance value ("WOW") not found in enum (possible values: ["STOCK","BOND",1.0])"#],
    );
    check(
        &json!({"dependencies": {"a": ["c", "b"], "z": ["y"]}}),
        &json!({"a": 1, "b": 2}),
        &[
            r#"property "a" of object has missing property dependencies (schema requires ["b","c"]; missing: ["c"])"#,
        ],
    );
    check(
        &json!({"minProperties": 1}),
        &json!({}),
        &["object has too few properties (found 0 but schema requires at least 1)"],
    );
    check(
        &json!({"maxProperties": 1}),
        &json!({"a": 1, "b": 2}),
        &["object has too many properties (found 2 but schema requires at most 1)"],
    );
}

#[test]
fn numbers_and_strings_are_told_with_their_limits() {
    check(
        &json!({"minimum": 1}),
        &json!(0),
        &["numeric instance is lower than the required minimum (minimum: 1, found: 0)"],
    );
    check(
        &json!({"minimum": 1, "exclusiveMinimum": true}),
        &json!(1.0),
        &["numeric instance is not strictly greater than the required minimum 1"],
    );
    check(
        &json!({"maximum": 1000}),
        &json!(999_999),
        &["numeric instance is greater than the required maximum (maximum: 1000, found: 999999)"],
    );
    check(
        &json!({"maximum": 1.5, "exclusiveMaximum": true}),
        &json!(1.5),
        &["numeric instance is not strictly lower than the required maximum 1.5"],
    );
    check(
        &json!({"multipleOf": 0.01}),
        &json!(0.075),
        &["remainder of division is not zero (0.075 / 0.01)"],
    );
    check(
        &json!({"minLength": 3}),
        &json!("h\u{1f432}"),
        &["string \"h\u{1f432}\" is too short (length: 2, required minimum: 3)"],
    );
    check(
        &json!({"maxLength": 4}),
        &json!("thisstringistoolong"),
        &[r#"string "thisstringistoolong" is too long (length: 19, maximum allowed: 4)"#],
    );
    check(
        &json!({"pattern": r"^\d{4}$"}),
        &json!("2018-1"),
        &[r#"ECMA 262 regex "^\d{4}$" does not match input string "2018-1""#],
    );
    check(
        &json!({"format": "email"}),
        &json!("nobody"),
        &[r#"string "nobody" is not a valid email address"#],
    );
}

#[test]
fn arrays_and_choices_are_told_by_their_counts() {
    check(
        &json!({"maxItems": 2}),
        &json!([1, 2, 3]),
        &["array is too long: must have at most 2 elements but instance has 3 elements"],
    );
    check(
        &json!({"minItems": 2}),
        &json!([1]),
        &["array is too short: must have at least 2 elements but instance has 1 elements"],
    );
    check(
        &json!({"items": [{}], "additionalItems": false}),
        &json!([1, 2]),
        &["schema only allows 1 elements in array but instance has 2 elements"],
    );
    check(
        &json!({"uniqueItems": true}),
        &json!([{"a": 1, "b": [2]}, {"b": [2.0], "a": 1.0}]),
        &["array must not contain duplicate elements"],
    );
    check(
        &json!({"allOf": [{"type": "string"}, {"maximum": 2}, {}]}),
        &json!(3),
        &["instance failed to match all required schemas (matched only 1 out of 3)"],
    );
    check(
        &json!({"anyOf": [{"type": "string"}, {"maximum": 2}]}),
        &json!(3),
        &["instance failed to match at least one required schema among 2"],
    );
    check(
        &json!({"oneOf": [{"type": "integer"}, {"minimum": 2}]}),
        &json!(3),
        &["instance failed to match exactly one schema (matched 2 out of 2)"],
    );
    check(&json!({"not": {}}), &json!(3), &["instance matched a schema which it should not have"]);
}

#[test]
fn what_is_within_is_judged_only_if_nothing_is_wrong_around_it() {
    let schema = json!({
        "required": ["a"],
        "properties": {"b": {"type": "string"}, "c": {"properties": {"d": {"type": "null"}}}},
    });
    check(&schema, &json!({"b": 1}), &[r#"object has missing required properties (["a"])"#]);
    // Siblings are judged all the same, if no deeper.
    check(
        &schema,
        &json!({"a": 1, "b": 1, "c": {"d": 1}}),
        &[
            r#"instance type (integer) does not match any allowed primitive type (allowed: ["string"])"#,
        ],
    );
}

#[test]
fn a_client_is_quoted_up_to_a_bound() {
    let long = "\u{e9}".repeat(1_000);
    for schema in [
        json!({"maxLength": 1}),
        json!({"enum": [1]}),
        json!({"pattern": "^a"}),
        json!({"format": "uri"}),
        json!({"additionalProperties": false}),
    ] {
        let value = if schema.get("additionalProperties").is_some() {
            (0..100).map(|index| (format!("{long}{index}"), Value::Null)).collect()
        } else {
            json!(long)
        };
        let said = said(&value, &schema);
        assert_eq!(said.len(), 1);
        assert!(said[0].len() < 700 && said[0].contains("\u{e9}..."), "{said:?}");
    }
}

#[test]
fn only_so_much_is_told() {
    let schema = json!({"items": {"type": "string"}});
    assert_eq!(said(&json!(vec![1; 5_000]), &schema).len(), MAX_VIOLATIONS);
}

#[test]
fn numbers_are_compared_as_they_are() {
    #[track_caller]
    fn check(schema: &str, value: &str, holds: bool) {
        let parse = |text: &str| serde_json::from_str(text).expect(text);
        assert_eq!(said(&parse(value), &parse(schema)).is_empty(), holds, "{schema} {value}");
    }
    check(r#"{"multipleOf": 0.0001}"#, "0.0075", true);
    check(r#"{"multipleOf": 0.0001}"#, "0.00751", false);
    check(r#"{"multipleOf": 0.01}"#, "19.99", true);
    check(r#"{"multipleOf": 0.01}"#, "-4.35", true);
    check(r#"{"multipleOf": 0.3}"#, "1e300", false);
    check(r#"{"multipleOf": 1e-300}"#, "1e300", true);
    check(r#"{"multipleOf": 7}"#, "18446744073709551615", false);
    check(r#"{"multipleOf": 5}"#, "18446744073709551615", true);
    check(r#"{"multipleOf": 18446744073709551615}"#, "0", true);
    check(r#"{"multipleOf": 2.5}"#, "0.0", true);
    check(r#"{"maximum": 9007199254740992}"#, "9007199254740993", false);
    check(r#"{"maximum": 9007199254740992.0}"#, "9007199254740993", false);
    check(r#"{"minimum": 9007199254740993}"#, "9007199254740992.0", false);
    check(r#"{"maximum": 1}"#, "1.0000000000000002", false);
    check(r#"{"minimum": -9223372036854775808}"#, "-1e300", false);
    check(r#"{"maximum": 18446744073709551615}"#, "1e300", false);
    check(r#"{"maximum": 1e-300}"#, "0", true);
    check(r#"{"enum": [1]}"#, "1.0", true);
    check(r#"{"enum": [0]}"#, "-0.0", true);
    check(r#"{"enum": [18446744073709551615]}"#, "18446744073709551616", false);
    check(r#"{"type": "integer"}"#, "1.0", false);
    check(r#"{"type": "integer"}"#, "1e2", false);
    check(r#"{"type": "integer"}"#, "-0", true);
    check(r#"{"type": "integer"}"#, "123456789012345678901234567890", true);
    check(r#"{"type": "integer"}"#, "-9223372036854775809", true);
    check(r#"{"type": "number"}"#, "1.0", true);
    check(r#"{"uniqueItems": true}"#, "[1, 1.0]", false);
    check(r#"{"uniqueItems": true}"#, "[1, true, \"1\", [1], {\"1\": 1}, null]", true);
}
