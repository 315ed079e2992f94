//! How services are spoken to, and how long their responses may take.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_gateway::Definition;

use super::read;
use crate::{Settings, clusters, files};

/// The only cluster of a REST API.
#[track_caller]
fn cluster(http_proxy: Value) -> Value {
    let definition: Definition = serde_json::from_value(json!({
        "version": 1,
        "apis": { "a": {
            "name": "A",
            "protocol": "rest",
            "integrations": { "i": { "http_proxy": http_proxy } },
            "routes": { "GET /": { "authorization": "none", "integration": "i" } },
            "stages": { "prod": {} },
        } },
    }))
    .expect("a definition");
    let yaml = clusters([&definition], &Settings::default()).expect("clusters");
    let mut resources = read(&yaml)["resources"].take();
    assert_eq!(resources.as_array().map(Vec::len), Some(1));
    resources[0].take()
}

/// What Envoy speaks to it, and what it offers in the handshake.
fn spoken(cluster: &Value) -> [&Value; 3] {
    let options = &cluster["typed_extension_protocol_options"]["envoy.extensions.upstreams.http.v3.HttpProtocolOptions"];
    let tls = &cluster["transport_socket"]["typed_config"]["common_tls_context"];
    [&options["auto_config"], &options["explicit_http_config"], &tls["alpn_protocols"]]
}

#[test]
fn over_tls_service_and_proxy_agree_on_the_protocol() {
    let cluster = cluster(json!({ "uri": "https://a.internal" }));
    let [agreed, said, offered] = spoken(&cluster);
    assert_eq!(said, &Value::Null);
    assert_eq!(agreed["http_protocol_options"], json!({}));
    assert_eq!(offered, &json!(["h2", "http/1.1"]));
    let http2 = &agreed["http2_protocol_options"];
    let of = |name: &str| http2[name].as_u64().expect(name);
    let all = of("max_concurrent_streams") * of("initial_stream_window_size");
    assert!(of("initial_connection_window_size") >= all, "{http2}");
}

#[test]
fn in_the_clear_it_is_http_1_unless_the_operator_says_otherwise() {
    let plain = cluster(json!({ "uri": "http://a.internal" }));
    let said = json!({ "http_protocol_options": {} });
    assert_eq!(spoken(&plain), [&Value::Null, &said, &Value::Null]);
    let newer = cluster(json!({ "uri": "http://a.internal", "http2": true }));
    assert_ne!(newer["name"], plain["name"]);
    assert_eq!(newer["alt_stat_name"], "http_a_internal_80_http2");
    let [agreed, said, _] = spoken(&newer);
    assert_eq!((agreed, &said["http_protocol_options"]), (&Value::Null, &Value::Null));
    assert_eq!(said["http2_protocol_options"]["max_concurrent_streams"], 100);
}

#[test]
fn a_certificate_is_left_unchecked_for_nobody_but_who_asks() {
    let checked = cluster(json!({ "uri": "https://a.internal" }));
    let unchecked =
        cluster(json!({ "uri": "https://a.internal", "insecure_skip_verification": true }));
    assert_ne!(checked["name"], unchecked["name"]);
    let validation = |cluster: &Value| {
        let socket = &cluster["transport_socket"]["typed_config"];
        assert_eq!(socket["sni"], "a.internal");
        socket["common_tls_context"]["validation_context"].clone()
    };
    assert_eq!(validation(&unchecked), Value::Null);
    let names = &validation(&checked)["match_typed_subject_alt_names"];
    assert_eq!(names, &json!([{ "san_type": "DNS", "matcher": { "exact": "a.internal" } }]));
}

#[test]
fn a_response_that_comes_as_a_stream_may_take_fifteen_minutes() {
    let made = files(&Definition::default(), &Settings::default()).expect("files");
    let bootstrap = read(&made.bootstrap);
    let chain = &bootstrap["static_resources"]["listeners"][0]["filter_chains"][0];
    let host = &chain["filters"][0]["typed_config"]["route_config"]["virtual_hosts"][0];
    let routes = host["routes"].as_array().expect("routes");
    let [stream, usual] = &routes[..] else { panic!("{routes:?}") };
    let field = &stream["match"]["headers"][0];
    let said = (&field["name"], &field["string_match"]["exact"]);
    assert_eq!(said, (&json!("x-tollgate-transfer"), &json!("stream")));
    assert_eq!(stream["route"]["timeout"], "900s");
    assert_eq!(stream["route"]["idle_timeout"], "300s");
    assert_eq!(stream["route"]["max_stream_duration"]["max_stream_duration"], "1170s");
    assert_eq!(usual["route"]["timeout"], "30s");
    for longer in ["idle_timeout", "max_stream_duration"] {
        assert_eq!(usual["route"][longer], Value::Null, "{longer}");
    }
    // Nothing of it goes on to a backend.
    let removed = host["request_headers_to_remove"].as_array().expect("names");
    assert!(removed.contains(&json!("x-tollgate-transfer")), "{removed:?}");
}
