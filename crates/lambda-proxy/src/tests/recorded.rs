//! What API Gateway has made of what functions returned.

use serde_json::Value;
use tollgate_policy::Fault;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::answer;
use crate::Format;

const RESPONSES: &str = include_str!("../../../../tests/data/lambda/responses.jsonl");

/// What API Gateway and the proxy add to every response, and what only the edge does.
const OF_OTHERS: [&str; 9] = [
    "connection",
    "content-length",
    "date",
    "via",
    "x-amz-apigw-id",
    "x-amz-cf-id",
    "x-amz-cf-pop",
    "x-amzn-requestid",
    "x-amzn-trace-id",
];

#[test]
fn a_response_of_a_rest_api_is_what_was_recorded() {
    for line in RESPONSES.lines() {
        let row: Value = serde_json::from_str(line).unwrap();
        let id = row["id"].as_str().unwrap();
        let status = u16::try_from(row["status"].as_u64().unwrap()).unwrap();
        let outcome = answer(Format::Rest, &row["returned"]);
        if status == 502 {
            assert_eq!(outcome.unwrap_err().fault, Fault::BadFunctionResponse, "{id}");
            continue;
        }
        let response = outcome.unwrap();
        assert_eq!(response.status, status, "{id}");
        assert_eq!(response.body, row["content"].as_str().unwrap().as_bytes(), "{id}");
        let Some(recorded) = row["headers"].as_object() else { continue };
        for (name, value) in recorded {
            let name = name.to_ascii_lowercase();
            if OF_OTHERS.contains(&name.as_str()) || name == "x-cache" {
                continue;
            }
            // Whoever recorded it has joined the values of a name.
            let told: Vec<_> = response.headers.get_all(&name).collect();
            let told = told.join(&b", "[..]);
            assert_eq!(told, value.as_str().unwrap().as_bytes(), "{id}: {name}");
        }
    }
}
