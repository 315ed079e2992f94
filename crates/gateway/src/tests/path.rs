//! Paths that two readers could read differently.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{definition, gateway, open_api, request, send};
use crate::path::is_plain;

#[test]
fn a_path_means_one_thing() {
    let plain = [
        "",
        "/",
        "//",
        "/a//b/",
        "/a.b",
        "/...",
        "/.a",
        "/a.",
        "/..a",
        "/a..",
        "/.well-known/x",
        "/%2F",
        "/a%2fb",
        "/%41",
        "/%20",
        "/%E2%82%AC",
        "/%ff",
        "/%252e%252e/",
        "/a;b=.c",
        "/;..",
        "/~:@!$&'()*+,;=",
        "/{a}|^`<>\"",
        "*",
    ];
    for path in plain {
        assert!(is_plain(path.as_bytes()), "{path}");
    }
    let ambiguous = [
        "/.",
        "/..",
        "/../",
        "/a/./b",
        "/a/../b",
        "/a/..",
        "..",
        ".",
        "/%2e",
        "/%2E%2e/a",
        "/.%2e",
        "/%2e./b",
        "/a%2f..%2fb",
        "/a%2F..",
        "/%2e%2e%2fb",
        "/a%5c..%5cb",
        "/..;/b",
        "/..;a=b/c",
        "/.;x",
        "/%2e%2e;/b",
        "/..%3b/b",
        "/a\\b",
        "/..\\b",
        "/%00",
        "/a%00.png",
        "/%",
        "/%4",
        "/%zz",
        "/%4g",
        "/a%",
        "/a b",
        "/a\tb",
        "/a\r\nb",
        "/\u{7f}",
        "/\u{20ac}",
        "/a#b",
        "/\0",
    ];
    for path in ambiguous {
        assert!(!is_plain(path.as_bytes()), "{path:?}");
    }
    assert!(!is_plain(b"/\xff"));
}

#[test]
fn what_is_ambiguous_goes_nowhere() {
    let routes = [("ANY /public/{proxy+}", "http://b/public/{proxy}")];
    for (protocol, stage, prefix) in [("http", "$default", ""), ("rest", "v1", "/v1")] {
        let gateway = gateway(&definition(&[("a", open_api(protocol, &routes, &[stage]))]));
        let send = |path: &str| {
            let path = format!("{prefix}/public/{path}");
            send(&gateway, request("GET", "localhost", &path, &[])).to_string()
        };
        for path in ["../admin", "%2e%2e/admin", "..%2fadmin", "..;/admin", "a/..\\admin", "%00"] {
            assert_eq!(send(path), r#"400 {"message":"Bad Request"}"#, "{path}");
        }
        assert_eq!(send("a%2Fb"), "GET http://b:80 /public/a%2Fb");
        // Only the path is looked at: a query has no segments.
        assert_eq!(send("a?x=../..&y=%zz"), "GET http://b:80 /public/a?x=../..&y=%zz");
    }
}
