//! What holds of whatever a function returns, and of whatever a client sends.

use proptest::prelude::*;
use serde_json::{Map, Value, json};
use tollgate_lambda::event::Source;
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Headers, Response, is_token};

use super::{config, exchange, proxy, reply};
use crate::{Format, LambdaProxy, Transfer};

const FORMATS: [Format; 3] = [Format::Rest, Format::V1, Format::V2];

/// What functions might say, right and wrong.
fn value() -> impl Strategy<Value = Value> {
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        (0_u16..700).prop_map(Value::from),
        "(200|404|[ -~]{0,6}|.{0,6}|[\r\n\0 a-z:]{0,8})".prop_map(Value::from),
    ];
    leaf.prop_recursive(3, 24, 4, |inner| {
        prop_oneof![
            prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
            prop::collection::btree_map("([a-zA-Z-]{1,8}|.{0,4})", inner, 0..4)
                .prop_map(|members| Value::Object(members.into_iter().collect::<Map<_, _>>())),
        ]
    })
}

fn returned() -> impl Strategy<Value = Vec<u8>> {
    let members = (
        prop::option::of(prop_oneof![3 => Just(json!(200)), 1 => value()]),
        prop::option::of(value()),
        prop::option::of(value()),
        prop::option::of(value()),
        prop::option::of(prop_oneof![Just(json!(true)), value()]),
        prop::option::of(value()),
    );
    let object = members.prop_map(|(status, headers, lists, body, is_base64, cookies)| {
        let members = [
            ("statusCode", status),
            ("headers", headers),
            ("multiValueHeaders", lists),
            ("body", body),
            ("isBase64Encoded", is_base64),
            ("cookies", cookies),
        ];
        let members =
            members.into_iter().filter_map(|(name, value)| Some((name.to_owned(), value?)));
        Value::Object(members.collect()).to_string().into_bytes()
    });
    prop_oneof![
        6 => object,
        1 => value().prop_map(|value| value.to_string().into_bytes()),
        1 => prop::collection::vec(any::<u8>(), 0..60),
    ]
}

fn is_plain(response: &Response) -> bool {
    let fields = response.headers.iter().all(|(name, value)| {
        let clean = |byte: &u8| *byte == b'\t' || !byte.is_ascii_control();
        is_token(name) && name.to_ascii_lowercase() == name && value.iter().all(clean)
    });
    fields
        && (200..600).contains(&response.status)
        && response.headers.get("content-length").is_none()
}

proptest! {
    #[test]
    fn whatever_a_function_returns_is_a_response_or_none(
        returned in returned(),
        accept in prop::sample::select(vec!["image/png", "text/html", ""]),
    ) {
        let binary = BinaryMediaTypes::compile(&["image/png".to_owned()]).unwrap();
        let exchange = exchange(&[("accept", accept.as_bytes())]);
        for format in FORMATS {
            let outcome = proxy(format).answer(&exchange, Some(reply(returned.clone())), &binary);
            if let Ok(response) = outcome {
                prop_assert!(is_plain(&response), "{format:?}: {response:?}");
            }
        }
    }

    #[test]
    fn whatever_a_function_writes_is_a_response_or_none(
        head in returned(),
        body in prop::collection::vec(any::<u8>(), 0..40),
        is_framed in any::<bool>(),
        noise in prop::collection::vec(any::<u8>(), 0..80),
    ) {
        let proxy = LambdaProxy::compile(&config(Format::Rest, Transfer::Stream)).unwrap();
        let media_type =
            if is_framed { "application/vnd.amazon.eventstream" } else { "application/octet-stream" };
        for body in [[&head[..], &[0; 8], &body[..]].concat(), noise] {
            let headers = Headers::from_iter([("content-type", media_type)]);
            let reply = Response { status: 200, headers, body };
            let outcome = proxy.answer(&exchange(&[]), Some(reply), &BinaryMediaTypes::default());
            if let Ok(response) = outcome {
                prop_assert!(is_plain(&response), "{response:?}");
            }
        }
    }

    #[test]
    fn a_function_can_make_the_body_of_what_it_is_told(
        body in prop::collection::vec(any::<u8>(), 0..60),
        media_type in prop::sample::select(vec!["text/plain", "application/json", "image/png", ""]),
    ) {
        use base64::Engine as _;
        let exchange = exchange(&[("content-type", media_type.as_bytes())]);
        for format in FORMATS {
            let source = Source { exchange: &exchange, path: "/pets" };
            let call = proxy(format).call(source, &body, &BinaryMediaTypes::default());
            let event: Value = serde_json::from_slice(&call.body).unwrap();
            let told = event["body"].as_str().unwrap_or_default();
            let made = if event["isBase64Encoded"] == true {
                base64::engine::general_purpose::STANDARD.decode(told).unwrap()
            } else {
                told.as_bytes().to_vec()
            };
            prop_assert_eq!(&made, &body);
            // And back again: what it echoes is what was sent.
            let echo = json!({"statusCode": 200, "body": told, "isBase64Encoded": event["isBase64Encoded"]});
            let binary = BinaryMediaTypes::compile(&["*/*".to_owned()]).unwrap();
            let response = proxy(format)
                .answer(&exchange, Some(reply(echo.to_string())), &binary)
                .unwrap();
            prop_assert_eq!(&response.body, &body);
        }
    }
}
