//! Where the token is.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::json;
use tollgate_policy::fake::FakeHost;

use super::tokens::{NOW, token};
use super::{authorizer, bearing, config, outcome, with_headers};

/// Sends a request with these fields, in whose values `TOKEN` stands for a good token.
#[track_caller]
fn check(sources: &[&str], fields: &[(&str, &str)], expected: &str) {
    let good = token(&json!({}));
    let fields = fields.iter().map(|(name, value)| (*name, value.replace("TOKEN", &good)));
    let authorizer = authorizer(&config(&json!({ "identity_source": sources })));
    let mut exchange = with_headers(fields);
    assert_eq!(outcome(&authorizer, &mut exchange, &FakeHost::at(NOW)), expected);
}

const MISSING: &str = "401 no token";
const SEVERAL: &str = "401 there is more than one token";
const NOT_A_TOKEN: &str = "401 the token contains an invalid number of segments";

#[test]
fn a_token_may_have_bearer_before_it_in_any_case() {
    let header = ["$request.header.Authorization"];
    for prefix in ["", "Bearer ", "bearer ", "BEARER ", "bEaReR   ", " Bearer "] {
        check(&header, &[("authorization", &format!("{prefix}TOKEN"))], "admitted");
    }
    check(&header, &[("Authorization", "Bearer TOKEN ")], "admitted");
    check(&header, &[("authorization", "Bearer\tTOKEN")], "401 the token header is not base64url");
    check(&header, &[("authorization", "BearerTOKEN")], "401 the token header is not base64url");
    check(&header, &[("authorization", "Basic TOKEN")], "401 the token header is not base64url");
    check(&header, &[("authorization", "Basic YTpi")], NOT_A_TOKEN);
}

#[test]
fn a_place_that_is_empty_has_no_token() {
    let header = ["$request.header.Authorization"];
    check(&header, &[], MISSING);
    for value in ["", " ", "Bearer", "Bearer ", "bearer    "] {
        check(&header, &[("authorization", value)], MISSING);
    }
    check(&["$request.querystring.t"], &[(":path", "/?t=")], MISSING);
    check(&["$request.querystring.t"], &[(":path", "/?t")], MISSING);
    check(&["$request.cookie.t"], &[("cookie", "t=")], MISSING);
}

#[test]
fn a_place_that_is_there_twice_is_refused() {
    check(
        &["$request.header.Authorization"],
        &[("authorization", "TOKEN"), ("Authorization", "TOKEN")],
        SEVERAL,
    );
    check(&["$request.querystring.t"], &[(":path", "/?t=TOKEN&t=x")], SEVERAL);
    check(&["$request.querystring.t"], &[(":path", "/?t=&t=TOKEN")], SEVERAL);
    check(&["$request.cookie.t"], &[("cookie", "t=x; t=TOKEN")], SEVERAL);
    check(&["$request.cookie.t"], &[("cookie", "t=TOKEN"), ("cookie", "t=TOKEN")], SEVERAL);
}

#[test]
fn a_token_may_be_in_the_query() {
    let query = ["$request.querystring.access_token"];
    check(&query, &[(":path", "/a?x=1&access_token=TOKEN&y")], "admitted");
    check(&query, &[(":path", "/a?access_token=Bearer%20TOKEN")], "admitted");
    check(&query, &[(":path", "/a?access_token=Bearer+TOKEN")], "admitted");
    check(&query, &[(":path", "/a?Access_Token=TOKEN")], MISSING);
    check(&query, &[(":path", "/access_token=TOKEN")], MISSING);
    check(&query, &[(":path", "/a?access_token=%")], NOT_A_TOKEN);
    check(&query, &[(":path", "/a?access_token=%f%zz%2")], NOT_A_TOKEN);
    check(&query, &[("authorization", "TOKEN"), (":path", "/a")], MISSING);
}

#[test]
fn a_token_may_be_in_a_cookie() {
    let cookie = ["$request.cookie.id"];
    check(&cookie, &[("cookie", "a=1; id=TOKEN; b=2")], "admitted");
    check(&cookie, &[("cookie", "a=1"), ("cookie", "id=TOKEN")], "admitted");
    check(&cookie, &[("cookie", "ID=TOKEN")], MISSING);
    check(&cookie, &[("cookie", "xid=TOKEN")], MISSING);
    check(&cookie, &[("cookie", ";;=;id;")], MISSING);
}

#[test]
fn the_first_place_that_has_a_token_counts() {
    let all = ["$request.header.authorization", "$request.querystring.t", "$request.cookie.t"];
    let query = (":path", "/?t=TOKEN");
    check(&all, &[("authorization", "x"), query], NOT_A_TOKEN);
    check(&all, &[("authorization", "Bearer"), query], "admitted");
    check(&all, &[query, ("cookie", "t=x")], "admitted");
    check(&all, &[("cookie", "t=TOKEN")], "admitted");
    check(&all, &[("authorization", "x"), ("authorization", "y"), query], SEVERAL);
}

#[test]
fn bytes_that_are_no_text_are_refused() {
    let authorizer = authorizer(&config(&json!({})));
    let host = FakeHost::at(NOW);
    for value in [&b"\xff\xfe"[..], b"Bearer \xff.\x00.\x80", &[b'a'; 1 << 20], &[b'.'; 1 << 16]] {
        let mut exchange = with_headers([("authorization", value)]);
        let outcome = outcome(&authorizer, &mut exchange, &host);
        assert!(outcome.starts_with("401 the token"), "{outcome}");
        assert!(exchange.context.authorizer.is_none());
    }
    assert_eq!(outcome(&authorizer, &mut bearing(&token(&json!({}))), &host), "admitted");
}
