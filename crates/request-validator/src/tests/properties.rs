//! What holds of whatever a client sends.

use proptest::prelude::*;
use serde_json::json;
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Policy, Request, Verdict, load};

use crate::{Notes, RequestValidator};

proptest! {
    #[test]
    fn nothing_a_client_sends_is_too_much(
        path in prop::collection::vec(any::<u8>(), 0..60),
        tail in "[a?&=%+/q0-9]{0,20}",
        media_type in prop::collection::vec(any::<u8>(), 0..40),
        body in prop::collection::vec(any::<u8>(), 0..200),
        text in r#"[\[\]{}":,0-9a-z\\ ]{0,60}"#,
    ) {
        let config = json!({
            "models": {"A": {"properties": {"a": {"$ref": "#"}}, "uniqueItems": true}},
            "rules": [{"path": "/{a}/{b+}", "validation": {
                "required_parameters": ["method.request.querystring.q", "method.request.path.b"],
                "models": {"$default": "A", "application/json": "A"},
            }}],
            "unmatched": "refuse",
        });
        let filter: RequestValidator = load(config.to_string().as_bytes()).unwrap();
        let host = FakeHost::default();
        for path in [path, format!("/a/{tail}").into_bytes()] {
            let mut headers = Headers::new();
            headers.set(":path", &path);
            headers.set("content-type", &media_type);
            let mut exchange = Exchange { request: Request { headers }, ..Exchange::default() };
            let mut notes = Notes::default();
            if matches!(filter.on_request(&mut notes, &mut exchange, &host), Verdict::Body) {
                for body in [&body[..], text.as_bytes()] {
                    let mut sent = body.to_vec();
                    let verdict = filter.on_request_body(&mut notes, &mut exchange, &mut sent, &host);
                    prop_assert!(matches!(verdict, Verdict::Continue | Verdict::Respond(_)));
                    prop_assert_eq!(&sent[..], body);
                }
            }
        }
    }
}
