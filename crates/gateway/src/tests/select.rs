//! Which API and stage a request is for.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};

use super::{definition, gateway, merge, open_api, request, send};

const FORBIDDEN: &str = r#"403 {"message":"Forbidden"}"#;
const NOT_FOUND: &str = r#"404 {"message":"Not Found"}"#;

/// An HTTP API whose integration tells its name and the path it was found by.
fn api(name: &str, stages: &[&str]) -> Value {
    open_api("http", &[("$default", &format!("http://{name}"))], stages)
}

fn two_apis() -> Value {
    definition(&[("orders", api("orders", &["$default", "dev"])), ("users", api("users", &["v1"]))])
}

#[track_caller]
fn check(definition: &Value, host: &str, path: &str, expected: &str) {
    let sent = send(&gateway(definition), request("GET", host, path, &[]));
    assert_eq!(sent.to_string(), expected, "{host}{path}");
}

#[test]
fn the_host_names_the_api() {
    let definition = two_apis();
    let users = "GET http://users:80 /a";
    check(&definition, "users.execute-api.eu-west-1.amazonaws.com", "/v1/a", users);
    check(&definition, "USERS.Execute-API.eu-west-1.amazonaws.com:8080", "/v1/a", users);
    check(&definition, "users.execute-api.localhost.", "/v1/a", users);
    let orders = "GET http://orders:80 /a";
    for host in ["localhost:8080", "example.com", "", "[::1]:8080", "[::1]", "::1", ":", "users"] {
        check(&definition, host, "/a", orders);
    }
}

#[test]
fn a_host_that_names_no_api_is_refused() {
    let definition = two_apis();
    check(&definition, "other.execute-api.eu-west-1.amazonaws.com", "/a", FORBIDDEN);
    check(&definition, ".execute-api.eu-west-1.amazonaws.com", "/a", FORBIDDEN);
    let mut none_by_default = definition;
    none_by_default["default_api"] = Value::Null;
    check(&none_by_default, "localhost", "/a", FORBIDDEN);
    let own = "orders.execute-api.eu-west-1.amazonaws.com";
    check(&none_by_default, own, "/a", "GET http://orders:80 /a");
}

#[test]
fn an_api_may_not_answer_under_its_own_host() {
    #[track_caller]
    fn disabled(protocol: &str, expected: &str) {
        let mut api = open_api(protocol, &[("GET /a", "http://b")], &["v1"]);
        merge(&mut api, &json!({ "disable_execute_api_endpoint": true }));
        let mut definition = definition(&[("orders", api)]);
        let mapping = json!({ "": { "api": "orders", "stage": "v1" } });
        definition["domains"] = json!({ "api.example.com": { "mappings": mapping } });
        for host in ["orders.execute-api.a.b", "ORDERS.EXECUTE-API.a.b:80"] {
            check(&definition, host, "/v1/a", expected);
        }
        check(&definition, "api.example.com", "/a", "GET http://b:80 /");
        check(&definition, "localhost", "/v1/a", "GET http://b:80 /");
    }
    disabled("http", FORBIDDEN);
    disabled("rest", FORBIDDEN);
}

#[test]
fn the_first_segment_names_the_stage() {
    let definition = two_apis();
    check(&definition, "localhost", "/dev/a/b", "GET http://orders:80 /a/b");
    check(&definition, "localhost", "/dev", "GET http://orders:80 /");
    check(&definition, "localhost", "/dev/", "GET http://orders:80 /");
    for path in ["/", "/devel/a", "/Dev/a", "/%64ev/a", "/$default/a", "//dev/a", "/a/dev"] {
        check(&definition, "localhost", path, &format!("GET http://orders:80 {path}"));
    }
    let users = "users.execute-api.a.b";
    for path in ["/", "/a", "/v1a", "/v2/a", "/$default/a"] {
        check(&definition, users, path, NOT_FOUND);
    }
}

#[test]
fn a_rest_api_has_no_default_stage() {
    let api = open_api("rest", &[("GET /", "http://b"), ("GET /a", "http://b/a")], &["v1", "v2"]);
    let definition = definition(&[("orders", api)]);
    check(&definition, "localhost", "/v1/a", "GET http://b:80 /a");
    check(&definition, "localhost", "/v2", "GET http://b:80 /");
    check(&definition, "localhost", "//v1/a", "GET http://b:80 /a");
    for path in ["/", "/a", "/v3/a", ""] {
        check(&definition, "localhost", path, FORBIDDEN);
    }
    let missing = r#"403 {"message":"Missing Authentication Token"}"#;
    check(&definition, "localhost", "/v1/b", missing);
}

#[test]
fn the_longest_mapping_of_a_domain_takes_the_request() {
    let mut definition = two_apis();
    let map = |api: &str, stage: &str| json!({ "api": api, "stage": stage });
    definition["domains"] = json!({
        "all.example.com": { "mappings": {
            "": map("orders", "$default"),
            "u": map("orders", "dev"),
            "u/v1": map("users", "v1"),
        } },
        "some.example.com": { "mappings": { "u": map("users", "v1") } },
    });
    let all = |path: &str, expected: &str| check(&definition, "all.example.com", path, expected);
    all("/u/v1/a", "GET http://users:80 /a");
    all("/u/v1", "GET http://users:80 /");
    all("/u/v2/a", "GET http://orders:80 /v2/a");
    all("/u/v12/a", "GET http://orders:80 /v12/a");
    all("/ux/a", "GET http://orders:80 /ux/a");
    // Behind a mapping there is no stage in the path.
    all("/dev/a", "GET http://orders:80 /dev/a");
    check(&definition, "ALL.example.com.:443", "/u/v1/a", "GET http://users:80 /a");
    check(&definition, "some.example.com", "/u/a", "GET http://users:80 /a");
    for path in ["/", "/a", "/ua", "//u/a", "/U/a", ""] {
        check(&definition, "some.example.com", path, FORBIDDEN);
    }
    check(&definition, "x.example.com", "/a", "GET http://orders:80 /a");
}

#[test]
fn a_name_for_many_domains_yields_to_one_of_its_own() {
    let map = |api: &str| json!({ "mappings": { "": { "api": api, "stage": "v1" } } });
    let mut definition =
        definition(&[("orders", api("orders", &["v1"])), ("users", api("users", &["v1"]))]);
    definition["domains"] =
        json!({ "*.example.com": map("orders"), "u.example.com": map("users") });
    let gateway = gateway(&definition);
    let check = |host: &str, expected: &str| {
        assert_eq!(
            send(&gateway, request("GET", host, "/x", &[])).exchange.context.api_id.as_ref(),
            expected,
            "{host}"
        );
    };
    check("a.example.com", "orders");
    check("B.EXAMPLE.COM:8443", "orders");
    check("u.example.com", "users");
    // One label more, and no other number of them. These fall to the default API, as any other name.
    definition["default_api"] = json!("users");
    let gateway = super::gateway(&definition);
    for host in ["example.com", "a.b.example.com", ".example.org"] {
        let sent = send(&gateway, request("GET", host, "/v1/x", &[]));
        assert_eq!(sent.exchange.context.api_id.as_ref(), "users", "{host}");
    }
}

#[test]
fn a_mapping_without_a_stage_leaves_it_to_the_path() {
    let mut definition = definition(&[("orders", api("orders", &["v1", "v2"]))]);
    definition["domains"] = json!({ "api.example.com": { "mappings": {
        "shop": { "api": "orders" },
    } } });
    let gateway = gateway(&definition);
    let stage = |path: &str| {
        let sent = send(&gateway, request("GET", "api.example.com", path, &[]));
        sent.exchange.context.stage.to_string()
    };
    assert_eq!(stage("/shop/v1/x"), "v1");
    assert_eq!(stage("/shop/v2/x"), "v2");
    assert_eq!(stage("/shop/v3/x"), "");
    assert_eq!(stage("/v1/x"), "");
}

#[test]
fn rules_come_before_mappings_and_the_lowest_number_first() {
    let rule = |conditions: Value, stage: &str, strip: bool| {
        json!({ "conditions": conditions, "invoke_api": {
            "api": "orders", "stage": stage, "strip_base_path": strip,
        } })
    };
    let header = |glob: &str| {
        json!({ "match_headers": [
            { "header": "x-none", "value_glob": "*" },
            { "header": "x-version", "value_glob": glob },
        ] })
    };
    let mut definition = definition(&[("orders", api("orders", &["one", "two", "three", "base"]))]);
    definition["domains"] = json!({ "api.example.com": {
        "routing_rules": {
            "100": rule(json!([{ "match_base_paths": ["a", "a/b"] }]), "three", true),
            "20": rule(json!([{ "match_base_paths": ["a"] }, header("v2*")]), "two", false),
            "3": rule(json!([header("v1")]), "one", false),
        },
        "mappings": { "": { "api": "orders", "stage": "base" } },
    } });
    let gateway = gateway(&definition);
    let check = |version: &str, path: &str, stage: &str, expected: &str| {
        let exchange = request("GET", "api.example.com", path, &[("x-version", version)]);
        let sent = send(&gateway, exchange);
        assert_eq!(&*sent.exchange.context.stage, stage, "{version} {path}");
        assert_eq!(sent.to_string(), expected);
    };
    check("v1", "/a/x", "one", "GET http://orders:80 /a/x");
    check("v1.1", "/x", "base", "GET http://orders:80 /x");
    check("v2.1", "/a/x", "two", "GET http://orders:80 /a/x");
    check("V2", "/a/x", "three", "GET http://orders:80 /x");
    check("v2", "/x", "base", "GET http://orders:80 /x");
    check("v3", "/a/b/x", "three", "GET http://orders:80 /x");
    check("v3", "/ab/x", "base", "GET http://orders:80 /ab/x");
    check("v3", "/A/x", "base", "GET http://orders:80 /A/x");
}

#[test]
fn a_domain_with_rules_alone_refuses_what_none_takes() {
    let check = |glob: &str, value: &str, is_taken: bool| {
        let mut definition = definition(&[("orders", api("orders", &["v1"]))]);
        definition["domains"] = json!({ "api.example.com": { "routing_rules": { "1": {
            "conditions": [{ "match_headers": [{ "header": "X-Who", "value_glob": glob }] }],
            "invoke_api": { "api": "orders", "stage": "v1" },
        } } } });
        let exchange = request("GET", "api.example.com", "/x", &[("x-who", value)]);
        let sent = send(&gateway(&definition), exchange).to_string();
        assert_eq!(sent != FORBIDDEN, is_taken, "{glob} {value}: {sent}");
    };
    check("ann", "ann", true);
    check("ann", "anna", false);
    check("ann*", "anna", true);
    check("*ann", "joann", true);
    check("*ann", "joanna", false);
    check("*ann*", "joanna", true);
    check("*ann*", "Joann", true);
    check("*ann*", "bob", false);
    check("*", "", true);
    check("ann*", "", false);
}
