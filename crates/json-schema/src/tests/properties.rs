//! What holds of every schema and every value, and what another validator says of them.

use proptest::prelude::*;
use serde_json::{Map, Value, json};

use crate::{Documents, Schema};

const NAMES: [&str; 4] = ["a", "b", "c", "a b/~%"];

/// Numbers that a double holds as they are written: of others the other validator knows less.
fn plain() -> impl Strategy<Value = Value> {
    value(prop_oneof![
        (-4_i64..5).prop_map(Value::from),
        (-1_000_000_000_i64..1_000_000_000).prop_map(Value::from),
    ])
}

fn any_value() -> impl Strategy<Value = Value> {
    value(prop_oneof![any::<i64>().prop_map(Value::from), any::<f64>().prop_map(Value::from)])
}

fn value(number: impl Strategy<Value = Value> + 'static) -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        number,
        (-8_i32..9).prop_map(|number| json!(f64::from(number) / 4.0 + 0.125)),
        "[ab\u{e9}1 ]{0,4}".prop_map(Value::from),
        any::<String>().prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 20, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            members(inner).prop_map(Value::Object),
        ]
    })
}

fn members(inner: impl Strategy<Value = Value>) -> impl Strategy<Value = Map<String, Value>> {
    prop::collection::vec((prop::sample::select(&NAMES), inner), 0..4).prop_map(|members| {
        members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
    })
}

fn keyword(inner: BoxedStrategy<Value>) -> impl Strategy<Value = (&'static str, Value)> {
    let types = ["array", "boolean", "integer", "null", "number", "object", "string"];
    let count = || (0_u8..4).prop_map(Value::from);
    let list = || prop::collection::vec(inner.clone(), 1..4).prop_map(Value::from);
    let named = || members(inner.clone()).prop_map(Value::Object);
    let names = prop::sample::subsequence(NAMES.to_vec(), 1..3).prop_map(|names| json!(names));
    let numbers = || (-8_i32..9).prop_map(|number| json!(f64::from(number) / 4.0));
    let patterns = ["^a", "b$", "^[ab]+$", "[0-9]", "\u{e9}", "^(a|b)*$", ".", "^$"];
    prop_oneof![
        prop::sample::select(types.to_vec()).prop_map(|name| ("type", json!(name))),
        prop::sample::subsequence(types.to_vec(), 1..4).prop_map(|names| ("type", json!(names))),
        prop::collection::vec(plain(), 1..4).prop_map(|values| ("enum", json!(values))),
        numbers().prop_map(|number| ("minimum", number)),
        numbers().prop_map(|number| ("maximum", number)),
        (1_i32..9).prop_map(|number| ("multipleOf", json!(f64::from(number) / 4.0))),
        count().prop_map(|count| ("minLength", count)),
        count().prop_map(|count| ("maxLength", count)),
        prop::sample::select(patterns.to_vec()).prop_map(|text| ("pattern", json!(text))),
        count().prop_map(|count| ("minItems", count)),
        count().prop_map(|count| ("maxItems", count)),
        any::<bool>().prop_map(|unique| ("uniqueItems", json!(unique))),
        inner.clone().prop_map(|schema| ("items", schema)),
        list().prop_map(|schemas| ("items", schemas)),
        any::<bool>().prop_map(|more| ("additionalItems", json!(more))),
        inner.clone().prop_map(|schema| ("additionalItems", schema)),
        count().prop_map(|count| ("minProperties", count)),
        count().prop_map(|count| ("maxProperties", count)),
        names.prop_map(|names| ("required", names)),
        named().prop_map(|schemas| ("properties", schemas)),
        inner.clone().prop_map(|schema| ("patternProperties", json!({"^a": schema}))),
        any::<bool>().prop_map(|more| ("additionalProperties", json!(more))),
        inner.clone().prop_map(|schema| ("additionalProperties", schema)),
        inner.clone().prop_map(|schema| ("dependencies", json!({"a": ["b"], "b": schema}))),
        list().prop_map(|schemas| ("allOf", schemas)),
        list().prop_map(|schemas| ("anyOf", schemas)),
        list().prop_map(|schemas| ("oneOf", schemas)),
        inner.prop_map(|schema| ("not", schema)),
    ]
}

fn schema() -> impl Strategy<Value = Value> {
    Just(json!({})).prop_recursive(4, 40, 4, |inner| {
        let reference = prop::sample::select(vec!["#", "#/definitions/a", "#/definitions/c"]);
        let keywords = prop::collection::vec(keyword(inner.boxed()), 0..4);
        prop_oneof![
            1 => reference.prop_map(|reference| json!({"$ref": reference})),
            9 => keywords.prop_map(|keywords| {
                keywords.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

/// What a schema may be that nobody has thought about.
fn anything() -> impl Strategy<Value = Value> {
    const WORDS: [&str; 12] = [
        "$ref",
        "id",
        "type",
        "items",
        "properties",
        "pattern",
        "enum",
        "not",
        "allOf",
        "format",
        "dependencies",
        "#",
    ];
    let word = prop::sample::select(&WORDS);
    let leaf = prop_oneof![word.prop_map(Value::from), any_value()];
    leaf.prop_recursive(5, 40, 4, |inner| {
        let word = prop::sample::select(&WORDS);
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::vec((word, inner), 0..4).prop_map(|members| {
                members.into_iter().map(|(name, value)| (name.to_owned(), value)).collect()
            }),
        ]
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn another_validator_says_the_same(mut schema in schema(), a in schema(), c in schema(), value in plain()) {
        if let Some(members) = schema.as_object_mut() {
            members.insert("definitions".to_owned(), json!({"a": a, "c": c}));
        }
        let Ok(ours) = Schema::compile(&schema, &Documents::new()) else { return Ok(()) };
        let Ok(ours) = ours.check(&value).map_err(|rejected| rejected.to_string()).map_or_else(
            |said| if said.contains("too much work") { Err(()) } else { Ok(false) },
            |()| Ok(true),
        ) else { return Ok(()) };
        let theirs = jsonschema::draft4::new(&schema);
        prop_assert!(theirs.is_ok(), "{schema}");
        prop_assert_eq!(ours, theirs.is_ok_and(|theirs| theirs.is_valid(&value)), "{} {}", schema, value);
    }
}

proptest! {
    #[test]
    fn no_schema_and_no_value_is_too_much(schema in anything(), value in any_value()) {
        if let Ok(schema) = Schema::compile(&schema, &Documents::new()) {
            let _: Result<(), _> = schema.check(&value);
        }
        if let Ok(schema) = Schema::compile(&value, &Documents::new()) {
            let _: Result<(), _> = schema.check(&value);
        }
    }

    #[test]
    fn no_text_is_too_much(pattern in any::<String>(), odd in r"[\\(){}\[\]^$|*+?a-z0-9:<=!,-]{0,20}", text in any::<String>()) {
        for pattern in [pattern, odd] {
            if let Ok(schema) = Schema::compile(&json!({"pattern": pattern}), &Documents::new()) {
                let _: Result<(), _> = schema.check(&json!(text));
            }
        }
        for format in ["date-time", "email", "hostname", "ipv4", "ipv6", "regex", "uri"] {
            let schema = Schema::compile(&json!({"format": format}), &Documents::new()).unwrap();
            let _: Result<(), _> = schema.check(&json!(text));
        }
    }

    #[test]
    fn a_number_is_a_multiple_of_what_it_was_made_from(number in -1_000_000_i64..1_000_000, scale in 0_u32..9) {
        let text = |number: i64| format!("{number}e-{scale}");
        let divisor: Value = serde_json::from_str(&text(7)).unwrap();
        let schema = Schema::compile(&json!({"multipleOf": divisor}), &Documents::new()).unwrap();
        let value: Value = serde_json::from_str(&text(number)).unwrap();
        prop_assert_eq!(schema.check(&value).is_ok(), number % 7 == 0);
    }
}
