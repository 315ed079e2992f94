//! Which configurations are refused.

use serde_json::{Value, json};
use tollgate_policy::load;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::{allow, config, credential};
use crate::{Config, Filter};

/// A configuration is refused for this field and reason.
#[track_caller]
fn check(config: &Value, expected: &str) {
    let invalid = load::<Filter>(config.to_string().as_bytes()).unwrap_err();
    assert!(invalid.to_string().starts_with(expected), "{invalid}");
}

/// The usual configuration with one value of the credential changed, which a pointer names.
fn changed(pointer: &str, value: Value) -> Value {
    let mut credential = credential(&[allow("*")]);
    let (parent, name) = pointer.rsplit_once('/').unwrap();
    credential.pointer_mut(parent).unwrap()[name] = value;
    config(credential)
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let long = |length: usize| json!("a".repeat(length));
    let ascii = |most: usize| format!("is not 1 to {most} characters of ASCII");
    for (pointer, value, reason) in [
        ("/access_key_id", json!(""), "is not 1 to 128 letters".to_owned()),
        ("/access_key_id", json!("a/b"), "is not 1 to 128 letters".to_owned()),
        ("/access_key_id", long(129), "is not 1 to 128 letters".to_owned()),
        ("/secret_access_key", json!("short"), "is not 16 to 256".to_owned()),
        ("/secret_access_key", json!("sixteen letters?"), "is not 16 to 256".to_owned()),
        ("/secret_access_key", long(257), "is not 16 to 256".to_owned()),
        (
            "/secret_access_key",
            json!(1_234_567_890_123_456_u64),
            "invalid type: a number, expected a".to_owned(),
        ),
        ("/session_token", json!(""), ascii(8_192)),
        ("/session_token", long(8_193), ascii(8_192)),
        ("/expires_at_secs", json!("tomorrow"), "invalid type".to_owned()),
        ("/owner/arn", json!("ann"), "`ann` is no ARN of an owner".to_owned()),
        ("/owner/arn", json!("arn:aws:iam::123456789012:role/r"), "`arn:aws:iam".to_owned()),
        ("/owner/arn", json!("arn:aws:iam::12345:user/ann"), "`arn:aws:iam".to_owned()),
        ("/owner/arn", json!("arn:aws:iam::123456789012:user/a b"), "`arn:aws:iam".to_owned()),
        ("/owner/user_id", json!(""), ascii(256)),
        ("/owner/role_arn", json!("arn:aws:iam::123456789012:role/r"), "is of a role".to_owned()),
        ("/owner/org_id", json!("o 1"), ascii(256)),
        ("/owner/org_paths", json!(vec!["a"; 11]), "there are more than 10".to_owned()),
        ("/owner/tags", json!({"": "a"}), "a name has not 1 to 128".to_owned()),
        ("/owner/tags", json!({"a": "a".repeat(257)}), "`a` has more than 256".to_owned()),
        ("/owner/tags", json!({"a": "", "A": ""}), "`A` is there twice".to_owned()),
        ("/policies", json!(vec![allow("*"); 21]), "there are more than 20".to_owned()),
    ] {
        let field = pointer.trim_start_matches('/').replace('/', ".");
        check(&changed(pointer, value), &format!("credentials[0].{field}: {reason}"));
    }
    check(&changed("/owner/name", json!("ann")), "credentials[0].owner.name: unknown field");
    let mut document = allow("*");
    document["Statement"][0]["Principal"] = json!("*");
    check(
        &changed("/policies", json!([allow("*"), document])),
        "credentials[0].policies[1].Statement[0]",
    );
    let mut both = config(credential(&[]));
    both["credentials"] = json!([credential(&[]), credential(&[])]);
    check(&both, "credentials[1].access_key_id: is there twice");
    both["credentials"] = json!([]);
    check(&both, "credentials: there are 0, not 1 to 10000");
    for (field, value) in [
        ("region", "US"),
        ("service", "Execute"),
        ("service", ""),
        ("account_id", "1"),
        ("api_id", "*"),
        ("stage", "a:b"),
    ] {
        let mut config = config(credential(&[]));
        config[field] = json!(value);
        check(&config, &format!("{field}: `{value}` is no"));
    }
}

#[test]
fn no_error_and_nothing_that_is_printed_has_a_secret_in_it() {
    let text = changed("/session_token", json!("tok\u{e9}n-of-hers")).to_string();
    let invalid = load::<Filter>(text.as_bytes()).unwrap_err();
    assert!(!invalid.to_string().contains("of-hers"), "{invalid}");
    let number = changed("/secret_access_key", json!(9_876_543_210_123_456_u64)).to_string();
    let invalid = load::<Filter>(number.as_bytes()).unwrap_err();
    assert!(!invalid.to_string().contains("9876"), "{invalid}");

    let text = changed("/session_token", json!("token-of-hers")).to_string();
    let config: Config = serde_json::from_str(&text).unwrap();
    let filter: Filter = load(text.as_bytes()).unwrap();
    for printed in [format!("{config:?}"), format!("{filter:?}")] {
        assert!(!printed.contains("of-hers") && !printed.contains("wJalr"), "{printed}");
        assert!(printed.contains("Secret(..)"), "{printed}");
    }
    // What writes a configuration writes all of it.
    let again: Config = serde_json::from_value(serde_json::to_value(&config).unwrap()).unwrap();
    assert_eq!(again, config);
}

#[test]
fn ten_thousand_keys_of_one_policy_hold_it_once() {
    let credentials: Vec<_> = (0..10_000)
        .map(|number| {
            let mut credential = credential(&[allow("*")]);
            credential["access_key_id"] = json!(format!("AKID{number}"));
            credential
        })
        .collect();
    let mut config = config(credential(&[]));
    config["credentials"] = json!(credentials);
    load::<Filter>(config.to_string().as_bytes()).unwrap();
    config["credentials"].as_array_mut().unwrap().push(credential(&[]));
    check(&config, "credentials: there are 10001");
}
