//! Work that would never end, or would take too long, ends.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::schema;
use crate::{Documents, Rejected, Schema};

#[track_caller]
fn check(by: &Value, value: &Value) {
    let outcome = schema(by).check(value);
    assert!(matches!(outcome, Err(Rejected::TooMuchWork)), "{:?}", outcome.map_err(drop));
}

#[test]
fn a_schema_that_takes_nothing_in_is_too_much() {
    check(&json!({"allOf": [{"$ref": "#"}]}), &json!(1));
    check(&json!({"not": {"not": {"$ref": "#"}}}), &json!(1));
    check(&json!({"anyOf": [{"$ref": "#"}, {}]}), &json!(1));
    check(&json!({"dependencies": {"a": {"$ref": "#"}}}), &json!({"a": 1}));
}

#[test]
fn choices_that_explode_are_too_much() {
    // Each level asks twice about the next, and nothing is remembered.
    let level = |next: usize| json!({"anyOf": [{"$ref": format!("#/definitions/{next}")}, {"$ref": format!("#/definitions/{next}")}]});
    let mut definitions = serde_json::Map::new();
    for index in 0..60 {
        definitions.insert(index.to_string(), level(index + 1));
    }
    definitions.insert("60".to_owned(), json!({"type": "string"}));
    check(&json!({"definitions": definitions, "$ref": "#/definitions/0"}), &json!(1));
}

#[test]
fn patterns_over_long_texts_are_too_much() {
    let pattern = json!({"pattern": "^(([a-z]{1,30}){1,10}|x)*$"});
    assert!(schema(&pattern).check(&json!("abc")).is_ok());
    check(&pattern, &json!("a".repeat(2_000_000)));
    // And so are many of them.
    let members: serde_json::Map<_, _> =
        (0..200_000).map(|index| (format!("name{index}"), Value::Null)).collect();
    check(&json!({"patternProperties": pattern_names(200)}), &Value::Object(members));
}

fn pattern_names(count: usize) -> Value {
    (0..count).map(|index| (format!("^x{index}[a-z]*$"), json!({}))).collect()
}

#[test]
fn long_texts_that_are_asked_about_often_are_too_much() {
    let lengths: Vec<_> = (0..5_000).map(|least| json!({"minLength": least})).collect();
    check(&json!({"allOf": lengths}), &json!("a".repeat(2_000_000)));
}

#[test]
fn values_that_differ_only_at_their_ends_are_too_much_when_there_are_many() {
    let start = "a".repeat(1_000);
    let allowed: Vec<_> = (0..1_000).map(|index| json!(format!("{start}{index:04}"))).collect();
    let last = json!(format!("{start}0999"));
    check(&json!({"items": {"enum": allowed}}), &Value::Array(vec![last; 3_000]));
}

#[test]
fn many_items_are_told_apart_at_once() {
    let items: Vec<_> = (0..300_000).map(|index| json!({"id": index})).collect();
    assert_eq!(schema(&json!({"uniqueItems": true})).check(&json!(items)), Ok(()));
}

/// An array in an array, so many times.
fn nested(levels: usize) -> Value {
    (0..levels).fold(json!([]), |value, _| Value::Array(vec![value]))
}

#[test]
fn values_as_deep_as_they_can_be_read_are_judged_and_deeper_ones_are_too_much() {
    let by = json!({
        "definitions": {"one": {"anyOf": [{"allOf": [{"$ref": "#"}]}]}},
        "type": "array",
        "items": {"$ref": "#/definitions/one"},
    });
    assert_eq!(schema(&by).check(&nested(126)), Ok(()));
    check(&by, &nested(300));
    check(&json!({"uniqueItems": true}), &json!([nested(1_000), nested(1_000)]));
    check(&json!({"enum": [nested(1_000)]}), &nested(1_000));
}

#[test]
fn a_schema_may_lie_as_deep_as_it_likes() {
    let deep = (0..5_000).fold(json!({"type": "string"}), |schema, _| {
        Value::Object([("not".to_owned(), schema)].into_iter().collect())
    });
    let compiled = schema(&deep);
    assert_eq!(compiled.check(&json!(1)), Err(Rejected::TooMuchWork));
    // It is taken apart by hand: the value's own way is recursive.
    let mut rest = deep;
    while let Some(next) = rest.get_mut("not").map(Value::take) {
        rest = next;
    }
}

#[test]
fn a_schema_that_is_too_large_is_refused() {
    let refused = |schema: &Value| {
        Schema::compile(schema, &Documents::new()).expect_err("a refusal").to_string()
    };
    let many: Vec<_> = (0..20_001).map(|_| json!({})).collect();
    assert!(refused(&json!({"allOf": many})).contains("is too much"));
    assert!(refused(&json!({"pattern": "a".repeat(2_049)})).contains("is longer than 2048 bytes"));
    assert!(refused(&json!({"pattern": "((a{100}){100}){100}"})).contains("cannot be served"));
    let large: Value = (0..200).map(|index| (format!("a{{1000}}{index}"), json!({}))).collect();
    assert!(refused(&json!({"patternProperties": large})).contains("all patterns together"));
    assert!(
        refused(&json!({"pattern": "(".repeat(1_000) + &")".repeat(1_000)}))
            .contains("cannot be served")
    );
}
