//! Parts of a document that are kept as they are.

use serde_json::{Map, Number, Value as Json};
use tollgate_source::{Node, Value};

/// A value as JSON has it.
pub(crate) fn of(node: &Node) -> Json {
    match &node.value {
        Value::Null => Json::Null,
        Value::Bool(flag) => Json::Bool(*flag),
        Value::Number(text) => match text.parse::<Number>() {
            Ok(number) => Json::Number(number),
            Err(_) => Json::String(text.to_string()),
        },
        Value::String(text) => Json::String(text.to_string()),
        Value::List(items) => Json::Array(items.iter().map(of).collect()),
        Value::Map(map) => Json::Object(
            map.entries()
                .iter()
                .map(|entry| (entry.key.to_string(), of(&entry.value)))
                .collect::<Map<_, _>>(),
        ),
    }
}
