//! Which functions are refused.

use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::config;
use crate::{Config, Format, LambdaProxy, Transfer};

#[track_caller]
fn check_timeout(format: Format, transfer: Transfer, millis: u32, limits: Option<&str>) {
    let config = Config { timeout_millis: Some(millis), ..config(format, transfer) };
    let reason = limits.map(|limits| format!("`{millis}` is not from 50 to {limits}"));
    let refused = LambdaProxy::compile(&config).err().map(|invalid| {
        assert_eq!(invalid.field, "timeout_millis");
        invalid.reason
    });
    assert_eq!(refused, reason);
}

#[test]
fn a_time_out_is_within_the_limits_of_its_kind_of_api() {
    for (format, most) in [(Format::Rest, 29_000), (Format::V1, 30_000), (Format::V2, 30_000)] {
        check_timeout(format, Transfer::Buffered, 50, None);
        check_timeout(format, Transfer::Buffered, most, None);
        check_timeout(format, Transfer::Buffered, 49, Some(&most.to_string()));
        check_timeout(format, Transfer::Buffered, most + 1, Some(&most.to_string()));
    }
    check_timeout(Format::Rest, Transfer::Stream, 900_000, None);
    check_timeout(Format::Rest, Transfer::Stream, 900_001, Some("900000"));
}

#[test]
fn only_a_rest_api_streams() {
    for format in [Format::V1, Format::V2] {
        let invalid = LambdaProxy::compile(&config(format, Transfer::Stream)).unwrap_err();
        assert_eq!(invalid.field, "transfer");
        assert_eq!(invalid.reason, "only a REST API streams what functions write");
    }
}

#[test]
fn a_function_that_cannot_be_called_is_refused_at_its_place() {
    let mut nameless = config(Format::V2, Transfer::Buffered);
    nameless.function.name.clear();
    assert_eq!(LambdaProxy::compile(&nameless).unwrap_err().field, "function.name");
    let mut nowhere = config(Format::Rest, Transfer::Stream);
    nowhere.function.endpoint = "lambda".to_owned();
    assert_eq!(LambdaProxy::compile(&nowhere).unwrap_err().field, "function.endpoint");
}

#[test]
fn a_configuration_is_read_as_it_is_written() {
    let written = json!({
        "function": {"name": "pets", "endpoint": "http://127.0.0.1:9000"},
        "format": "2.0",
    });
    let read: Config = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(read, config(Format::V2, Transfer::Buffered));
    assert_eq!(serde_json::to_value(read).unwrap(), written);
    let streams = json!({
        "function": {"name": "pets", "endpoint": "http://127.0.0.1:9000"},
        "format": "rest", "timeout_millis": 1000, "transfer": "stream",
    });
    let read: Config = serde_json::from_value(streams.clone()).unwrap();
    assert_eq!(serde_json::to_value(read).unwrap(), streams);
    for (name, value) in
        [("format", json!("3.0")), ("transfer", json!("fast")), ("formt", json!(1))]
    {
        let mut wrong = written.clone();
        wrong[name] = value;
        assert!(serde_json::from_value::<Config>(wrong).is_err(), "{name}");
    }
}
