//! What reaches the backend.

use serde_json::{Value, json};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{Worker, allow, deny, exchange, returns, token, with};

/// What of a request goes on under `x-tenant` and what is like it.
fn sent(answer: &Value, fields: &[(&str, &[u8])]) -> Vec<String> {
    let changes = json!({"context_to_headers": {"X-Tenant": "tenant"}});
    let worker = Worker::new(&token(), &changes);
    let fields: Vec<_> = [("authorization", &b"t"[..])].iter().chain(fields).copied().collect();
    let (judged, ..) = worker.judge(exchange("/", &fields), returns(answer.to_string()));
    let ours = judged.request.headers.iter().filter(|(name, _)| name.len() == "x-tenant".len());
    ours.map(|(_, value)| String::from_utf8_lossy(value).into_owned()).collect()
}

#[test]
fn what_an_answer_says_goes_on_and_what_a_client_says_does_not() {
    let forged = [("x-tenant", &b"theirs"[..]), ("X-TENANT", b"theirs"), ("x_tenant", b"theirs")];
    for (context, expected) in [
        (json!({"tenant": "t-7"}), vec!["t-7"]),
        (json!({"tenant": 7}), vec!["7"]),
        (json!({"tenant": true}), vec!["true"]),
        (json!({"tenant": null}), vec![]),
        (json!({"other": "t"}), vec![]),
    ] {
        let answer = with(allow("*"), "context", context);
        assert_eq!(sent(&answer, &forged), expected, "{answer}");
    }
    assert!(sent(&allow("*"), &forged).is_empty());
    // So too where the request goes no further, in case something else lets it.
    let answer = with(deny("*"), "context", json!({"tenant": "t"}));
    assert!(sent(&answer, &forged).is_empty());
}

#[test]
fn a_path_is_let_in_only_if_all_readings_of_it_are() {
    let arn = "arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/GET/";
    let worker = Worker::new(&token(), &json!({}));
    for (path, expected) in [
        ("/pets", true),
        ("/pets/1", true),
        ("/p%65ts/1", false),
        ("/pets/%2e%2e/admin", false),
        ("/pets/../admin", false),
        ("/admin", false),
    ] {
        let answer = returns(allow(&format!("{arn}pets*")).to_string());
        let (_, outcome, _) = worker.judge(exchange(path, &[("authorization", b"t")]), answer);
        assert_eq!(outcome == "admitted", expected, "{path}: {outcome}");
    }
}
