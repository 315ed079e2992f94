#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[track_caller]
fn check(root: &str, path: &str, mode: BasePath, route: &str, notices: usize) {
    let options = Options { base_path: mode, ..Options::default() };
    let text = document(root, path, "security: []");
    let translation = translate(&text, &options).expect("a translation");
    let api = translation.definition.apis.into_values().next().expect("an API");
    assert_eq!(api.routes.into_keys().collect::<Vec<_>>(), [route], "{root}");
    assert_eq!(translation.notices.len(), notices, "{:?}", translation.notices);
}

const SWAGGER: &str = "swagger: '2.0'\nbasePath: /a/b/c";
const URL: &str = "openapi: 3.0.1\nservers: [{url: https://x.example.com/a/b/c/}]";
const VARIABLE: &str = "openapi: 3.0.1\nservers: [{url: 'https://x/{basePath}', variables: {basePath: {default: a/b/c}}}]";

#[test]
fn a_base_path_is_ignored_and_reported_unless_something_else_is_asked_for() {
    for root in [SWAGGER, URL, VARIABLE] {
        check(root, "/e", BasePath::Ignore, "GET /e", 1);
    }
}

#[test]
fn a_base_path_is_prepended() {
    for root in [SWAGGER, URL, VARIABLE] {
        check(root, "/e", BasePath::Prepend, "GET /a/b/c/e", 0);
    }
}

#[test]
fn a_base_path_is_split_after_its_first_segment() {
    for root in [SWAGGER, URL, VARIABLE] {
        check(root, "/e", BasePath::Split, "GET /b/c/e", 0);
    }
}

#[test]
fn the_root_below_a_base_path_has_no_slash_at_its_end() {
    check(SWAGGER, "/", BasePath::Prepend, "GET /a/b/c", 0);
    check("swagger: '2.0'\nbasePath: /a", "/", BasePath::Split, "GET /", 0);
}

#[test]
fn a_base_path_that_is_the_stage_needs_no_report() {
    check("swagger: '2.0'\nbasePath: /prod", "/e", BasePath::Ignore, "GET /e", 0);
}

#[test]
fn a_server_without_a_path_has_no_base_path() {
    check(
        "openapi: 3.0.1\nservers: [{url: https://x.example.com?a}]",
        "/e",
        BasePath::Prepend,
        "GET /e",
        0,
    );
    check("openapi: 3.0.1\nservers: [{url: /}]", "/e", BasePath::Prepend, "GET /e", 0);
    check("openapi: 3.0.1\nservers: [{url: /v1}]", "/e", BasePath::Prepend, "GET /v1/e", 0);
}
