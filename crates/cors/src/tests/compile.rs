//! What is refused at load.

use serde_json::{Value, json};
use tollgate_policy::load;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Config, Cors};

fn refusal(config: &Value) -> Option<String> {
    load::<Cors>(config.to_string().as_bytes()).err().map(|invalid| invalid.to_string())
}

#[track_caller]
fn check(config: &Value, expected: &str) {
    assert_eq!(refusal(config).as_deref(), Some(expected), "{config}");
}

#[test]
fn what_is_no_origin_is_refused() {
    #[track_caller]
    fn check(origin: &str, reason: &str) {
        let config = json!({"allow_origins": ["https://a.example", origin]});
        let expected = format!("allow_origins[1]: `{}` {reason}", origin.escape_default());
        super::compile::check(&config, &expected);
    }
    let scheme = "is not an origin, such as `https://www.example.com`";
    for origin in ["", "a.example", "//a.example", "://a", "1a://b", "a b://c", "**", "data:x"] {
        check(origin, scheme);
    }
    let longer = "is more than an origin: it ends with its host or port, without a `/`";
    for origin in [
        "https://a.example/",
        "https://a.example/b",
        "https://a.example:80/",
        "https://a?b",
        "https://a#b",
        "https://*/",
    ] {
        check(origin, longer);
    }
    let host = "has no host: a name, an address as browsers write it, `*` alone after \
                `https://` or `http://`, or `*.` before a name";
    for origin in [
        "https://",
        "https://:80",
        "https://a b",
        "https://a..b",
        "https://a.",
        "https://\u{e4}",
        "https://[::1",
        "https://[0::1]",
        "https://[x]",
        "https://*a",
        "https://a.*.b",
        "https://*.*.a",
        "https://*.",
        "https://*:80",
        "https://*:*",
        "app://*",
        "https://a\n",
        "https://*.[::1]",
    ] {
        check(origin, host);
    }
    let port = "has a port that is not `*` or from 1 to 65535";
    for origin in ["https://a:", "https://a:0", "https://a:65536", "https://a:+1", "https://a:b"] {
        check(origin, port);
    }
    // Which may be followed by a password, so it is not repeated.
    super::compile::check(
        &json!({"allow_origins": ["https://u:p@a.example"]}),
        "allow_origins[0]: has user information, which no origin has",
    );
    check("null", "is the origin of every page in a sandbox, so it would stand for anybody");
    check(&format!("https://{}", "a.".repeat(160)), "is longer than an origin can be");
}

#[test]
fn what_is_no_name_is_refused() {
    for field in ["allow_methods", "allow_headers", "expose_headers"] {
        for name in ["", "a b", "a,b", "x:", "\u{e4}", "a\r\nset-cookie: b", &"a".repeat(129)] {
            let reason = "is not `*`, nor a name of RFC 9110 of at most 128 bytes";
            let expected = format!("{field}[1]: `{}` {reason}", name.escape_default());
            check(&json!({field: ["ok", name]}), &expected);
        }
        assert_eq!(refusal(&json!({field: ["*", "PURGE", "x-a", "a".repeat(128)]})), None);
    }
}

#[test]
fn every_list_has_an_end() {
    for (field, most) in [
        ("allow_origins", 1_000),
        ("allow_methods", 100),
        ("allow_headers", 100),
        ("expose_headers", 100),
    ] {
        let of = |count| json!({field: vec!["app://a"; count]});
        let of = |count| {
            if field == "allow_origins" { of(count) } else { json!({field: vec!["a"; count]}) }
        };
        // Which also says that it is no harm to say something twice.
        assert_eq!(refusal(&of(most)), None);
        check(&of(most + 1), &format!("{field}: must not be more than {most}"));
    }
}

#[test]
fn no_origin_can_be_a_star_where_there_are_credentials() {
    let names = ["app://a", "*"];
    let expected = "allow_origins[1]: `*` cannot be allowed together with `allow_credentials`";
    check(&json!({"allow_origins": names, "allow_credentials": true}), expected);
    assert_eq!(refusal(&json!({"allow_origins": names, "allow_credentials": false})), None);
    for field in ["allow_methods", "allow_headers", "expose_headers"] {
        assert_eq!(refusal(&json!({field: ["a", "*"], "allow_credentials": true})), None);
    }
    // These are told what they are called, so it is for the operator to trust them.
    let patterns = ["https://*", "http://*", "https://*.example.com", "http://localhost:*"];
    assert_eq!(refusal(&json!({"allow_origins": patterns, "allow_credentials": true})), None);
}

#[test]
fn an_answer_is_remembered_for_a_day_at_most() {
    for secs in [-1, 0, 1, 86_400] {
        assert_eq!(refusal(&json!({"max_age_secs": secs})), None, "{secs}");
    }
    for secs in [-2, 86_401, i32::MAX, i32::MIN] {
        let expected = format!("max_age_secs: `{secs}` is not from -1 to 86400");
        check(&json!({"max_age_secs": secs}), &expected);
    }
}

#[test]
fn a_name_that_nobody_knows_is_refused() {
    let found = refusal(&json!({"allowOrigins": []})).unwrap();
    assert!(found.starts_with("allowOrigins: unknown field `allowOrigins`, expected"), "{found}");
}

#[test]
fn a_configuration_is_written_as_it_is_read() {
    let written = json!({"allow_origins": ["https://a.example"], "allow_credentials": false});
    let config: Config = serde_json::from_value(written.clone()).unwrap();
    assert_eq!(serde_json::to_value(&config).unwrap(), written);
    assert_eq!(serde_json::from_value::<Config>(json!({})).unwrap(), Config::default());
}
