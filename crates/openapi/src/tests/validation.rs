#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::json;

use super::*;

const VALIDATORS: &str = "x-amazon-apigateway-request-validators: {all: {validateRequestBody: true, \
                          validateRequestParameters: true}, body: {validateRequestBody: true}, \
                          none: {}}";

/// An operation on `/{id}` that has this, and what else the document has.
fn with(version: &str, operation: &str, root: &str) -> String {
    let root = format!("{version}\n{VALIDATORS}\n{root}");
    document(&root, "/{id}", operation)
        .replace("https://a.internal/", "https://a.internal/{id}")
        .replace(
            "paths:\n  /{id}:\n",
            "paths:\n  /{id}:\n    parameters: [{in: query, name: shared, required: true}]\n",
        )
}

fn openapi(operation: &str, schemas: &str) -> String {
    let root = format!("components: {{schemas: {{{schemas}}}}}");
    with(
        "openapi: 3.0.1",
        &format!("x-amazon-apigateway-request-validator: all\n      {operation}"),
        &root,
    )
}

fn body(schema: &str) -> String {
    format!("requestBody: {{content: {{application/json: {{schema: {schema}}}}}}}")
}

#[track_caller]
fn check(text: &str, parameters: &[&str], models: &[(&str, &str)]) {
    let api = api(text, &Options::default());
    let validation = api.routes.values().next().expect("a route").validation.clone();
    let validation = validation.unwrap_or_default();
    assert_eq!(validation.required_parameters, parameters, "{text}");
    let found: Vec<_> =
        validation.models.iter().map(|(media_type, model)| (&**media_type, &**model)).collect();
    assert_eq!(found, models, "{text}");
    for (_, model) in models {
        assert!(api.models.contains_key(*model), "{model}");
    }
}

#[track_caller]
fn refuse(text: &str, reasons: &[&str]) {
    assert_eq!(refused(text, &Options::default()), reasons, "{text}");
}

const SHARED: &str = "method.request.querystring.shared";

#[test]
fn parameters_are_those_of_the_path_and_the_operation() {
    check(&openapi("", ""), &[SHARED], &[]);
    check(
        &openapi(
            "parameters: [{in: header, name: X-A, required: true}, {in: path, name: id, required: \
             true}, {in: cookie, name: c, required: true}, {in: query, name: q}, {in: query, name: \
             shared, required: false}]",
            "",
        ),
        &["method.request.header.X-A", "method.request.path.id"],
        &[],
    );
}

#[test]
fn a_validator_of_the_operation_comes_before_that_of_the_document() {
    let root = "x-amazon-apigateway-request-validator: all";
    check(&with("openapi: 3.0.1", "", root), &[SHARED], &[]);
    let own = "x-amazon-apigateway-request-validator: none";
    check(&with("openapi: 3.0.1", own, root), &[], &[]);
    refuse(
        &with("openapi: 3.0.1", "", "x-amazon-apigateway-request-validator: some"),
        &["`x-amazon-apigateway-request-validators` has no `some`"],
    );
}

#[test]
fn a_body_has_a_model_for_each_media_type() {
    let schemas = "Pet: {type: object}, Unused: {type: nothing}";
    let pet = "{$ref: '#/components/schemas/Pet'}";
    check(&openapi(&body(pet), schemas), &[SHARED], &[("application/json", "Pet")]);
    check(
        &openapi(
            &format!(
                "requestBody: {{content: {{Text/JSON; charset=utf-8: {{schema: {pet}}}, a/b: {{schema: {{type: object}}}}, c/d: {{schema: {{type: object}}}}, e/f: {{}}}}}}"
            ),
            schemas,
        ),
        &[SHARED],
        &[("a/b", "GETid"), ("c/d", "GETid"), ("text/json", "Pet")],
    );
}

#[test]
fn swagger_has_a_parameter_that_is_the_body() {
    let of = |operation: &str, root: &str| {
        let root = format!("definitions: {{Pet: {{type: object}}}}\n{root}");
        let operation = format!(
            "x-amazon-apigateway-request-validator: body\n      parameters: [{{in: body, name: pet, required: true, schema: {{$ref: '#/definitions/Pet'}}}}]\n      {operation}"
        );
        with("swagger: '2.0'", &operation, &root)
    };
    check(&of("", ""), &[], &[("application/json", "Pet")]);
    check(&of("", "consumes: [a/b]"), &[], &[("a/b", "Pet")]);
    check(&of("consumes: [a/b, c/d]", "consumes: [e/f]"), &[], &[("a/b", "Pet"), ("c/d", "Pet")]);
}

#[test]
fn a_model_brings_those_that_it_leads_to() {
    let schemas = "Pet: {type: object, properties: {owner: {$ref: '#/components/schemas/pet_owner'}, \
                   minItems: {type: array, maxItems: 2}}, example: {$ref: no}}, pet_owner: {allOf: \
                   [{$ref: '#/components/schemas/Pet'}, {$ref: \
                   'https://apigateway.amazonaws.com/restapis/abc/models/Deep'}]}, Deep: {items: \
                   {$ref: '#/components/schemas/Pet/properties/owner'}, x-a: b}, Far: {}";
    let text = openapi(&body("{$ref: '#/components/schemas/Pet'}"), schemas);
    let url = |name: &str| format!("https://apigateway.amazonaws.com/restapis/-/models/{name}");
    let expected = json!({
        "Pet": {"type": "object", "properties": {
            "owner": {"$ref": url("petowner#")},
            "minItems": {"type": "array"},
        }},
        "petowner": {"allOf": [{"$ref": url("Pet#")}, {"$ref": url("Deep#")}]},
        "Deep": {"items": {"$ref": url("Pet#/properties/owner")}},
    });
    assert_eq!(json!(api(&text, &Options::default()).models), expected);
    assert_eq!(
        told(&text),
        [
            "API Gateway leaves `maxItems` out of a model, and so does this",
            "a model is named with letters and digits alone, so this one is called `petowner`"
        ]
    );
}

#[test]
fn schemas_may_lead_to_each_other_in_a_long_row() {
    let row: Vec<_> = (0..5_000)
        .map(|n| format!("S{n}: {{not: {{$ref: '#/components/schemas/S{}'}}}}", n + 1))
        .collect();
    let schemas = format!("{}, S5000: {{}}", row.join(", "));
    let text = openapi(&body("{$ref: '#/components/schemas/S0'}"), &schemas);
    assert_eq!(api(&text, &Options::default()).models.len(), 5_001);
}

#[test]
fn what_cannot_be_validated_is_refused() {
    let parameters = |list: &str| openapi(&format!("parameters: {list}"), "");
    refuse(&parameters("{}"), &["a list belongs here, not an object"]);
    refuse(&parameters("[{in: query}]"), &["lacks `name`"]);
    refuse(
        &parameters("[{in: query, name: q, required: 1}]"),
        &["`true` or `false` belongs here, not a number"],
    );
    refuse(
        &parameters("[{in: path, name: key, required: true}]"),
        &["the path has no variable `key`, and a request without would be refused"],
    );
    refuse(
        &parameters("[{in: header, name: a b, required: true}]"),
        &["`a b` is not the name of a header"],
    );
    refuse(&parameters("[{$ref: '#/nowhere'}]"), &["there is no `#/nowhere` in this document"]);
    refuse(
        &openapi(&body("{$ref: '#/components/schemas/Pet'}"), ""),
        &["there is no schema `Pet`"],
    );
    refuse(
        &openapi(&body("{items: {$ref: 'pet.json'}}"), ""),
        &[
            "`pet.json` is no model: `#/components/schemas/NAME` belongs here, or `#/definitions/NAME` \
           in Swagger 2.0",
        ],
    );
    refuse(
        &openapi("requestBody: {content: {json: {schema: {}}}}", ""),
        &["`json` is not a media type such as `application/json`"],
    );
    refuse(
        &openapi(
            "requestBody: {content: {a/b: {schema: {}}, 'A/B; c=d': {schema: {type: object}}}}",
            "",
        ),
        &["the media type `A/B; c=d` is there twice"],
    );
    refuse(
        &openapi(&body("{properties: {a: {type: file}}}"), ""),
        &[
            "in a model for bodies, this is `file`, which is none of `array`, `boolean`, `integer`, \
           `null`, `number`, `object`, `string`",
        ],
    );
}

#[test]
fn an_http_api_does_not_validate() {
    let options = Options { protocol: Some(Protocol::Http), ..Options::default() };
    let translation = translate(&openapi("", ""), &options).expect("a translation");
    let notices: Vec<_> = translation.notices.iter().map(|notice| &*notice.reason).collect();
    assert_eq!(notices, ["API Gateway does not validate requests of an HTTP API"]);
}
