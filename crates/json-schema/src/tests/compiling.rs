//! Schemas that cannot be honoured, and what a `$ref` leads to.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{said, schema};
use crate::{Documents, Schema, Schemas};

#[test]
fn what_cannot_be_honoured_is_refused_where_it_is() {
    #[track_caller]
    fn check(schema: &Value, expected: &str) {
        let problem = Schema::compile(schema, &Documents::new()).expect_err("a refusal");
        assert_eq!(problem.to_string(), expected);
    }
    check(&json!(true), "`#` must be a schema, which is an object");
    check(
        &json!({"properties": {"a/b~": {"items": 1}}}),
        "`#/properties/a~1b~0/items` must be a schema or a list of schemas",
    );
    check(
        &json!({"type": "any"}),
        "`#/type` is `any`, which is none of `array`, `boolean`, `integer`, `null`, `number`, `object`, `string`",
    );
    check(&json!({"type": []}), "`#/type` must be the name of a type, or a list of at least one");
    check(&json!({"required": true}), "`#/required` must be a list of strings");
    check(&json!({"minLength": -1}), "`#/minLength` must be an integer from 0 on");
    check(&json!({"minLength": 1.5}), "`#/minLength` must be an integer from 0 on");
    check(&json!({"multipleOf": 0}), "`#/multipleOf` must be greater than 0");
    check(
        &json!({"minimum": 1, "exclusiveMinimum": 1}),
        "`#/minimum` is exclusive by `true` or `false`, not by another number",
    );
    check(
        &json!({"exclusiveMaximum": true}),
        "`#/exclusiveMaximum` says nothing without `maximum`",
    );
    check(&json!({"anyOf": []}), "`#/anyOf` must be a list of at least one schema");
    check(&json!({"enum": []}), "`#/enum` must be a list of at least one value");
    check(&json!({"not": [1]}), "`#/not` must be a schema, which is an object");
    check(
        &json!({"additionalProperties": "no"}),
        "`#/additionalProperties` must be `true`, `false` or a schema",
    );
    check(&json!({"dependencies": {"a": [1]}}), "`#/dependencies/a` must be a list of strings");
    check(
        &json!({"dependencies": {"a": "b"}}),
        "`#/dependencies/a` must be a schema, which is an object",
    );
    check(&json!({"id": 7}), "`#/id` must be a string");
    check(
        &json!({"$schema": "http://json-schema.org/draft-07/schema#"}),
        "`#/$schema` must be `http://json-schema.org/draft-04/schema#`: no other draft is understood",
    );
    check(
        &json!({"patternProperties": {"(?!a)": {}}}),
        "`#/patternProperties/(?!a)` cannot be served: `(?!a)` has a lookahead, which takes more than one pass",
    );
    check(
        &json!({"allOf": [{"pattern": "("}]}),
        "`#/allOf/0/pattern` is no regular expression of ECMA-262: `(` has a `(` without its `)`",
    );
}

#[test]
fn a_reference_leads_somewhere_or_is_refused() {
    #[track_caller]
    fn check(schema: &Value, expected: &str) {
        let problem = Schema::compile(schema, &Documents::new()).expect_err("a refusal");
        assert_eq!(problem.to_string(), expected);
    }
    check(
        &json!({"$ref": "#/definitions/a"}),
        "`#/$ref` leads to `#/definitions/a`, which is not there",
    );
    check(
        &json!({"$ref": "http://example.com/a"}),
        "`#/$ref` leads to `http://example.com/a`, which is not there",
    );
    check(&json!({"$ref": "#/%zz"}), "`#/$ref` has a fragment, `/%zz`, that cannot be decoded");
    check(&json!({"$ref": 7}), "`#/$ref` must be a string");
    check(&json!({"$ref": "#"}), "`#` leads through `$ref` to itself alone");
    check(
        &json!({
            "definitions": {"a": {"$ref": "#/definitions/b"}, "b": {"$ref": "#/definitions/a"}},
            "$ref": "#/definitions/a",
        }),
        "`#` leads through `$ref` to itself alone",
    );
    check(
        &json!({"definitions": {"a": {"id": "#x"}, "b": {"id": "#x"}}, "not": {"$ref": "#x"}}),
        "`#/not/$ref` leads to `#x`, and more than one schema is called that",
    );
    check(
        &json!({"enum": [{"id": "#x"}], "not": {"$ref": "#x"}}),
        "`#/not/$ref` leads to `#x`, which is not there",
    );
    check(
        &json!({"required": ["a"], "not": {"$ref": "#/required/0"}}),
        "`#/required/0` must be a schema, which is an object",
    );
}

#[test]
fn a_schema_may_lead_to_itself_as_long_as_it_takes_something_in() {
    let tree = json!({
        "definitions": {"node": {
            "type": "object",
            "properties": {"left": {"$ref": "#/definitions/node"}, "right": {"$ref": "#"}},
            "additionalProperties": false,
        }},
        "$ref": "#/definitions/node",
    });
    let good = json!({"left": {"right": {"left": {}}}});
    assert_eq!(said(&good, &tree), Vec::<String>::new());
    assert_eq!(said(&json!({"left": {"right": {"left": {"up": 1}}}}), &tree).len(), 1);
}

#[test]
fn documents_lead_to_one_another_by_their_uris() {
    let pet = json!({"properties": {"owner": {"$ref": "person"}, "food": {"$ref": "food#/definitions/dry"}}});
    let person = json!({"id": "http://other.example/", "properties": {"pets": {"items": {"$ref": "https://models.example/pet"}}}});
    let food = json!({"definitions": {"dry": {"$ref": "#kind"}, "kind": {"id": "#kind", "enum": ["dry"]}}});
    let documents = Documents::new()
        .with("https://models.example/pet", &pet)
        .with("https://models.example/person", &person)
        .with("https://models.example/food", &food);
    let schemas = Schemas::compile(&documents).expect("schemas");
    let pet = schemas.get("https://models.example/pet").expect("a schema");
    assert!(pet.check(&json!({"owner": {"pets": [{"food": "dry"}]}})).is_ok());
    assert!(pet.check(&json!({"owner": {"pets": [{"food": "wet"}]}})).is_err());
    assert!(schemas.get("https://models.example/cat").is_none());
}

#[test]
fn what_leads_nowhere_may_mean_something_to_whoever_compiles() {
    let meaning = |reference: &str| {
        let name = reference.strip_prefix("#/components/schemas/")?;
        Some(format!("model:{name}"))
    };
    let string = json!({"type": "string"});
    let documents = Documents::new().with("model:Name", &string).or_else(&meaning);
    let compile = |schema: &Value| Schema::compile(schema, &documents);
    let by_name = compile(&json!({"$ref": "#/components/schemas/Name"})).expect("a schema");
    assert!(by_name.check(&json!("a")).is_ok() && by_name.check(&json!(1)).is_err());
    assert!(compile(&json!({"$ref": "#/components/schemas/Other"})).is_err());
}

#[test]
fn beside_a_reference_nothing_counts() {
    let schema = schema(
        &json!({"properties": {"a": {"$ref": "#/definitions/b", "maximum": 1}}, "definitions": {"b": {"minimum": 0}}}),
    );
    assert!(schema.check(&json!({"a": 7})).is_ok());
    assert!(schema.check(&json!({"a": -1})).is_err());
}

#[test]
fn keywords_that_the_draft_does_not_know_mean_nothing() {
    let schema = schema(&json!({
        "nullable": true, "example": 7, "discriminator": {}, "xml": {}, "const": 1, "readOnly": true,
        "default": 8, "format": "int32", "type": "string", "if": 7,
    }));
    assert!(schema.check(&json!("a")).is_ok());
    assert!(schema.check(&json!(null)).is_err());
}

#[test]
fn ids_move_the_base_that_references_are_resolved_from() {
    #[track_caller]
    fn check(schema: &Value, good: &Value, bad: &Value) {
        let integer = json!({"type": "integer"});
        let documents = Documents::new().with("http://h/sub/integer.json", &integer);
        let compiled = Schema::compile(schema, &documents).expect("a schema");
        assert!(compiled.check(good).is_ok(), "{schema}");
        assert!(compiled.check(bad).is_err(), "{schema}");
    }
    let uses_integer = json!({"items": {"$ref": "integer.json"}});
    check(
        &json!({"id": "http://h/a", "definitions": {"x": {"id": "sub/", "definitions": {"y": uses_integer}}}, "allOf": [{"$ref": "sub/#/definitions/y"}]}),
        &json!([1]),
        &json!(["a"]),
    );
    check(
        &json!({"id": "http://h/a", "properties": {"p": {"id": "sub/", "$ref": "sub/integer.json"}}}),
        &json!({"p": 1}),
        &json!({"p": "a"}),
    );
    check(
        &json!({
            "id": "http://h/tree",
            "properties": {"nodes": {"items": {"$ref": "node"}}},
            "required": ["nodes"],
            "definitions": {"node": {"id": "http://h/node", "properties": {"subtree": {"$ref": "tree"}}}},
        }),
        &json!({"nodes": [{"subtree": {"nodes": []}}]}),
        &json!({"nodes": [{"subtree": {}}]}),
    );
    check(
        &json!({"definitions": {"": {"definitions": {"": {"type": "number"}}}}, "allOf": [{"$ref": "#/definitions//definitions/"}]}),
        &json!(1),
        &json!("a"),
    );
    check(
        &json!({"id": "urn:uuid:deadbeef-1234-00ff-ff00-4321feebdaed", "properties": {"a": {"$ref": "#/definitions/b"}}, "definitions": {"b": {"type": "string"}}}),
        &json!({"a": "x"}),
        &json!({"a": 1}),
    );
    check(
        &json!({"id": "http://h/x/y/../z?q#", "not": {"not": {"$ref": "./z?q#/definitions/b"}}, "definitions": {"b": {"type": "string"}}}),
        &json!("x"),
        &json!(1),
    );
}
