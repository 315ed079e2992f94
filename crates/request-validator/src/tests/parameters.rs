//! Parameters that must be there.

use serde_json::json;
use tollgate_policy::Exchange;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{compile, exchange};

/// What is missing of `x-header-param`, `issuer` in the path and `qs1`.
fn missing(exchange: &Exchange) -> String {
    let keys = [
        "method.request.querystring.qs1",
        "method.request.path.issuer",
        "method.request.header.x-header-param",
    ];
    let validator = compile(json!({"required_parameters": keys}), &json!({})).expect("a validator");
    match validator.check_parameters(exchange) {
        Ok(()) => String::new(),
        Err(message) => message,
    }
}

#[test]
fn all_that_is_missing_is_told_header_path_and_query_in_this_order() {
    assert_eq!(
        missing(&exchange(&[(":path", "/")])),
        "Missing required request parameters: [x-header-param, issuer, qs1]"
    );
    let mut complete = exchange(&[(":path", "/a?qs1=1"), ("X-Header-Param", "1")]);
    assert_eq!(missing(&complete), "Missing required request parameters: [issuer]");
    complete.context.path_parameters.insert("issuer".into(), "a".to_owned());
    assert_eq!(missing(&complete), "");
}

#[test]
fn a_blank_parameter_is_missing() {
    #[track_caller]
    fn check(path: &str, header: &str, issuer: &str, expected: &str) {
        let mut exchange = exchange(&[(":path", path), ("x-header-param", header)]);
        exchange.context.path_parameters.insert("issuer".into(), issuer.to_owned());
        let message = missing(&exchange);
        let told = message.strip_prefix("Missing required request parameters: ").unwrap_or("[]");
        assert_eq!(told, expected, "{path} {header} {issuer}");
    }
    check("/?qs1=a", "b", "c", "[]");
    check("/?qs1=", "", "", "[x-header-param, issuer, qs1]");
    check("/?qs1", " ", "%20", "[x-header-param, issuer, qs1]");
    check("/?qs1=%20+%09", "\t", "%20%0a", "[x-header-param, issuer, qs1]");
    check("/?a=b&qs1=%41", "b", "%41", "[]");
    check("/?%71s1=a", "b", "c", "[]");
    check("/?QS1=a&qs1x=a&xqs1=a", "b", "c", "[qs1]");
    check("/?qs1=&qs1=a", "b", "c", "[]");
    check("/?qs1=%&b", "b", "c", "[]");
    check("/qs1=a", "b", "c", "[qs1]");
}

#[test]
fn the_host_is_a_header_field_under_either_of_its_names() {
    let validator =
        compile(json!({"required_parameters": ["method.request.header.Host"]}), &json!({}));
    let validator = validator.expect("a validator");
    assert_eq!(validator.check_parameters(&exchange(&[(":authority", "a.example")])), Ok(()));
    assert!(validator.check_parameters(&exchange(&[])).is_err());
}

#[test]
fn what_is_no_parameter_is_refused() {
    for key in [
        "",
        "x",
        "header.x",
        "method.request.header",
        "method.request.header.",
        "method.request.header.a b",
        "method.request.path.",
        "method.request.body.x",
        "method.response.header.x",
        "integration.request.header.x",
    ] {
        let invalid =
            compile(json!({"required_parameters": ["method.request.path.a", key]}), &json!({}));
        assert_eq!(
            invalid.expect_err(key).to_string(),
            format!(
                "required_parameters[1]: `{key}` is none of `method.request.header.NAME`, \
                 `method.request.path.NAME` and `method.request.querystring.NAME`"
            )
        );
    }
}
