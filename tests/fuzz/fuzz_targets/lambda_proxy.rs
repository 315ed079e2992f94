//! What functions return: a response whose head ends where it should, or none.
#![no_main]

use libfuzzer_sys::fuzz_target;
use tollgate_lambda::Function;
use tollgate_lambda_proxy::{Config, Format, LambdaProxy, Transfer};
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Exchange, Headers, Response, is_token};

fuzz_target!(|input: (bool, &[u8])| {
    let (is_of_lambda, returned) = input;
    let function =
        Function { name: "f".into(), endpoint: "http://127.0.0.1:1".into(), signing_region: None };
    let binary = BinaryMediaTypes::compile(&["*/*".to_owned()]).expect("media types");
    for format in [Format::Rest, Format::V1, Format::V2] {
        let config = Config {
            function: function.clone(),
            format,
            timeout_millis: None,
            transfer: Transfer::Buffered,
        };
        let proxy = LambdaProxy::compile(&config).expect("a function");
        let fields: &[(&str, &str)] = if is_of_lambda { &[("x-amzn-requestid", "1")] } else { &[] };
        let headers: Headers = fields.iter().copied().collect();
        let reply = Response { status: 200, headers, body: returned.to_vec() };
        let Ok(response) = proxy.answer(&Exchange::default(), Some(reply), &binary) else { continue };
        assert!((200..600).contains(&response.status));
        for (name, value) in response.headers.iter() {
            assert!(is_token(name));
            assert!(value.iter().all(|byte| *byte == b'\t' || !byte.is_ascii_control()));
        }
    }
});
