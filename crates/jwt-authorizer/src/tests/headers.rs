//! What reaches later steps and the integration.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Edit, Exchange};

use super::tokens::{NOW, token};
use super::{authorizer, config, outcome, with_headers};

fn send(mapping: &Value, changes: &Value, more: &[(&str, &str)]) -> (String, Exchange) {
    let authorizer = authorizer(&config(&json!({ "claims_to_headers": mapping })));
    let bearer = token(changes);
    let fields = [("authorization", bearer.as_str())].into_iter().chain(more.iter().copied());
    let mut exchange = with_headers(fields);
    let outcome = outcome(&authorizer, &mut exchange, &FakeHost::at(NOW));
    (outcome, exchange)
}

#[test]
fn claims_go_on_as_api_gateway_writes_them() {
    #[track_caller]
    fn check(value: &Value, expected: Option<&str>) {
        let (outcome, exchange) =
            send(&json!({ "X-Claim": "claim" }), &json!({ "claim": value }), &[]);
        assert_eq!(outcome, "admitted");
        let sent = exchange.request.headers.get("x-claim").map(String::from_utf8_lossy);
        assert_eq!(sent.as_deref(), expected, "{value}");
    }
    check(&json!("alice"), Some("alice"));
    check(&json!(""), Some(""));
    check(&json!(1_785_675_600), Some("1785675600"));
    check(&json!(-1.5), Some("-1.5"));
    check(&json!(true), Some("true"));
    check(&json!(["a", "b"]), Some("[a b]"));
    check(&json!([1, [true, "c"]]), Some("[1 [true c]]"));
    check(&json!([]), Some("[]"));
    check(&json!({ "a": "b" }), Some(r#"{"a":"b"}"#));
    check(&Value::Null, None);
}

#[test]
fn what_a_client_sends_under_these_names_is_removed() {
    let mapping = json!({ "X-User": "sub", "X-Tenant": "tenant" });
    let forged =
        [("x-user", "root"), ("X-USER", "root"), ("x_user", "root"), ("x-tenant", "theirs")];
    let (outcome, exchange) = send(&mapping, &json!({}), &forged);
    assert_eq!(outcome, "admitted");
    let headers = &exchange.request.headers;
    assert_eq!(headers.get_all("x-user").collect::<Vec<_>>(), [b"alice"]);
    assert_eq!(headers.get("x-tenant"), None);
    assert_eq!(
        headers.edits().collect::<Vec<_>>(),
        [
            Edit::Remove(b"x-tenant"),
            Edit::Remove(b"x-user"),
            Edit::Remove(b"x_user"),
            Edit::Set(b"X-User", b"alice"),
        ]
    );
    // So too where the request goes no further, in case something else lets it.
    let (outcome, exchange) = send(&mapping, &json!({ "exp": 1 }), &forged);
    assert_eq!(outcome, "401 the token has expired");
    assert_eq!(exchange.request.headers.get("x-user"), None);
}

#[test]
fn later_steps_know_the_caller() {
    let (_, exchange) = send(&json!({}), &json!({ "scope": "a b", "tier": 1 }), &[]);
    let authorizer = exchange.context.authorizer.expect("an identity");
    assert_eq!(authorizer.principal_id.as_deref(), Some("alice"));
    assert_eq!(authorizer.claims.get("tier"), Some(&json!(1)));
    assert_eq!(authorizer.scopes.as_deref(), Some(&["a".to_owned(), "b".to_owned()][..]));
    let (_, exchange) = send(&json!({}), &json!({ "sub": null }), &[]);
    let authorizer = exchange.context.authorizer.expect("an identity");
    assert_eq!((authorizer.principal_id, authorizer.scopes), (None, None));
}
