//! Models, and what leads from one to another.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{compile, compile_models, exchange};

/// Whether a body is good, by the model `Pet`.
#[track_caller]
fn check(models: &Value, body: &Value, is_good: bool) {
    let validation = json!({"models": {"application/json": "Pet"}});
    let validator = compile(validation, models).expect("a validator");
    let checked = validator.check_body(&exchange(&[]), body.to_string().as_bytes());
    assert_eq!(checked.is_ok(), is_good, "{checked:?}");
}

#[test]
fn models_lead_to_one_another_in_each_of_the_forms() {
    for reference in [
        "https://apigateway.amazonaws.com/restapis/abc123/models/Person",
        "https://apigateway.amazonaws.com/restapis/-/models/Person",
        "https://apigateway.amazonaws.com/restapis/abc123/models/Person#/definitions/it",
        "#/definitions/Person",
        "#/definitions/Person/definitions/it",
        "#/components/schemas/Person",
        "Person",
    ] {
        let models = json!({
            "Pet": {"properties": {"owner": {"$ref": reference}}},
            "Person": {"required": ["name"], "definitions": {"it": {"required": ["name"]}}},
        });
        check(&models, &json!({"owner": {"name": "A"}}), true);
        check(&models, &json!({"owner": {}}), false);
    }
}

#[test]
fn a_definition_of_its_own_comes_before_a_model() {
    let models = json!({
        "Pet": {
            "definitions": {"Person": {"type": "string"}},
            "properties": {"owner": {"$ref": "#/definitions/Person"}},
        },
        "Person": {"type": "object"},
    });
    check(&models, &json!({"owner": "A"}), true);
    check(&models, &json!({"owner": {}}), false);
}

#[test]
fn models_may_lead_to_one_another_in_circles() {
    let url = |name: &str| format!("https://apigateway.amazonaws.com/restapis/x/models/{name}");
    let models = json!({
        "Pet": {"type": "object", "properties": {"owner": {"$ref": url("Person")}}},
        "Person": {"type": "object", "properties": {"pets": {"items": {"$ref": url("Pet")}}}},
    });
    check(&models, &json!({"owner": {"pets": [{"owner": {"pets": []}}]}}), true);
    check(&models, &json!({"owner": {"pets": [{"owner": {"pets": [1]}}]}}), false);
}

#[test]
fn the_models_that_every_api_has_are_there() {
    for (name, body, is_good) in [
        ("Empty", "{}", true),
        ("Empty", "[]", false),
        ("Error", r#"{"message": "a"}"#, true),
        ("Error", r#"{"message": 1}"#, false),
    ] {
        let validation = json!({"models": {"application/json": name}});
        let validator = compile(validation, &json!({})).expect("a validator");
        assert_eq!(
            validator.check_body(&exchange(&[]), body.as_bytes()).is_ok(),
            is_good,
            "{body}"
        );
    }
    let own = json!({"Empty": {"type": "array"}, "Pet": {"$ref": "#/definitions/Empty"}});
    check(&own, &json!([]), true);
    check(&own, &json!({}), false);
}

#[test]
fn what_openapi_adds_means_nothing() {
    let models = json!({"Pet": {
        "type": "object",
        "properties": {"a": {"type": "string", "nullable": true, "example": "b", "format": "byte", "readOnly": true}},
        "discriminator": {"propertyName": "a"},
        "xml": {"name": "pet"},
        "x-anything": 7,
    }});
    check(&models, &json!({"a": "?"}), true);
    check(&models, &json!({"a": null}), false);
}

#[test]
fn what_is_no_model_is_refused_by_its_name_and_where_in_it() {
    #[track_caller]
    fn check(models: &Value, expected: &str) {
        assert_eq!(compile_models(models).expect_err("a refusal").to_string(), expected);
    }
    check(&json!({"My_Pet": {}}), "My_Pet: has a name that is not letters and digits alone");
    check(&json!({"": {}}), "has a name that is not letters and digits alone");
    check(&json!({"Pet": 7}), "Pet: `#` must be a schema, which is an object");
    check(
        &json!({"A": {}, "Pet": {"properties": {"a": {"pattern": "(?=a)"}}}}),
        "Pet: `#/properties/a/pattern` cannot be served: `(?=a)` has a lookahead, which takes more than one pass",
    );
    check(
        &json!({"Pet": {"$ref": "https://apigateway.amazonaws.com/restapis/x/models/Cat"}}),
        "Pet: `#/$ref` leads to `https://apigateway.amazonaws.com/restapis/x/models/Cat`, which is not there",
    );
    check(
        &json!({"Pet": {"$ref": "https://pets.example/#/definitions/Error"}}),
        "Pet: `#/$ref` leads to `https://pets.example/#/definitions/Error`, which is not there",
    );
}

#[test]
fn what_leads_to_no_model_is_refused() {
    #[track_caller]
    fn check(models: &Value, expected: &str) {
        let invalid = compile(json!({"models": models}), &json!({})).expect_err("a refusal");
        assert_eq!(invalid.to_string(), expected);
    }
    check(&json!({"application/json": "Pet"}), "models.application/json: there is no model `Pet`");
    check(&json!({"json": "Empty"}), "models.json: `json` is neither a media type nor `$default`");
    check(
        &json!({"application/json; charset=utf-8": "Empty"}),
        "models.application/json; charset=utf-8: `application/json; charset=utf-8` is neither a media type nor `$default`",
    );
    check(
        &json!({"application/json": "Empty", "Application/JSON": "Error"}),
        "models.application/json: is there in another case, too",
    );
}
