//! What is refused at load, and in which words: ids, domains, and text that does not parse.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::{compile, definition, jwt, merge, open_api};

fn good() -> Value {
    definition(&[("a", open_api("http", &[("GET /p", "http://b")], &["$default"]))])
}

#[track_caller]
fn check(changes: &Value, expected: &str) {
    let mut definition = good();
    merge(&mut definition, changes);
    assert_eq!(compile(&definition).expect_err("a refusal").to_string(), expected);
}

#[test]
fn ids_are_refused() {
    let api = &good()["apis"]["a"];
    for id in ["", "A", "a.b", "a b", &"a".repeat(64)] {
        let path = if id.is_empty() { "apis.".to_owned() } else { format!("apis.{id}") };
        let reason = "an id must be 1 to 63 lower-case letters, digits and `-`";
        check(&json!({ "apis": { id: api } }), &format!("{path}: {reason}"));
    }
    check(&json!({ "apis": {}, "default_api": null }), "apis: must be 1 to 600");
    let many: Value = (0..601).map(|number| (format!("n{number}"), api.clone())).collect();
    check(&json!({ "apis": many, "default_api": null }), "apis: must be 1 to 600");
    check(&json!({ "default_api": "b" }), "default_api: there is no API `b`");
}

#[test]
fn domains_are_refused() {
    let to = |api: &str, stage: &str| json!({ "api": api, "stage": stage });
    let domain =
        |name: &str, mappings: Value| json!({ "domains": { name: { "mappings": mappings } } });
    let all = json!({ "": to("a", "$default") });
    for name in ["", "A.example", "a.example:80", "*", "a.*.com", "a_b", &"a".repeat(254)] {
        let reason = "must be a DNS name in lower case, without a port; `*.` may stand before it";
        check(&domain(name, all.clone()), &format!("domains.{name}: {reason}"));
    }
    let count = "domains.d.mappings: must be 1 to 200";
    check(&domain("d", json!({})), count);
    let many: Value = (0..201).map(|number| (format!("n{number}"), to("a", "$default"))).collect();
    check(&domain("d", many), count);
    let refused = |path: &str, to: Value, expected: &str| {
        check(&domain("d", json!({ path: to })), &format!("domains.d.mappings.{expected}"));
    };
    refused("p", to("b", "v1"), "p.api: there is no API `b`");
    refused("p", to("a", "v1"), "p.stage: the API has no stage `v1`");
    for path in ["/", "/p", "p/", "p//q"] {
        let expected = format!("{path}: must not have empty segments");
        refused(path, to("a", "$default"), &expected);
    }
    for path in ["p q", "p%20", "p\u{e4}", "p?"] {
        let expected = format!("{path}: must be letters, digits and `-._~/$`");
        refused(path, to("a", "$default"), &expected);
    }
    let domains: Value =
        (0..1_001).map(|number| (format!("d{number}"), json!({ "mappings": all }))).collect();
    check(&json!({ "domains": domains }), "domains: must not be more than 1000");
}

#[test]
fn what_is_inside_an_authorizer_is_refused_with_its_path() {
    let mut api = good()["apis"]["a"].clone();
    api["authorizers"] = json!({ "tokens": jwt(&json!({ "leeway_secs": 301 })) });
    check(
        &json!({ "apis": { "a": api } }),
        "apis.a.authorizers.tokens.jwt.leeway_secs: `301` is more than 300",
    );
}

#[test]
fn what_does_not_parse_is_refused() {
    #[track_caller]
    fn starts(changes: &Value, expected: &str) {
        let mut definition = good();
        merge(&mut definition, changes);
        let refusal = compile(&definition).expect_err("a refusal").to_string();
        assert!(refusal.starts_with(expected), "{refusal}");
    }
    starts(&json!({ "version": 2 }), "version: version `2` is not known, expected 1");
    starts(&json!({ "version": "1" }), "version: invalid type: string \"1\", expected a version");
    starts(&json!({ "api": {} }), "api: unknown field `api`, expected one of");
    let route = |route: Value| {
        let mut apis = good()["apis"].clone();
        apis["a"]["routes"]["GET /p"] = route;
        json!({ "apis": apis })
    };
    // There is no default that leaves a route open.
    starts(
        &route(json!({ "integration": "GET /p" })),
        "apis.a.routes.GET /p: missing field `authorization`",
    );
    starts(
        &route(json!({ "integration": "GET /p", "authorization": "all" })),
        "apis.a.routes.GET /p.authorization: unknown variant `all`, expected one of",
    );
    starts(
        &route(json!({ "integration": "GET /p", "authorization": "none", "scopes": [] })),
        "apis.a.routes.GET /p.scopes: unknown field `scopes`",
    );
}

#[test]
fn routing_rules_are_refused() {
    #[track_caller]
    fn check(priority: &str, rule: &Value, expected: &str) {
        let mut all = super::definition(&[(
            "a",
            super::open_api("http", &[("GET /x", "http://b")], &["v1"]),
        )]);
        all["domains"] = json!({ "d": { "routing_rules": { priority: rule.clone() } } });
        let refused = super::compile(&all).unwrap_err().to_string();
        assert_eq!(refused, format!("domains.d.routing_rules.{priority}{expected}"));
    }
    let rule = |conditions: Value, stage: &str, strip: bool| {
        json!({ "conditions": conditions, "invoke_api": {
            "api": "a", "stage": stage, "strip_base_path": strip,
        } })
    };
    check("0", &rule(json!([]), "v1", false), ": a priority is from 1 to 1000000");
    check("1", &rule(json!([]), "v2", false), ".invoke_api.stage: the API has no stage `v2`");
    let reason = "there is no base path among the conditions that could be stripped";
    check("1", &rule(json!([]), "v1", true), &format!(".invoke_api.strip_base_path: {reason}"));
    let empty = json!([{ "match_base_paths": [] }]);
    check("1", &rule(empty, "v1", false), ".conditions[0].match_base_paths: must be 1 to 10");
    let slash = json!([{ "match_base_paths": ["/a"] }]);
    let reason = "must not have empty segments";
    check("1", &rule(slash, "v1", false), &format!(".conditions[0].match_base_paths[0]: {reason}"));
    let middle = json!([{ "match_headers": [{ "header": "a", "value_glob": "a*b" }] }]);
    let reason = "must be 1 to 128 letters, digits and `?-!#$%&'.^_`|~`, with `*` at the beginning, at \
                  the end or at both";
    let expected = format!(".conditions[0].match_headers[0].value_glob: {reason}");
    check("1", &rule(middle, "v1", false), &expected);
}
