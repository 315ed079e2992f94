//! Whatever bytes a client sends.

use proptest::prelude::*;
use serde_json::json;
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Headers, Origin, Policy, Response, Verdict};

use super::{NONCE, NOW, TOKEN, definition, gateway, jwt, open_api};
use crate::{CLUSTER_HEADER, Gateway, Notes};

fn serving() -> Gateway {
    let routes = [
        ("$default", "http://a/base?k=v"),
        ("GET /p/{id}", "http://b/{id}?x={id}"),
        ("ANY /f/{r+}", "http://c/{r}"),
        ("ANY /closed/{r+}", "http://d/{r}"),
    ];
    let mut http = open_api("http", &routes, &["$default", "v1"]);
    http["authorizers"] = json!({ "tokens": jwt(&json!({})) });
    http["routes"]["ANY /closed/{r+}"]["authorization"] =
        json!({ "jwt": { "authorizer": "tokens" } });
    let rest = open_api("rest", &routes[1..], &["v1"]);
    let mut definition = definition(&[("http", http), ("rest", rest)]);
    let mapping = json!({ "m/n": { "api": "rest", "stage": "v1" } });
    definition["domains"] = json!({ "d.example": { "mappings": mapping } });
    gateway(&definition)
}

fn path() -> impl Strategy<Value = Vec<u8>> {
    let piece = prop_oneof![
        "[ -~]{0,6}".prop_map(String::into_bytes),
        proptest::collection::vec(any::<u8>(), 0..4),
        proptest::sample::select(vec![
            "/", "//", "/v1", "/p/", "/f/", "/closed/", "/m/n", "..", ".", "%2e", "%2F", "%00",
            "?", "&", ";", "%", "\\",
        ])
        .prop_map(|text| text.as_bytes().to_vec()),
    ];
    proptest::collection::vec(piece, 0..10).prop_map(|pieces| pieces.concat())
}

fn host() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"localhost:8080".to_vec()),
        Just(b"rest.execute-api.a.b".to_vec()),
        Just(b"d.example".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..20),
    ]
}

fn method() -> impl Strategy<Value = Vec<u8>> {
    prop_oneof![
        Just(b"GET".to_vec()),
        Just(b"POST".to_vec()),
        proptest::collection::vec(any::<u8>(), 0..8),
    ]
}

fn fields() -> impl Strategy<Value = Vec<(String, Vec<u8>)>> {
    let name = prop_oneof![
        Just("authorization".to_owned()),
        Just("X-Tollgate-Cluster".to_owned()),
        Just("x-amzn-requestid".to_owned()),
        "\\PC{0,8}",
    ];
    let value =
        prop_oneof![Just(TOKEN.as_bytes().to_vec()), proptest::collection::vec(any::<u8>(), 0..40)];
    proptest::collection::vec((name, value), 0..4)
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]
    #[test]
    fn what_goes_on_has_one_place_to_go_and_all_else_is_answered(
        method in method(),
        host in host(),
        path in path(),
        fields in fields(),
    ) {
        thread_local!(static GATEWAY: Gateway = serving());
        let mut headers: Headers = fields.into_iter().collect();
        for (name, value) in [(":method", method), (":authority", host), (":path", path)] {
            headers.append(name, value);
        }
        headers.settle();
        let mut exchange = Exchange { nonce: NONCE, arrived: NOW, ..Exchange::default() };
        exchange.request.headers = headers;
        let admitted = exchange.request.headers.get_all("authorization").collect::<Vec<_>>()
            == [TOKEN.as_bytes()];
        let mut notes = Notes::default();
        let clock = FakeHost::at(NOW);
        let verdict =
            GATEWAY.with(|gateway| gateway.on_request(&mut notes, &mut exchange, &clock));
        let clusters: Vec<_> = exchange.request.headers.get_all(CLUSTER_HEADER).collect();
        match verdict {
            Verdict::Continue => {
                let known = ["http://a:80", "http://b:80", "http://c:80", "http://d:80"];
                let cluster = String::from_utf8_lossy(clusters.concat().as_slice()).into_owned();
                prop_assert_eq!(clusters.len(), 1);
                prop_assert!(known.contains(&cluster.as_str()), "{}", cluster);
                prop_assert!(exchange.request.target().starts_with(b"/"));
                let closed = exchange.context.route_key.contains("closed");
                let http = &*exchange.context.api_id == "http";
                prop_assert!(!(closed && http) || admitted, "a closed route without a token");
            }
            Verdict::Respond(response) => {
                prop_assert!((400..600).contains(&response.status));
                prop_assert!(clusters.is_empty());
                prop_assert_eq!(response.body.first(), Some(&b'{'));
                prop_assert!(exchange.context.error.is_some());
            }
            verdict => prop_assert!(false, "{:?}", verdict),
        }
        let mut response = Response { status: 200, ..Response::default() };
        let answered = GATEWAY.with(|gateway| {
            gateway.on_response(&mut notes, &mut exchange, &mut response, &Origin::Integration, &clock)
        });
        prop_assert!(matches!(answered, Verdict::Continue));
    }
}
