//! HTTP APIs.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn the_example_of_the_developer_guide() {
    let routes = [
        "GET /pets/dog/1",
        "GET /pets/dog/{id}",
        "GET /pets/{proxy+}",
        "ANY /{proxy+}",
        "$default",
    ];
    check(Http, &routes, "GET /pets/dog/1", "GET /pets/dog/1");
    check(Http, &routes, "GET /pets/dog/2", "GET /pets/dog/{id} id=2");
    check(Http, &routes, "GET /pets/cat/1", "GET /pets/{proxy+} proxy=cat/1");
    check(Http, &routes, "POST /test/5", "ANY /{proxy+} proxy=test/5");
    check(Http, &routes, "POST /", "$default");
}

#[test]
fn a_whole_path_goes_before_a_greedy_one_however_specific() {
    let routes = ["ANY /{a}/{b}", "GET /pets/{proxy+}"];
    check(Http, &routes, "GET /pets/1", "ANY /{a}/{b} a=pets b=1");
    check(Http, &routes, "GET /pets/1/2", "GET /pets/{proxy+} proxy=1/2");
}

#[test]
fn the_exact_method_goes_before_any_however_specific() {
    let routes = ["ANY /pets/1", "GET /pets/{id}"];
    check(Http, &routes, "GET /pets/1", "GET /pets/{id} id=1");
    check(Http, &routes, "PUT /pets/1", "ANY /pets/1");
    let routes = ["ANY /pets/{proxy+}", "GET /{proxy+}"];
    check(Http, &routes, "GET /pets/1", "GET /{proxy+} proxy=pets/1");
    check(Http, &routes, "PUT /pets/1", "ANY /pets/{proxy+} proxy=1");
}

#[test]
fn the_longest_literal_beginning_wins_between_greedy_routes() {
    let routes = ["GET /{proxy+}", "GET /a/{proxy+}", "GET /a/b/{proxy+}", "GET /a/{x}/{proxy+}"];
    check(Http, &routes, "GET /a/b/c", "GET /a/b/{proxy+} proxy=c");
    check(Http, &routes, "GET /a/c/d", "GET /a/{x}/{proxy+} x=c proxy=d");
    check(Http, &routes, "GET /a/b", "GET /a/{proxy+} proxy=b");
    check(Http, &routes, "GET /b", "GET /{proxy+} proxy=b");
}

#[test]
fn the_wrong_method_matches_nothing_and_falls_through() {
    check(Http, &["GET /pets"], "POST /pets", "none");
    check(Http, &["GET /pets", "$default"], "POST /pets", "$default");
    let routes = ["GET /pets", "POST /{name}", "ANY /{proxy+}"];
    check(Http, &routes, "POST /pets", "POST /{name} name=pets");
    check(Http, &routes, "PUT /pets", "ANY /{proxy+} proxy=pets");
}

#[test]
fn any_is_every_method_of_an_http_api_but_not_a_method_itself() {
    check(Http, &["ANY /pets"], "PROPFIND /pets", "ANY /pets");
    check(Http, &["GET /pets"], "ANY /pets", "none");
    check(Http, &["GET /pets", "$default"], "PROPFIND /pets", "$default");
}

#[test]
fn a_trailing_slash_counts_for_an_http_api() {
    check(Http, &["GET /pets"], "GET /pets/", "none");
    check(Http, &["GET /pets/"], "GET /pets", "none");
    check(Http, &["GET /pets/", "GET /pets"], "GET /pets/", "GET /pets/");
    check(Http, &["GET /pets/{id}/"], "GET /pets/7/", "GET /pets/{id}/ id=7");
    check(Http, &["GET /{proxy+}"], "GET /pets/", "GET /{proxy+} proxy=pets/");
    check(Http, &["GET /pets", "GET /{proxy+}"], "GET //pets", "GET /{proxy+} proxy=/pets");
}

#[test]
fn names_of_variables_belong_to_the_route() {
    let routes = ["GET /pets/{id}", "PUT /pets/{petId}", "GET /pets/{which}/toys"];
    check(Http, &routes, "GET /pets/7", "GET /pets/{id} id=7");
    check(Http, &routes, "PUT /pets/7", "PUT /pets/{petId} petId=7");
    check(Http, &routes, "GET /pets/7/toys", "GET /pets/{which}/toys which=7");
}

#[test]
fn routes_that_match_the_same_requests_are_refused() {
    refuse(
        Http,
        &["GET /pets/{id}", "GET /pets/{petId}"],
        "`GET /pets/{petId}` matches the same requests as `GET /pets/{id}`",
    );
    refuse(
        Http,
        &["ANY /{proxy+}", "ANY /{all+}"],
        "`ANY /{all+}` matches the same requests as `ANY /{proxy+}`",
    );
    refuse(Http, &["GET /pets", "GET /pets"], "`GET /pets` is there twice");
    refuse(Http, &["$default", "$default"], "`$default` is there twice");
}

#[test]
fn a_refused_route_changes_nothing() {
    let mut router = router(Http, &["GET /pets/{id}"]);
    let other = "GET /pets/{petId}".parse().expect("a key");
    router.insert(&other, "other".to_owned()).expect_err("a conflict");
    assert_eq!(found(&router, b"GET", b"/pets/7"), "GET /pets/{id} id=7");
}
