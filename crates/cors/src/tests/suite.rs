//! What two other implementations decide in the same case.

use serde_json::Value;
use tollgate_policy::{Headers, Request, load};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::Cors;

const CASES: &str = include_str!("../../../../tests/data/cors/cases.jsonl");

/// Their authors say nothing to an origin that may not send this method or these header fields. API
/// Gateway says what may be sent, and leaves the rest to the browser.
const LEFT_TO_THE_BROWSER: [&str; 3] = [
    "jub0bs/credentialed/preflight with PURGE and Authorization with too many empty elements from \
     allowed",
    "jub0bs/credentialed/preflight with GET and headers from allowed",
    "jub0bs/outer Vary middleware/preflight with PURGE from allowed",
];

/// Whether the page may read the answer.
#[derive(Debug, PartialEq, Eq)]
enum Decision {
    Allowed,
    Denied,
}

fn config(written: &Value) -> Value {
    let mut config = written.clone();
    let fields = config.as_object_mut().unwrap();
    fields.remove("extra");
    let max_age = fields.remove("max_age").unwrap();
    fields.insert("max_age_secs".to_owned(), max_age);
    config
}

fn request(case: &Value) -> Request {
    let mut fields = vec![(":method".to_owned(), case["method"].as_str().unwrap())];
    for (name, values) in case["req_headers"].as_object().unwrap() {
        // What stands there instead of a list is a value that was made by a function.
        for value in values.as_array().into_iter().flatten() {
            fields.push((name.clone(), value.as_str().unwrap()));
        }
    }
    Request { headers: fields.into_iter().collect() }
}

fn decide(cors: &Cors, request: &Request) -> Decision {
    let headers = match cors.preflight(request) {
        Some(response) => response.headers,
        None => {
            let mut headers = Headers::new();
            cors.mark(request, &mut headers);
            headers
        }
    };
    match headers.get("access-control-allow-origin") {
        Some(said) => {
            assert!(said == b"*" || Some(said) == request.headers.get("origin"));
            Decision::Allowed
        }
        None => Decision::Denied,
    }
}

#[test]
fn other_implementations_decide_the_same() {
    let (mut same, mut left) = (0, 0);
    for line in CASES.lines() {
        let case: Value = serde_json::from_str(line).unwrap();
        let id = case["id"].as_str().unwrap();
        let loaded = load::<Cors>(config(&case["config"]).to_string().as_bytes());
        let (cors, request) = (loaded.expect(id), request(&case));
        if request.headers.get("origin").is_none() {
            // Nobody else's page, so there is nothing to decide.
            assert_eq!(decide(&cors, &request), Decision::Denied, "{id}");
            continue;
        }
        let expected = if case["acao"].is_null() { Decision::Denied } else { Decision::Allowed };
        if LEFT_TO_THE_BROWSER.contains(&id) {
            assert_eq!(expected, Decision::Denied, "{id}");
            assert_eq!(decide(&cors, &request), Decision::Allowed, "{id}");
            left += 1;
        } else {
            assert_eq!(decide(&cors, &request), expected, "{id}");
            same += 1;
        }
    }
    assert_eq!((same, left), (55, 3));
}
