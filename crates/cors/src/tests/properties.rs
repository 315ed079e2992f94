//! What holds of every configuration, of whatever a client sends and an integration says.

use proptest::prelude::*;
use serde_json::json;
use tollgate_policy::{Headers, Request};

use super::cors;

/// Parts that origins are made of, so that some fit and many almost do.
fn origin() -> impl Strategy<Value = String> {
    let scheme = prop::sample::select(vec!["https", "http", "app", "HTTPS"]);
    let host = prop::sample::select(vec!["a", "b.a", "c.b.a", "ba", "a.evil", ".a", "[::1]", "*"]);
    let port = prop::sample::select(vec!["", ":80", ":443", ":8443", ":", "/", ",https://a"]);
    (scheme, host, port).prop_map(|(scheme, host, port)| format!("{scheme}://{host}{port}"))
}

fn sent() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        8 => origin().prop_map(String::into_bytes),
        1 => Just(b"null".to_vec()),
        2 => prop::collection::vec(any::<u8>(), 0..400),
    ]
}

type Meaning = fn(&str) -> bool;

/// What may be configured, and whom it means, said in another way than the crate says it.
const MEANINGS: [(&str, Meaning); 6] = [
    ("https://a", |origin| origin == "https://a"),
    ("http://b.a:8443", |origin| origin == "http://b.a:8443"),
    ("app://a", |origin| origin == "app://a"),
    ("https://*", |origin| origin.starts_with("https://")),
    ("https://*.a", |origin| origin.starts_with("https://") && origin.ends_with(".a")),
    ("http://a:*", |origin| origin == "http://a" || origin.starts_with("http://a:")),
];

proptest! {
    #[test]
    fn no_response_names_an_origin_that_is_not_allowed(
        chosen in prop::sample::subsequence(MEANINGS.to_vec(), 0..=MEANINGS.len()),
        origins in prop::collection::vec(sent(), 0..3),
        said in prop::collection::vec(sent(), 0..3),
        is_preflight: bool,
    ) {
        let configured: Vec<_> = chosen.iter().map(|(pattern, _)| *pattern).collect();
        let cors = cors(&json!({"allow_origins": configured, "allow_credentials": true}));
        let mut fields = vec![(":method", b"OPTIONS".to_vec())];
        fields.extend(origins.iter().map(|origin| ("origin", origin.clone())));
        if is_preflight {
            fields.push(("access-control-request-method", b"PUT".to_vec()));
        }
        let request = Request { headers: fields.into_iter().collect() };
        let answered = cors.preflight(&request);
        prop_assert_eq!(answered.is_some(), is_preflight && !origins.is_empty());
        let headers = answered.map_or_else(
            || {
                let said = said.iter().map(|value| ("access-control-allow-origin", value));
                let mut headers: Headers = said.collect();
                cors.mark(&request, &mut headers);
                headers
            },
            |response| response.headers,
        );
        let granted: Vec<_> = headers.get_all("access-control-allow-origin").collect();
        let credentials = headers.get("access-control-allow-credentials");
        prop_assert_eq!(credentials.is_some(), !granted.is_empty());
        if let Some(granted) = granted.first() {
            prop_assert_eq!(&origins, &[granted.to_vec()]);
            let granted = std::str::from_utf8(granted).unwrap();
            prop_assert!(granted.bytes().all(|byte| byte.is_ascii_graphic()));
            prop_assert!(chosen.iter().any(|(_, means)| means(granted)), "{}", granted);
        }
        prop_assert!(granted.len() <= 1);
        prop_assert_eq!(headers.get("vary").is_some(), !configured.is_empty());
    }

    #[test]
    fn what_is_configured_and_sent_alike_is_allowed(host in "[a-z]{1,9}(\\.[a-z0-9_-]{1,9}){0,3}", port in 1..=u16::MAX) {
        let cors_of = |origin: &str| cors(&json!({"allow_origins": [origin]}));
        let origin = if port == 80 { format!("http://{host}") } else { format!("http://{host}:{port}") };
        let request = Request { headers: Headers::from_iter([("origin", &origin)]) };
        for configured in [&*origin, "http://*", &format!("http://{host}:*"), &origin.to_uppercase()] {
            let mut headers = Headers::new();
            cors_of(configured).mark(&request, &mut headers);
            prop_assert_eq!(headers.get("access-control-allow-origin"), Some(origin.as_bytes()));
        }
    }
}
