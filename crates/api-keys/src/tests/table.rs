#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::collections::BTreeMap;

use serde_json::{Value, json};

use crate::{ApiKey, Config, Directory, Table, digest, hex};

fn read(keys: Value) -> Result<Table, String> {
    let keys: BTreeMap<String, ApiKey> =
        serde_json::from_value(keys).map_err(|error| error.to_string())?;
    Table::compile(&keys).map_err(|invalid| invalid.to_string())
}

#[track_caller]
fn refused(keys: Value, expected: &str) {
    assert_eq!(read(keys).expect_err("refused"), expected);
}

#[test]
fn a_key_is_found_by_its_digest() {
    let table = read(json!({
        "alice": { "sha256": hex(&digest(b"a")), "usage_plans": ["gold"], "name": "Alice" },
        "bob": { "sha256": hex(&digest(b"b")), "enabled": false },
    }))
    .expect("a table");
    let alice = table.find(&digest(b"a")).expect("a key");
    assert_eq!((alice.id.as_str(), alice.enabled), ("alice", true));
    assert_eq!(alice.usage_plans, ["gold"]);
    let bob = table.find(&digest(b"b")).expect("a key");
    assert_eq!((bob.id.as_str(), bob.enabled), ("bob", false));
    assert_eq!(table.find(&digest(b"c")), None);
    assert_eq!(table.keys().count(), 2);
}

#[test]
fn the_plain_value_is_refused_and_not_repeated() {
    let secret = "a-secret-of-more-than-20-characters";
    refused(
        json!({ "a": { "value": secret, "sha256": "" } }),
        "the plain value of a key must not be in a configuration: give its `sha256`",
    );
    refused(json!({ "a": { "sha256": secret } }), r#"["a"].sha256: must be 64 hexadecimal digits"#);
}

#[test]
fn what_cannot_be_honoured_is_refused() {
    let sha256 = hex(&digest(b"a"));
    refused(
        json!({ "a": { "sha256": sha256 }, "b": { "sha256": sha256 } }),
        r#"["b"].sha256: is the value of `a` too"#,
    );
    refused(
        json!({ "a b": { "sha256": sha256 } }),
        r#"["a b"]: must be 1 to 64 letters, digits, `-`, `_` or `.`"#,
    );
    refused(
        json!({ "a": { "sha256": sha256, "usage_plans": ["x", "x"] } }),
        r#"["a"].usage_plans[1]: is named twice"#,
    );
    refused(
        json!({ "a": { "sha256": sha256, "name": "x".repeat(1_025) } }),
        r#"["a"].name: must not have more than 1024 characters"#,
    );
    assert!(read(json!({ "a": { "sha256": sha256, "plans": [] } })).is_err());
    assert!(read(json!({ "a": { "sha256": sha256, "name": "é".repeat(1_024) } })).is_ok());
}

#[test]
fn there_may_be_as_many_as_in_an_account() {
    let some = |count: u32| -> BTreeMap<String, ApiKey> {
        let key = |number: u32| ApiKey {
            name: None,
            sha256: format!("{number:064x}"),
            enabled: true,
            usage_plans: Vec::new(),
        };
        (0..count).map(|number| (number.to_string(), key(number))).collect()
    };
    assert!(Table::compile(&some(10_000)).is_ok());
    let invalid = Table::compile(&some(10_001)).expect_err("too many");
    assert_eq!(invalid.to_string(), "must not be more than 10000: deliver them as a file");
}

#[test]
fn a_key_is_written_as_it_is_read() {
    let written = json!({ "sha256": "00", "usage_plans": ["gold"] });
    let key: ApiKey = serde_json::from_value(written.clone()).expect("a key");
    assert!(key.enabled);
    assert_eq!(serde_json::to_value(&key).expect("JSON"), written);
}

#[test]
fn a_place_that_cannot_be_asked_is_refused() {
    #[track_caller]
    fn check(config: Config, expected: Result<(), &str>) {
        let outcome = Directory::compile(&config).map(drop).map_err(|invalid| invalid.field);
        assert_eq!(outcome, expected.map_err(str::to_owned));
    }
    let config = |path: &str| Config { path: path.to_owned(), ..Config::default() };
    let every = |refresh_millis| Config { refresh_millis, ..Config::default() };
    check(Config::default(), Ok(()));
    check(config("/shop/"), Ok(()));
    for path in ["shop", "/a b", "/a?b", "/a\r\nb", "/é"] {
        check(config(path), Err("path"));
    }
    check(Config { cluster: String::new(), ..Config::default() }, Err("cluster"));
    check(every(100), Ok(()));
    check(every(60_000), Ok(()));
    check(every(99), Err("refresh_millis"));
    check(every(60_001), Err("refresh_millis"));

    assert_eq!(serde_json::to_value(Config::default()).expect("JSON"), json!({}));
    assert_eq!(serde_json::from_value::<Config>(json!({})).expect("a config"), Config::default());
}
