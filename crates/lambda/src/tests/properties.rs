//! What holds of every request.

use proptest::prelude::*;
use serde_json::Value;
use tollgate_mapping::Dialect;
use tollgate_policy::{Headers, Response};

use super::{exchange, v1, v2};
use crate::returned;

fn fields() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = "x-[a-z0-9-]{0,3}";
    prop::collection::vec((name, prop::collection::vec(any::<u8>(), 0..8)), 0..12)
}

proptest! {
    #[test]
    fn an_event_keeps_method_path_and_every_value(
        method in "[A-Z]{1,7}",
        path in "/[ -~]{0,30}",
        fields in fields(),
    ) {
        let sent: Vec<(&str, &[u8])> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_slice())).collect();
        let mut exchange = exchange(&path, &sent);
        exchange.request.headers = exchange
            .request
            .headers
            .iter()
            .map(|(name, value)| (str::from_utf8(name).unwrap(), value))
            .map(|(name, value)| (name, if name == ":method" { method.as_bytes() } else { value }))
            .collect::<Headers>();
        let event = v1(&exchange, "/", Dialect::Rest);
        prop_assert_eq!(&event["httpMethod"], &method);
        let second = v2(&exchange);
        prop_assert_eq!(&second["requestContext"]["http"]["method"], &method);
        let query = path.split_once('?').map_or("", |(_, query)| query);
        prop_assert_eq!(&second["rawQueryString"], query);
        for (name, _) in &fields {
            // Whoever writes the name in another way reads the same.
            let (_, told) = (event["multiValueHeaders"].as_object().unwrap().iter())
                .find(|(told, _)| told.eq_ignore_ascii_case(name))
                .unwrap();
            let expected: Vec<_> = (fields.iter().filter(|(other, _)| other == name))
                .map(|(_, value)| Value::from(String::from_utf8_lossy(value)))
                .collect();
            prop_assert_eq!(told, &Value::from(expected.clone()));
            let joined: Vec<_> = expected.iter().map(|value| value.as_str().unwrap()).collect();
            prop_assert_eq!(&second["headers"][name.as_str()], &joined.join(","));
        }
    }

    #[test]
    fn every_reply_is_told_apart_without_a_panic(
        status in 0_u16..1_000,
        names in prop::sample::subsequence(vec!["x-amzn-requestid", "x-amz-function-error"], 0..=2),
        body in prop::collection::vec(any::<u8>(), 0..40),
    ) {
        let headers = names.iter().map(|name| (*name, "1")).collect();
        let outcome = returned(Some(Response { status, headers, body: body.clone() }));
        if let Ok(handed) = outcome {
            prop_assert!((200..300).contains(&status));
            prop_assert_eq!(handed, body);
        }
    }
}
