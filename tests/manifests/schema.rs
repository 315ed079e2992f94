//! Schemas, and what a document has that they do not allow.

use serde_json::{Value, json};

/// What is wrong with a document.
#[track_caller]
pub(crate) fn problems(schema: &Value, document: &Value) -> Vec<String> {
    let validator = jsonschema::validator_for(schema).expect("a schema");
    let errors = validator.iter_errors(document);
    errors.map(|error| format!("{}: {}", error.instance_path(), error.masked())).collect()
}

/// A schema as Kubernetes has them, which refuses every field it does not name. (An API server drops
/// such a field.)
pub(crate) fn closed(mut schema: Value) -> Value {
    close(&mut schema);
    schema
}

fn close(schema: &mut Value) {
    let Some(schema) = schema.as_object_mut() else { return };
    for inner in ["items", "additionalProperties"] {
        if let Some(inner) = schema.get_mut(inner) {
            close(inner);
        }
    }
    for property in
        schema.get_mut("properties").and_then(Value::as_object_mut).into_iter().flatten()
    {
        close(property.1);
    }
    let is_open = schema.contains_key("additionalProperties")
        || schema.get("x-kubernetes-preserve-unknown-fields") == Some(&json!(true));
    if schema.get("type") == Some(&json!("object")) && !is_open {
        schema.insert("additionalProperties".to_owned(), json!(false));
    }
}

#[test]
fn a_closed_schema_refuses_what_it_does_not_name() {
    let schema = closed(json!({
        "type": "object",
        "properties": {
            "named": {"type": "object", "additionalProperties": {"type": "object", "properties": {}}},
            "listed": {"type": "array", "items": {"type": "object", "properties": {"a": {}}}},
            "open": {"type": "object", "x-kubernetes-preserve-unknown-fields": true},
        },
    }));
    let check = |document: Value, expected: &[&str]| {
        let problems = problems(&schema, &document);
        let at: Vec<_> = problems.iter().filter_map(|text| text.split(": ").next()).collect();
        assert_eq!(at, expected, "{problems:?}");
    };
    check(json!({"named": {"x": {}}, "listed": [{"a": 1}], "open": {"x": 1}}), &[]);
    check(json!({"other": 1}), &[""]);
    check(json!({"named": {"x": {"y": 1}}}), &["/named/x"]);
    check(json!({"listed": [{"a": 1}, {"b": 1}]}), &["/listed/1"]);
}
