//! Paths and their parameters, as events have them.

use serde_json::{Value, json};
use tollgate_mapping::Dialect;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{exchange, v1, v2};

/// What events say of a path: of REST APIs, of format 1.0, and of format 2.0.
#[track_caller]
fn check(sent: &str, without_stage: &str, rest: [&str; 2], first: &str, second: &str) {
    let exchange = exchange(sent, &[]);
    let event = v1(&exchange, without_stage, Dialect::Rest);
    assert_eq!([&event["path"], &event["requestContext"]["path"]], rest, "{sent}");
    let event = v1(&exchange, without_stage, Dialect::Http);
    assert_eq!([&event["path"], &event["requestContext"]["path"]], [first, first], "{sent}");
    let event = v2(&exchange);
    assert_eq!([&event["rawPath"], &event["requestContext"]["http"]["path"]], [second, second]);
}

#[test]
fn a_path_is_told_with_the_stage_and_without() {
    check("/prod/a", "/a", ["/a", "/prod/a"], "/prod/a", "/prod/a");
    check("/prod/a/", "/a/", ["/a/", "/prod/a/"], "/prod/a/", "/prod/a/");
    check("/prod//a", "/a", ["/a", "/prod//a"], "/prod//a", "/prod//a");
    check("//prod/a", "/a", ["/a", "/prod/a"], "//prod/a", "//prod/a");
    check("///", "/", ["/", "/"], "///", "///");
    check("/prod/a?x=/b", "/a", ["/a", "/prod/a"], "/prod/a", "/prod/a");
}

#[test]
fn format_2_decodes_paths_and_the_others_do_not() {
    check(
        "/prod/a%2Bb+c%20d%C3%A9",
        "/a%2Bb+c%20d%C3%A9",
        ["/a%2Bb+c%20d%C3%A9", "/prod/a%2Bb+c%20d%C3%A9"],
        "/prod/a%2Bb+c%20d%C3%A9",
        "/prod/a+b+c dé",
    );
    check("/prod/%FF%", "/%FF%", ["/%FF%", "/prod/%FF%"], "/prod/%FF%", "/prod/\u{fffd}%");
}

#[test]
fn a_rest_api_on_a_domain_of_its_own_tells_the_base_path() {
    let mut exchange = exchange("/v1/pets/7", &[]);
    exchange.context.base_path = Some("v1".into());
    let event = v1(&exchange, "/pets/7", Dialect::Rest);
    assert_eq!([&event["path"], &event["requestContext"]["path"]], ["/v1/pets/7", "/v1/pets/7"]);
}

/// What events say of the value of `id`.
#[track_caller]
fn check_parameter(value: &str, rest: &str, http: &str) {
    let mut exchange = exchange("/prod/pets/7", &[]);
    exchange.context.path_parameters = [("id".into(), value.to_owned())].into();
    assert_eq!(v1(&exchange, "/", Dialect::Rest)["pathParameters"], json!({"id": rest}));
    assert_eq!(v1(&exchange, "/", Dialect::Http)["pathParameters"], json!({"id": http}));
    assert_eq!(v2(&exchange)["pathParameters"], json!({"id": http}));
}

#[test]
fn path_parameters_are_decoded_for_http_apis_alone() {
    check_parameter("7", "7", "7");
    check_parameter("a%2Fb+c%20", "a%2Fb+c%20", "a/b+c ");
    check_parameter("", "", "");
    check_parameter("%FF", "%FF", "\u{fffd}");
}

#[test]
fn what_is_not_there_is_null_or_left_out() {
    let mut exchange = exchange("/prod/pets", &[]);
    exchange.context.path_parameters.clear();
    exchange.context.resource_path = "".into();
    exchange.source_address = None;
    let event = v1(&exchange, "/pets", Dialect::Rest);
    for name in ["pathParameters", "stageVariables", "queryStringParameters", "body"] {
        assert!(event.as_object().unwrap().get(name).is_some_and(Value::is_null), "{name}");
    }
    assert_eq!(v1(&exchange, "/pets", Dialect::Http)["resource"], "$default");
    assert_eq!(
        super::names(&v2(&exchange)),
        [
            "headers",
            "isBase64Encoded",
            "rawPath",
            "rawQueryString",
            "requestContext",
            "routeKey",
            "version"
        ]
    );
}
