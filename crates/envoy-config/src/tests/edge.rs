#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::Endpoint;

use super::{definition, read};
use crate::{AccessLog, Address, Cache, Certificate, Edge, Health, Http3, Settings, files};

fn certificate(name: &str) -> Certificate {
    Certificate { chain: format!("/tls/{name}.pem"), key: format!("/tls/{name}.key") }
}

fn origins(urls: &[&str]) -> Vec<Endpoint> {
    urls.iter().map(|url| Endpoint::split(url).expect(url).0).collect()
}

fn edge() -> Edge {
    Edge {
        listen: ([10, 0, 0, 1], 443).into(),
        certificate: certificate("server"),
        http3: Http3::At(443),
        origins: origins(&["https://a.internal:8443", "https://10.0.0.2"]),
        origin_authorities: "/tls/authority.pem".to_owned(),
        origin_certificate: certificate("client"),
        health: Health::Connection,
        cache: Cache::Folder { path: "/var/cache/edge".to_owned(), max_bytes: 1 << 30 },
        credential_headers: vec!["x-caller".to_owned()],
        admin: Address::Tcp(([127, 0, 0, 1], 9901).into()),
        directory: "/etc/tollgate".to_owned(),
        node: "an-edge".to_owned(),
        access_log: AccessLog::Off,
        max_connections: 1_000,
        max_heap_bytes: 1 << 30,
    }
}

fn bootstrap(edge: &Edge) -> Value {
    read(&edge.files().expect("files")[0].1)["static_resources"].take()
}

#[track_caller]
fn refused(change: impl FnOnce(&mut Edge), expected: &str) {
    let mut edge = edge();
    change(&mut edge);
    assert_eq!(edge.files().expect_err("refused").to_string(), expected);
}

#[test]
fn every_gateway_has_a_priority_and_a_name_of_its_own() {
    let cluster = &bootstrap(&edge())["clusters"][0];
    let localities = cluster["load_assignment"]["endpoints"].as_array().expect("a list");
    let priorities: Vec<_> = localities.iter().map(|each| &each["priority"]).collect();
    assert_eq!(priorities, [0, 1]);
    for (index, kind, name) in [(0, "DNS", "a.internal"), (1, "IP_ADDRESS", "10.0.0.2")] {
        let metadata = &localities[index]["lb_endpoints"][0]["metadata"]["filter_metadata"];
        let chosen = &cluster["transport_socket_matches"][index];
        assert_eq!(metadata["envoy.transport_socket_match"], chosen["match"]);
        let context = &chosen["transport_socket"]["typed_config"]["common_tls_context"];
        assert_eq!(
            context["combined_validation_context"]["default_validation_context"]["match_typed_subject_alt_names"],
            json!([{ "san_type": kind, "matcher": { "exact": name } }])
        );
    }
}

#[test]
fn without_a_cache_there_is_nothing_of_it() {
    let without = Edge { cache: Cache::Off, http3: Http3::Off, ..edge() };
    let text = &without.files().expect("files")[0].1;
    for absent in ["edge.cache", "x-cache", "alt-svc", "quic", "edge.cookies"] {
        assert!(!text.contains(absent), "{absent}");
        assert!(edge().files().expect("files")[0].1.contains(absent), "{absent}");
    }
}

#[test]
fn whoever_says_who_they_are_or_asks_otherwise_is_past_the_cache() {
    let listener = &bootstrap(&edge())["listeners"][0];
    let manager = &listener["filter_chains"][0]["filters"][0]["typed_config"];
    let routes = manager["route_config"]["virtual_hosts"][0]["routes"].as_array();
    let (last, private) = routes.and_then(|routes| routes.split_last()).expect("routes");
    let names: Vec<_> = private.iter().map(|route| &route["match"]["headers"][0]["name"]).collect();
    let expected = [
        "authorization",
        "cookie",
        "x-api-key",
        "range",
        "if-match",
        "if-unmodified-since",
        "x-http-method",
        "x-http-method-override",
        "x-method-override",
        "x-caller",
    ];
    assert_eq!(names, expected);
    let is_cache = |filter: &Value| filter["name"] == "edge.cache";
    assert!(manager["http_filters"].as_array().is_some_and(|all| all.iter().any(is_cache)));
    for route in private {
        assert_eq!(route["typed_per_filter_config"]["edge.cache"]["disabled"], true);
    }
    assert_eq!(last["match"], json!({ "prefix": "/" }));
    assert_eq!(last["typed_per_filter_config"], Value::Null);
}

#[test]
fn the_edge_takes_less_than_a_gateway_reads_by_what_it_adds() {
    let definition = definition(json!({ "uri": "http://a.internal/" }));
    let gateway = files(&definition, &Settings::default()).expect("files").bootstrap;
    let gateway = read(&gateway)["static_resources"].take();
    let longest = Edge { node: "n".repeat(253), ..edge() };
    let longest = bootstrap(&longest);
    let listeners = longest["listeners"].as_array().expect("listeners");
    assert_eq!(listeners.len(), 2);
    let manager =
        |listener: &Value| listener["filter_chains"][0]["filters"][0]["typed_config"].clone();
    let theirs = manager(&gateway["listeners"][0]);
    let limits = |manager: &Value| {
        let fields = &manager["common_http_protocol_options"]["max_headers_count"];
        (manager["max_request_headers_kb"].as_u64(), fields.as_u64())
    };
    for listener in listeners {
        let ours = manager(listener);
        let added =
            ours["http_filters"][0]["typed_config"]["mutations"]["request_mutations"].clone();
        let names = added.as_array().expect("fields").iter();
        let names = names.filter_map(|each| each["append"]["header"]["key"].as_str());
        let lengths: Vec<_> = names.map(str::len).collect();
        // What stands in them, and `via`, `x-forwarded-for` and `x-forwarded-proto`.
        let (fields, values) = (lengths.len() + 3, lengths.len() * 48 + 253 + 100);
        let bytes = lengths.iter().sum::<usize>() + values;
        let ((Some(kib), Some(most)), (Some(their_kib), Some(their_most))) =
            (limits(&ours), limits(&theirs))
        else {
            panic!("a listener has no limit: {ours}");
        };
        assert!(most + u64::try_from(fields).expect("a number") <= their_most);
        assert!(
            (kib << 10) + u64::try_from(bytes).expect("a number") <= their_kib << 10,
            "{bytes}"
        );
    }
}

#[test]
fn only_health_checks_say_that_a_gateway_is_not_well() {
    let by_path = Edge { health: Health::Path("/well".to_owned()), ..edge() };
    for (edge, method, path, expected) in [
        (edge(), "OPTIONS", "*", json!([{ "start": 100, "end": 600 }])),
        (by_path, "GET", "/well", json!([{ "start": 200, "end": 201 }])),
    ] {
        let cluster = &bootstrap(&edge)["clusters"][0];
        assert_eq!(cluster["outlier_detection"], Value::Null);
        let check = &cluster["health_checks"][0];
        assert_eq!(check["reuse_connection"], false);
        let check = &check["http_health_check"];
        assert_eq!((&check["method"], &check["path"]), (&json!(method), &json!(path)));
        assert_eq!(check["expected_statuses"], expected);
        let endpoint = &cluster["load_assignment"]["endpoints"][0]["lb_endpoints"][0]["endpoint"];
        assert_eq!(endpoint["health_check_config"]["hostname"], "a.internal:8443");
    }
}

#[test]
fn what_an_edge_cannot_hold_is_refused() {
    refused(|edge| edge.origins.clear(), "origins: there must be one to 16, not 0");
    refused(
        |edge| edge.origins = origins(&["https://a.internal", "http://b.internal"]),
        "origins.1: `http://b.internal:80` is reached in the clear: use `https`",
    );
    refused(
        |edge| edge.origins = origins(&["https://a.internal", "https://A.internal:443"]),
        "origins.1: `https://a.internal:443` is there already",
    );
    refused(
        |edge| edge.http3 = Http3::At(0),
        "http3: clients cannot be told of port 0: name the port they see, or switch HTTP/3 off",
    );
    refused(
        |edge| edge.node = "a'b".to_owned(),
        "node: `a'b` must be up to 253 letters, digits, `-` and `.`",
    );
    let long = "n".repeat(254);
    refused(
        |edge| edge.node.clone_from(&long),
        &format!("node: `{long}` must be up to 253 letters, digits, `-` and `.`"),
    );
    refused(
        |edge| edge.listen = "[::ffff:10.0.0.1]:443".parse().expect("an address"),
        "listen: `::ffff:10.0.0.1` is written for IPv6: use `10.0.0.1`",
    );
    refused(
        |edge| edge.health = Health::Path("ready".to_owned()),
        "health: `ready` must be a path, from `/` on",
    );
    refused(
        |edge| edge.credential_headers = vec!["X-Caller".to_owned()],
        "credential_headers: `X-Caller` must be the name of a header field, in lower case",
    );
    refused(
        |edge| edge.cache = Cache::Folder { path: "/c".to_owned(), max_bytes: 1 },
        "cache.max_bytes: must be 10485760 bytes at least",
    );
    refused(
        |edge| edge.cache = Cache::Folder { path: "c".to_owned(), max_bytes: 1 << 30 },
        "cache.path: `c` must be the path of a file, from `/` on",
    );
    refused(
        |edge| edge.origin_certificate.key = "/elsewhere/client.key".to_owned(),
        "origin_certificate.key: `/elsewhere/client.key` must lie beside `/tls/client.pem`: they \
         are replaced together",
    );
    refused(
        |edge| edge.admin = Address::Tcp(([10, 0, 0, 1], 1).into()),
        "admin: `10.0.0.1:1` is not on this machine: whoever reaches it can stop the proxy",
    );
}
