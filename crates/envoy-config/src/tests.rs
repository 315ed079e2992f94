#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

mod edge;
mod endpoint;
mod services;

use std::net::SocketAddr;

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_policy::Endpoint;

use crate::yaml::{Node, map};
use crate::{Address, COUNTERS, Keys, Settings, clusters, files};

/// Reads YAML with a reader that knows nothing of how it was written.
#[track_caller]
fn read(yaml: &str) -> Value {
    serde_saphyr::from_str(yaml).unwrap_or_else(|error| panic!("{error}\n{yaml}"))
}

/// A definition of one API with one integration.
fn definition(http_proxy: Value) -> Definition {
    serde_json::from_value(json!({
        "version": 1,
        "apis": { "a": {
            "name": "A",
            "protocol": "http",
            "integrations": { "i": { "http_proxy": http_proxy } },
            "routes": { "GET /": { "authorization": "none", "integration": "i" } },
            "stages": { "$default": {} },
        } },
    }))
    .expect("a definition")
}

/// The only cluster of a definition.
#[track_caller]
fn cluster(http_proxy: Value) -> Value {
    let yaml = clusters([&definition(http_proxy)], &Settings::default()).expect("clusters");
    let mut resources = read(&yaml)["resources"].take();
    assert_eq!(resources.as_array().map(Vec::len), Some(1));
    resources[0].take()
}

#[track_caller]
fn refused(http_proxy: Value, expected: &str) {
    let invalid = files(&definition(http_proxy), &Settings::default()).expect_err("refused");
    assert_eq!(invalid.to_string(), expected);
}

#[test]
fn a_service_is_named_by_its_url() {
    let cluster = cluster(json!({ "uri": "http://Orders.internal:8080/x" }));
    assert_eq!(cluster["name"], "http://orders.internal:8080");
    assert_eq!(cluster["alt_stat_name"], "http_orders_internal_8080");
    assert_eq!(cluster["cluster_type"]["name"], "envoy.clusters.dns");
    assert_eq!(cluster["transport_socket"], Value::Null);
}

#[test]
fn an_address_is_not_looked_up() {
    let cluster = cluster(json!({ "uri": "https://[2001:db8::1]/" }));
    assert_eq!(cluster["type"], "STATIC");
    assert_eq!(cluster["cluster_type"], Value::Null);
    let tls = &cluster["transport_socket"]["typed_config"];
    assert_eq!(tls["sni"], Value::Null);
    assert_eq!(
        tls["common_tls_context"]["validation_context"]["match_typed_subject_alt_names"],
        json!([{ "san_type": "IP_ADDRESS", "matcher": { "exact": "2001:db8::1" } }])
    );
}

#[test]
fn a_certificate_must_have_the_name_that_is_asked_for() {
    let cluster =
        cluster(json!({ "uri": "https://10.0.0.7", "server_name_to_verify": "Items.internal" }));
    assert_eq!(cluster["name"], "https://10.0.0.7:443#Items.internal");
    let tls = &cluster["transport_socket"]["typed_config"];
    assert_eq!(tls["sni"], "items.internal");
    let validation = &tls["common_tls_context"]["validation_context"];
    assert_eq!(
        validation["match_typed_subject_alt_names"],
        json!([{ "san_type": "DNS", "matcher": { "exact": "items.internal" } }])
    );
    assert_eq!(validation["trusted_ca"]["filename"], "/etc/ssl/certs/ca-certificates.crt");
}

#[test]
fn a_name_no_certificate_can_have_is_refused() {
    refused(
        json!({ "uri": "http://a.internal", "server_name_to_verify": "b.internal" }),
        "server_name_to_verify: `http://a.internal:80` has no certificate with a name: use `https`",
    );
    refused(
        json!({ "uri": "https://a.internal", "server_name_to_verify": "b c" }),
        "server_name_to_verify: `b c` is not a DNS name or an address",
    );
    refused(
        json!({ "uri": "https://a.internal", "server_name_to_verify": "" }),
        "server_name_to_verify: `` is not a DNS name or an address",
    );
}

#[test]
fn while_a_definition_follows_another_the_services_of_both_are_there() {
    let old = definition(json!({ "uri": "http://old.internal" }));
    let new = definition(json!({ "uri": "http://new.internal" }));
    let both = read(&clusters([&old, &new, &old], &Settings::default()).expect("clusters"));
    let names = both["resources"].as_array().expect("a list").iter().map(|one| &one["name"]);
    assert_eq!(names.collect::<Vec<_>>(), ["http://new.internal:80", "http://old.internal:80"]);
}

#[test]
fn no_services_are_an_empty_list() {
    let none = clusters([&Definition::default()], &Settings::default()).expect("clusters");
    assert_eq!(read(&none), json!({ "resources": [] }));
}

#[test]
fn only_this_machine_may_reach_the_administration() {
    #[track_caller]
    fn check(admin: Address, expected: Result<(), &str>) {
        let settings = Settings { admin, ..Settings::default() };
        let made = files(&Definition::default(), &settings);
        let made = made.map(drop).map_err(|invalid| invalid.to_string());
        assert_eq!(made, expected.map_err(str::to_owned));
    }
    let tcp = |text: &str| Address::Tcp(text.parse::<SocketAddr>().expect(text));
    check(tcp("127.0.0.1:0"), Ok(()));
    check(tcp("[::1]:9901"), Ok(()));
    check(Address::Unix("/run/tollgate/admin.sock".to_owned()), Ok(()));
    check(
        tcp("0.0.0.0:9901"),
        Err("admin: `0.0.0.0:9901` is not on this machine: whoever reaches it can stop the proxy"),
    );
}

#[test]
fn the_files_lie_in_the_folder_of_the_settings() {
    let settings = Settings { directory: "/srv/a b/".to_owned(), ..Settings::default() };
    let made = files(&Definition::default(), &settings).expect("files");
    let filter = &read(&made.gateway)["resources"][0]["typed_config"]["config"];
    assert_eq!(filter["vm_config"]["code"]["local"]["filename"], "/srv/a b/gateway.wasm");
    let source = &read(&made.bootstrap)["dynamic_resources"]["cds_config"]["path_config_source"];
    assert_eq!(source["path"], "/srv/a b/clusters.yaml");
}

#[test]
fn keys_are_served_to_envoy_alone_and_only_where_there_are_any() {
    let made = |settings: &Settings| {
        read(&files(&Definition::default(), settings).expect("files").bootstrap)
    };
    let without = made(&Settings::default());
    assert_eq!(without["static_resources"]["listeners"].as_array().map(Vec::len), Some(1));
    assert_eq!(without["static_resources"]["clusters"], Value::Null);

    let directory = "/srv//a/./b/".to_owned();
    let with = made(&Settings { keys: Keys::Folder, directory, ..Settings::default() });
    let keys = &with["static_resources"]["listeners"][1];
    let pipe = &keys["address"]["pipe"];
    assert_eq!(pipe, &json!({ "path": "/srv//a/./b/keys.sock", "mode": 0o600 }));
    let cluster = &with["static_resources"]["clusters"][0];
    let endpoint = &cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
    assert_eq!(endpoint["address"]["pipe"]["path"], pipe["path"]);
    let manager = &keys["filter_chains"][0]["filters"][0]["typed_config"];
    let server = &manager["http_filters"][0]["typed_config"];
    assert_eq!(server["path_mappings"][0]["file_path_prefix"], "/srv/a/b/keys");
}

#[test]
fn keys_need_a_folder_that_envoy_can_serve() {
    #[track_caller]
    fn check(directory: &str, keys: Keys, expected: Result<(), &str>) {
        let settings = Settings { directory: directory.to_owned(), keys, ..Settings::default() };
        let made = files(&Definition::default(), &settings);
        let made = made.map(drop).map_err(|invalid| invalid.to_string());
        assert_eq!(made, expected.map_err(str::to_owned));
    }
    let long = format!("/{}", "x".repeat(97));
    let reason =
        format!("directory: `{long}/keys.sock` is too long for a socket: at most 107 bytes");
    check(&long, Keys::Folder, Err(&reason));
    check(&long, Keys::None, Ok(()));
    check(&format!("/{}", "x".repeat(96)), Keys::Folder, Ok(()));
    check("/a/../b", Keys::Folder, Err("directory: `/a/../b` must have no `..`"));
}

#[test]
fn reasons_stand_above_the_fields_they_are_for() {
    let document = map! {
        /// Why.
        "a": 1_u32,
        "list": [map! {
            /// The first.
            "name": "x",
        }],
        "absent": Node::Absent,
        "short": map! { "b": ["on", "1", "-"], "c": map! {} },
    };
    assert_eq!(
        document.document("Said first.\n\nSaid next."),
        "# Said first.\n#\n# Said next.\n# Why.\na: 1\nlist:\n- # The first.\n  name: x\n\
         short: { b: [\"on\", \"1\", \"-\"], c: {} }\n"
    );
}

#[test]
fn text_that_could_be_taken_for_something_else_is_quoted() {
    let words = "null ~ True NO off y 1 1e3 0x1 .5 - # &a *a !a %a @a `a` 'a' \"a\" {a} [a] a,b | > --- ... \\ \
                 ::1 12:30:45 2026-01-01 = << a: :a";
    let spaced = [
        "",
        " ",
        " a",
        "a ",
        "- a",
        "a: b",
        "a #b",
        "it's \"both\"",
        "a\nb",
        "a\r\nb",
        "\t",
        "\0",
        "\u{7f}",
        "\u{85}",
        "\u{2028}",
        "\u{feff}",
        "\u{202e}",
        "\u{fffe}",
        "\u{1f600}",
        "\u{10ffff}",
    ];
    words.split_whitespace().chain(spaced).for_each(check);
}

/// Whatever the text and wherever it stands, it is read back as it was.
#[track_caller]
fn check(text: &str) {
    let mut out = map! { "a": text, "b": [text, text] }.document("");
    assert_eq!(read(&out), json!({ "a": text, "b": [text, text] }), "{out}");
    let long = "x".repeat(100);
    out = map! { "a": [map! { "b": text, "c": &long }] }.document("");
    assert_eq!(read(&out), json!({ "a": [{ "b": text, "c": long }] }), "{out}");
    let nested = Node::from([Node::from(text), Node::from(&long)]);
    out = map! { "a": [nested, Node::from(text)] }.document("");
    assert_eq!(read(&out), json!({ "a": [[text, long], text] }), "{out}");
}

#[cfg(not(target_arch = "wasm32"))]
mod properties {
    use proptest::prelude::*;

    use super::*;

    /// Text of any characters at all; proptest's own has none that are invisible.
    fn text() -> impl Strategy<Value = String> {
        proptest::collection::vec(any::<char>(), 0..40).prop_map(String::from_iter)
    }

    proptest! {
        #[test]
        fn any_text_is_read_back_as_it_was(text in text()) {
            check(&text);
        }

        #[test]
        fn any_definition_is_read_back_as_it_was(name in text(), value in text()) {
            let mut definition = definition(json!({ "uri": "http://a.internal" }));
            let api = definition.apis.get_mut("a").expect("the API");
            api.name.clone_from(&name);
            let stage = api.stages.get_mut("$default").expect("the stage");
            stage.variables.insert(name, value);
            let made = files(&definition, &Settings::default()).expect("files");
            let filter = &read(&made.gateway)["resources"][0]["typed_config"]["config"];
            let text = filter["configuration"]["value"].as_str().expect("text");
            // The listener sees to that.
            definition.source_address_is_told = true;
            prop_assert_eq!(serde_json::from_str::<Definition>(text).expect("a definition"), definition);
        }
    }
}

#[test]
fn what_a_definition_has_counted_or_delivered_must_have_a_place() {
    #[track_caller]
    fn check(part: Value, settings: &Settings, expected: Result<(), &str>) {
        let mut whole = json!({
            "version": 1,
            "apis": {"a": {
                "name": "A",
                "protocol": "http",
                "integrations": {"b": {"http_proxy": {"uri": "http://127.0.0.1:1/"}}},
                "routes": {"GET /": {"authorization": "none", "integration": "b"}},
                "stages": {"$default": {}},
            }},
        });
        for (name, value) in part.as_object().unwrap() {
            whole[name] = value.clone();
        }
        let definition: Definition = serde_json::from_value(whole).unwrap();
        let made = files(&definition, settings).map(drop).map_err(|invalid| invalid.to_string());
        assert_eq!(made, expected.map_err(str::to_owned));
    }
    let counters = |cluster: &str| json!({"counters": {"cluster": cluster}});
    let (nothing, endpoint) = (Settings::default(), Endpoint::split("http://127.0.0.1:8083"));
    let counted = Settings { counters: Some(endpoint.unwrap().0), ..Settings::default() };
    check(counters(COUNTERS), &nothing, Err("counters: must have an address"));
    check(counters(COUNTERS), &counted, Ok(()));
    let elsewhere = "counters.cluster: `x` is not there: it must be `tollgate.counters`";
    check(counters("x"), &counted, Err(elsewhere));
    let delivered = Settings { keys: Keys::Folder, ..Settings::default() };
    let keys = json!({"api_key_files": {}});
    check(keys.clone(), &nothing, Err("api_key_files: no file with keys is delivered"));
    check(keys, &delivered, Ok(()));
    let elsewhere = "api_key_files.cluster: `x` is not there: it must be `tollgate.keys`";
    check(json!({"api_key_files": {"cluster": "x"}}), &delivered, Err(elsewhere));
}
