//! What a route may be called.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::*;

#[test]
fn a_key_that_cannot_be_meant_is_refused() {
    let refuse = |key, reason| refuse(Http, &[key], reason);
    refuse("/pets", "a route is `$default` or a method and a path, such as `GET /pets`: `/pets`");
    refuse(
        "$connect",
        "a route is `$default` or a method and a path, such as `GET /pets`: `$connect`",
    );
    refuse(
        "get /pets",
        "a method is GET, POST, PUT, PATCH, DELETE, HEAD, OPTIONS or ANY, in capitals: `get`",
    );
    refuse("GET pets", "a path begins with a slash: `pets`");
    refuse("GET  /pets", "a path begins with a slash: ` /pets`");
    refuse("GET /{proxy+}/a", "`{name+}` ends a path: `/{proxy+}/a`");
    refuse("GET /{proxy+}/", "`{name+}` ends a path: `/{proxy+}/`");
    refuse("GET /a//b", "only the last segment may be empty: `/a//b`");
    refuse("GET //", "only the last segment may be empty: `//`");
    refuse("GET /{id}/{id}", "two variables are called `id`: `/{id}/{id}`");
    refuse("GET /{id}/{id+}", "two variables are called `id`: `/{id}/{id+}`");
    refuse("GET /{}", "a variable is named with letters, digits and `._$-`: `{}`");
    refuse("GET /{+}", "a variable is named with letters, digits and `._$-`: `{+}`");
    refuse("GET /{a b}", "a variable is named with letters, digits and `._$-`: `{a b}`");
    refuse(
        "GET /{id}.json",
        "a variable is a whole segment, such as `{name}` or `{name+}`: `{id}.json`",
    );
    refuse("GET /a?b=c", "a character that a path does not have is written as `%XX`: `a?b=c`");
    refuse(
        "GET /caf\u{e9}",
        "a character that a path does not have is written as `%XX`: `caf\u{e9}`",
    );
    refuse("GET /50%", "`%` is followed by two hexadecimal digits: `50%`");
    refuse("GET /%4g", "`%` is followed by two hexadecimal digits: `%4g`");
    refuse("GET /%+4", "`%` is followed by two hexadecimal digits: `%+4`");
    refuse("GET /a%00", "a request path never has `%00`: `a%00`");
    refuse("GET /..", "a request path never has a segment that is only dots: `..`");
    refuse("GET /%2e", "a request path never has a segment that is only dots: `%2e`");
    let long = format!("GET {}", "/a".repeat(MAX_SEGMENTS + 1));
    refuse(&long, "a path has at most 256 segments");
}

#[test]
fn a_key_is_written_as_it_was_read() {
    for key in ["GET /pets/{id}", "ANY /{proxy+}", "$default", "PUT /", "GET /a/", "GET /a%2Fb:c"] {
        assert_eq!(key.parse::<RouteKey>().expect(key).to_string(), key);
    }
    let key: RouteKey = "GET /%7bid%7D/%c3%a9%61".parse().expect("a key");
    assert_eq!(key.to_string(), "GET /%7Bid%7D/%C3%A9a");
}

#[test]
fn a_key_tells_its_parts() {
    let key: RouteKey = "POST /pets/{id}/{rest+}".parse().expect("a key");
    assert_eq!(key.method(), Method::Named(Verb::Post));
    let template = key.template().expect("a path");
    assert_eq!(template.greedy(), Some("rest"));
    assert_eq!(
        template.segments(),
        [
            Segment::Literal((*b"pets").into()),
            Segment::Variable("id".into()),
            Segment::Greedy("rest".into())
        ]
    );
    assert_eq!((RouteKey::Default.method(), RouteKey::Default.template()), (Method::Any, None));
}
