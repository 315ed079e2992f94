//! What HTTP and REST APIs agree on.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn the_root_is_a_path() {
    for rules in [Http, Rest] {
        check(rules, &["GET /"], "GET /", "GET /");
        check(rules, &["GET /"], "GET ", "GET /");
        check(rules, &["GET /"], "GET /a", "none");
        check(rules, &["GET /a"], "GET /", "none");
        check(rules, &["GET /{id}", "GET /{id}/{proxy+}"], "GET /", "none");
        check(rules, &["GET /{proxy+}"], "GET /", "none");
    }
}

#[test]
fn a_path_that_does_not_begin_with_a_slash_matches_nothing() {
    check(Http, &["$default", "ANY /{proxy+}"], "OPTIONS *", "none");
    check(Http, &["$default", "ANY /{proxy+}"], "GET pets", "none");
    check(Rest, &["ANY /{proxy+}"], "GET pets", "none");
}

#[test]
fn a_variable_is_one_segment_that_is_not_empty() {
    for rules in [Http, Rest] {
        let routes = ["GET /pets/{id}/toys"];
        check(rules, &routes, "GET /pets/7/toys", "GET /pets/{id}/toys id=7");
        check(rules, &routes, "GET /pets//toys", "none");
        check(rules, &routes, "GET /pets/7/8/toys", "none");
        check(rules, &["GET /pets/{id}"], "GET /pets/", "none");
        check(rules, &["GET /pets/{id}"], "GET /pets", "none");
    }
}

#[test]
fn a_greedy_variable_takes_one_segment_or_more_of_which_one_is_not_empty() {
    for rules in [Http, Rest] {
        let routes = ["GET /pets/{proxy+}"];
        check(rules, &routes, "GET /pets/cat/1", "GET /pets/{proxy+} proxy=cat/1");
        check(rules, &routes, "GET /pets/cat", "GET /pets/{proxy+} proxy=cat");
        check(rules, &routes, "GET /pets//cat", "GET /pets/{proxy+} proxy=/cat");
        check(rules, &routes, "GET /pets", "none");
        check(rules, &routes, "GET /pets/", "none");
        check(rules, &routes, "GET /pets///", "none");
    }
}

#[test]
fn a_literal_goes_before_a_variable_and_a_dead_end_turns_back() {
    for rules in [Http, Rest] {
        let routes = ["GET /a/b/c", "GET /a/{x}/d", "GET /{y}/b/e"];
        check(rules, &routes, "GET /a/b/c", "GET /a/b/c");
        check(rules, &routes, "GET /a/b/d", "GET /a/{x}/d x=b");
        check(rules, &routes, "GET /a/b/e", "GET /{y}/b/e y=a");
        check(rules, &routes, "GET /a/b/f", "none");
    }
}

#[test]
fn an_encoded_letter_does_not_slip_past_a_literal() {
    for rules in [Http, Rest] {
        let routes = ["GET /v1:batch", "GET /{open}"];
        check(rules, &routes, "GET /v1:batch", "GET /v1:batch");
        check(rules, &routes, "GET /v1%3Abatch", "GET /v1:batch");
        check(rules, &routes, "GET /v1%3abatch", "GET /v1:batch");
        check(rules, &routes, "GET /%761:batch", "GET /v1:batch");
        check(rules, &routes, "GET /v1%253Abatch", "GET /{open} open=v1%253Abatch");
        check(rules, &routes, "GET /V1:batch", "GET /{open} open=V1:batch");
    }
}

#[test]
fn an_encoded_slash_separates_nothing() {
    for rules in [Http, Rest] {
        let routes = ["GET /a/b", "GET /{id}"];
        check(rules, &routes, "GET /a%2Fb", "GET /{id} id=a%2Fb");
        check(rules, &["GET /a%2Fb", "GET /{id}"], "GET /a%2fb", "GET /a%2Fb");
        check(rules, &["GET /a%2Fb"], "GET /a/b", "none");
    }
}

#[test]
fn a_literal_may_be_written_encoded() {
    for rules in [Http, Rest] {
        check(rules, &["GET /caf%c3%a9"], "GET /caf%C3%A9", "GET /caf%c3%a9");
        check(rules, &["GET /caf%c3%a9"], "GET /caf\u{e9}", "GET /caf%c3%a9");
        refuse(rules, &["GET /a:b", "GET /a%3Ab"], "`GET /a:b` is there twice");
    }
}

#[test]
fn values_are_as_they_were_sent() {
    for rules in [Http, Rest] {
        let routes = ["GET /{user}/plus/{mail+}"];
        let expected = "GET /{user}/plus/{mail+} user=test%2Balias@gmail.com mail=a+b/%zz";
        check(rules, &routes, "GET /test%2Balias@gmail.com/plus/a+b/%zz", expected);
        let router = router(rules, &["GET /{id}"]);
        assert_eq!(found(&router, b"GET", b"/\xff%"), "GET /{id} id=\\xff%");
    }
}

#[test]
fn head_is_not_implied_by_get() {
    for rules in [Http, Rest] {
        check(rules, &["GET /pets"], "HEAD /pets", "none");
        check(rules, &["GET /pets", "ANY /pets"], "HEAD /pets", "ANY /pets");
        check(rules, &["HEAD /pets", "ANY /pets"], "HEAD /pets", "HEAD /pets");
    }
}

#[test]
fn methods_are_case_sensitive() {
    for rules in [Http, Rest] {
        check(rules, &["GET /pets"], "get /pets", "none");
    }
}

#[test]
fn a_path_of_more_segments_than_any_route_may_have_matches_nothing() {
    let path = |segments| format!("GET {}", "/a".repeat(segments));
    let routes = [path(MAX_SEGMENTS)];
    for rules in [Http, Rest] {
        let [route] = routes.each_ref().map(String::as_str);
        check(rules, &[route], &path(MAX_SEGMENTS), route);
        check(rules, &["ANY /{proxy+}"], &path(MAX_SEGMENTS + 1), "none");
    }
    check(Http, &["$default"], &path(MAX_SEGMENTS + 1), "none");
    check(Http, &["$default"], &path(100_000), "none");
}
