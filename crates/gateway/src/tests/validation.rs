//! What requests must be like, in a REST API.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Policy, Verdict};

use super::{NOW, Sent, compile, definition, gateway, merge, open_api, request, send};
use crate::Gateway;

const KEY: &str = "POST /pets/{issuer}";

fn api(validation: &Value) -> Value {
    let mut api = open_api("rest", &[(KEY, "http://b")], &["v1"]);
    api["routes"][KEY]["validation"] = validation.clone();
    let models = json!({
        "pet": { "type": "object", "required": ["a", "b"], "properties": { "a": { "type": "number" } } },
        "pets": { "type": "array", "items": { "$ref": "https://apigateway.amazonaws.com/restapis/abc/models/pet" } },
    });
    merge(&mut api, &json!({ "models": models }));
    api
}

fn serving(validation: &Value) -> Gateway {
    let mut api = api(validation);
    let template = "{\"message\":$context.error.messageString,\"why\":\"$context.error.validationErrorString\"}";
    let response = json!({ "response_templates": { "application/json": template } });
    if validation.get("models").is_some_and(|models| models.get("text/why").is_some()) {
        merge(&mut api, &json!({ "gateway_responses": { "BAD_REQUEST_BODY": response } }));
    }
    gateway(&definition(&[("a", api)]))
}

fn answer(gateway: &Gateway, path: &str, fields: &[(&str, &str)], body: &[u8]) -> String {
    let Sent { mut exchange, mut notes, verdict } =
        send(gateway, request("POST", "a", path, fields));
    let verdict = match verdict {
        Verdict::Body => {
            let host = FakeHost::at(NOW);
            gateway.on_request_body(&mut notes, &mut exchange, &mut body.to_vec(), &host)
        }
        verdict => verdict,
    };
    match verdict {
        Verdict::Continue => "goes on".to_owned(),
        Verdict::Respond(response) => {
            format!("{} {}", response.status, String::from_utf8_lossy(&response.body))
        }
        verdict => format!("{verdict:?}"),
    }
}

/// As recorded of API Gateway.
#[test]
fn parameters_are_missed_in_order_and_before_the_body() {
    let gateway = serving(&json!({
        "required_parameters": [
            "method.request.querystring.qs1",
            "method.request.path.issuer",
            "method.request.header.x-header-param",
        ],
        "models": { "application/json": "pet" },
    }));
    assert_eq!(
        answer(&gateway, "/v1/pets/%20", &[], b"{"),
        r#"400 {"message": "Missing required request parameters: [x-header-param, issuer, qs1]"}"#
    );
    let with = [("x-header-param", "1")];
    assert_eq!(
        answer(&gateway, "/v1/pets/i?qs1=1", &with, b"{"),
        r#"400 {"message": "Invalid request body"}"#
    );
    let body = br#"{"a":1,"b":2}"#;
    assert_eq!(answer(&gateway, "/v1/pets/i?qs1=1", &with, body), "goes on");
}

#[test]
fn a_body_is_what_its_model_says_or_is_refused_with_the_reason_for_the_operator() {
    let gateway = serving(&json!({ "models": { "application/json": "pets", "text/why": "pet" } }));
    let answer =
        |fields: &[(&str, &str)], body: &[u8]| answer(&gateway, "/v1/pets/i", fields, body);
    assert_eq!(answer(&[], br#"[{"a":1,"b":2}]"#), "goes on");
    assert_eq!(
        answer(&[("content-type", "text/why; charset=utf-8")], br#"{"a":"x"}"#),
        r#"400 {"message":"Invalid request body","why":"[object has missing required properties (["b"])]"}"#
    );
    assert_eq!(answer(&[("content-type", "text/csv")], b"anything"), "goes on");
}

#[test]
fn a_model_that_there_is_not_is_refused() {
    let refuse = |validation: &Value| {
        let refused = compile(&definition(&[("a", api(validation))]));
        refused.expect_err("it is refused").to_string()
    };
    assert_eq!(
        refuse(&json!({ "models": { "application/json": "Pest" } })),
        "apis.a.routes.POST /pets/{issuer}.validation.models.application/json: there is no model `Pest`"
    );
    let mut bad = api(&json!({}));
    bad["models"]["pet"] = json!({ "type": "objekt" });
    let refused = compile(&definition(&[("a", bad)])).expect_err("it is refused").to_string();
    assert!(refused.starts_with("apis.a.models.pet"), "{refused}");
}
