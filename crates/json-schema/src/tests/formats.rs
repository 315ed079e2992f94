//! The formats of strings.

use serde_json::json;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::said;

#[test]
fn formats_are_checked_as_their_standards_say() {
    #[track_caller]
    fn check(format: &str, good: &[&str], bad: &[&str]) {
        let schema = json!({"format": format});
        for text in good {
            assert!(said(&json!(text), &schema).is_empty(), "{format} {text}");
        }
        for text in bad {
            assert!(!said(&json!(text), &schema).is_empty(), "{format} {text}");
        }
    }
    check(
        "date-time",
        &[
            "1963-06-19T08:30:06.283185Z",
            "1990-12-31T15:59:60.123-08:00",
            "1998-12-31T23:59:60Z",
            "1999-01-01T02:29:60+02:30",
            "1963-06-19t08:30:06z",
            "2000-02-29T00:00:00+23:59",
        ],
        &[
            "1998-12-31T22:59:60Z",
            "1998-12-31T23:58:60Z",
            "1900-02-29T00:00:00Z",
            "1990-02-31T15:59:59.123-08:00",
            "1990-12-31T15:59:59-24:00",
            "1963-06-19T08:30:06.28123+01:00Z",
            "06/19/1963 08:30:06 PST",
            "2013-350T01:01:01",
            "1963-6-19T08:30:06.283185Z",
            "1963-06-1T08:30:06.283185Z",
            "1963-06-19T08:30:06.Z",
            "1963-06-19T08:30:06",
            "1963-06-1\u{9ea}T00:00:00Z",
            "+11963-06-19T08:30:06.283185Z",
            "1963-06-19 08:30:06Z",
            "",
        ],
    );
    check(
        "email",
        &["\"joe bloggs\"@example.com", "joe@[127.0.0.1]", "joe@[IPv6:::1]", "\"a\\\"b\"@c", "a@b"],
        &["joe@[127.0.0.300]", "joe@a=b.com", "\"a\"b\"@c", "\"a\\\"@c", "@", "a@b@c", "a"],
    );
    check(
        "uri",
        &[
            "http://foo.bar/?baz=qux#quux",
            "http://foo.com/blah_(wikipedia)_blah#cite-1",
            "http://-.~_!$&'()*+,;=:%40:80%2f::::::@example.com",
            "http://[::1]:80/",
            "http://[v1.a]",
            "ftp://ftp.is.co.za/rfc/rfc1808.txt",
            "mailto:John.Doe@example.com",
            "tel:+1-816-555-1212",
            "urn:oasis:names:specification:docbook:dtd:xml:4.1.2",
            "a:",
        ],
        &[
            "//foo.bar/?baz=qux#quux",
            "/abc",
            "\\\\WINDOWS\\fileshare",
            "abc",
            "http:// shouldfail.com",
            ":// should fail",
            "bar,baz:foo",
            "https://[@example.org/test.txt",
            "https://example.org/foobar\\.txt",
            "https://example.org/foobar<>.txt",
            "https://example.org/%zz",
            "https://example.org:port/",
            "https://[::1]x",
            "https://example.org/\u{e9}",
            "http://a#b#c",
        ],
    );
    check(
        "ipv4",
        &["192.168.0.1"],
        &["127.0.0.0.1", "256.0.0.1", "127.0", "087.10.0.1", "0x7f000001"],
    );
    let longest = "a.".repeat(126) + "a";
    check("hostname", &["a", &longest], &["a b", "", "-a", "a.", &format!("{longest}a")]);
    check("regex", &["a(?=b)", "\\p{L}", "^a*$"], &["^(abc]", "\\Z", "\\a", "a**", "[b-a]"]);
    check("uuid", &["anything"], &[]);
}
