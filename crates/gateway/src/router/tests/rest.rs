//! REST APIs.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn slashes_as_recorded_from_api_gateway() {
    let routes = ["ANY /{proxy+}", "ANY /hardcoded"];
    check(Rest, &routes, "GET /proxy-value", "ANY /{proxy+} proxy=proxy-value");
    check(Rest, &routes, "GET /proxy-value/", "ANY /{proxy+} proxy=proxy-value");
    check(
        Rest,
        &routes,
        "GET /proxy-value//double-slash",
        "ANY /{proxy+} proxy=proxy-value//double-slash",
    );
    check(Rest, &routes, "GET //proxy-value", "ANY /{proxy+} proxy=proxy-value");
    check(Rest, &routes, "GET //hardcoded", "ANY /hardcoded");
    check(
        Rest,
        &routes,
        "GET /test%2Balias@gmail.com/plus/test+alias@gmail.com",
        "ANY /{proxy+} proxy=test%2Balias@gmail.com/plus/test+alias@gmail.com",
    );
}

#[test]
fn slashes_at_either_end_do_not_count_for_a_rest_api() {
    check(Rest, &["GET /pets"], "GET /pets/", "GET /pets");
    check(Rest, &["GET /pets"], "GET ///pets///", "GET /pets");
    check(Rest, &["GET /"], "GET ///", "GET /");
    let path = format!("GET {0}pets{0}", "/".repeat(2 * MAX_SEGMENTS));
    check(Rest, &["GET /pets"], &path, "GET /pets");
    check(Rest, &["GET /a/b"], "GET /a//b", "none");
}

#[test]
fn a_resource_is_found_by_path_alone() {
    let routes = ["GET /pets", "POST /{proxy+}"];
    check(Rest, &routes, "POST /pets", "none");
    check(Rest, &routes, "POST /cats", "POST /{proxy+} proxy=cats");
    let routes = ["GET /pets/1", "ANY /pets/{id}"];
    check(Rest, &routes, "PUT /pets/1", "none");
    check(Rest, &routes, "PUT /pets/2", "ANY /pets/{id} id=2");
}

#[test]
fn a_resource_without_methods_is_not_found() {
    let routes = ["GET /pets/dogs/toys", "GET /pets/{proxy+}"];
    check(Rest, &routes, "GET /pets/dogs", "GET /pets/{proxy+} proxy=dogs");
    check(Rest, &routes, "GET /pets/dogs/beds", "GET /pets/{proxy+} proxy=dogs/beds");
}

#[test]
fn an_earlier_literal_decides_even_against_a_whole_path() {
    let routes = ["GET /pets/{proxy+}", "GET /{kind}/toys"];
    check(Rest, &routes, "GET /pets/toys", "GET /pets/{proxy+} proxy=toys");
    check(Rest, &routes, "GET /cats/toys", "GET /{kind}/toys kind=cats");
}

#[test]
fn the_method_of_a_resource_goes_before_its_any() {
    let routes = ["ANY /pets", "GET /pets"];
    check(Rest, &routes, "GET /pets", "GET /pets");
    check(Rest, &routes, "POST /pets", "ANY /pets");
}

#[test]
fn any_is_seven_methods_of_a_rest_api() {
    for method in ["GET", "PUT", "POST", "DELETE", "PATCH", "OPTIONS", "HEAD"] {
        check(Rest, &["ANY /pets"], &format!("{method} /pets"), "ANY /pets");
    }
    check(Rest, &["ANY /pets"], "PROPFIND /pets", "none");
    check(Rest, &["ANY /pets"], "ANY /pets", "none");
}

#[test]
fn a_parent_has_one_variable_among_its_children() {
    let reason = |sibling: &str| {
        format!(
            "A sibling ({sibling}) of this resource already has a variable path part -- only one \
             is allowed"
        )
    };
    refuse(Rest, &["GET /{proxy+}", "GET /{id}"], &reason("{proxy+}"));
    refuse(Rest, &["GET /pets/{id}", "GET /pets/{petId}"], &reason("{id}"));
    refuse(Rest, &["GET /pets/{id}", "PUT /pets/{petId}"], &reason("{id}"));
    refuse(Rest, &["GET /{a}/x/{b}", "GET /{a}/x/{c}/d"], &reason("{b}"));
    let routes = ["GET /pets/{id}", "PUT /pets/{id}", "GET /pets/{id}/toys", "GET /cats/{name}"];
    check(Rest, &routes, "GET /pets/7/toys", "GET /pets/{id}/toys id=7");
    check(Rest, &routes, "GET /cats/tom", "GET /cats/{name} name=tom");
}

#[test]
fn what_a_rest_api_does_not_know_is_refused() {
    refuse(Rest, &["$default"], "only an HTTP API has a `$default` route");
    refuse(Rest, &["GET /pets/"], "no resource of a REST API ends in a slash: `/pets/`");
    refuse(Rest, &["GET /pets", "GET /pets"], "`GET /pets` is there twice");
}
