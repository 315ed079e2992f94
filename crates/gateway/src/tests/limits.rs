//! Throttles, keys and usage plans, on the way from the client to the integration.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_api_keys::{digest, hex};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Fault, Origin, Policy, Response, Verdict};

use super::{NOW, Sent, TOKEN, compile, definition, gateway, jwt, open_api, request};
use crate::{Gateway, Notes};

const ALICE: &str = "alice-alice-alice-alice";
const BOB: &str = "bob-bob-bob-bob-bob-bob";

fn limit(rate: f64, burst: u32) -> Value {
    json!({"rate_limit": rate, "burst_limit": burst})
}

fn key(value: &str, plans: &[&str]) -> Value {
    json!({"sha256": hex(&digest(value.as_bytes())), "usage_plans": plans})
}

/// `GET /open` and `GET /keyed`, which needs a key of the plan `gold` or `free`, on two stages.
fn keyed(protocol: &str) -> Value {
    let routes = [("GET /open", "http://b"), ("GET /keyed", "http://b")];
    let mut api = open_api(protocol, &routes, &["v1", "v2"]);
    api["routes"]["GET /keyed"]["api_key_required"] = true.into();
    let mut whole = definition(&[("a", api)]);
    let stages = json!([{"api": "a", "stage": "v1"}, {"api": "a", "stage": "v2"}]);
    whole["usage_plans"] = json!({
        "gold": {"throttle": limit(0.001, 5), "api_stages": stages},
        "free": {"api_stages": [{"api": "a", "stage": "v1"}]},
    });
    whole["api_keys"] = json!({"alice": key(ALICE, &["gold"]), "bob": key(BOB, &["free"])});
    whole
}

fn get(gateway: &Gateway, host: &FakeHost, path: &str, fields: &[(&str, &str)]) -> Sent {
    let mut notes = Notes::default();
    let mut exchange = request("GET", "localhost", path, fields);
    let verdict = gateway.on_request(&mut notes, &mut exchange, host);
    Sent { exchange, notes, verdict }
}

fn status(sent: &Sent) -> u16 {
    match &sent.verdict {
        Verdict::Continue => 200,
        Verdict::Respond(response) => response.status,
        verdict => panic!("{verdict:?}"),
    }
}

#[track_caller]
fn statuses(
    gateway: &Gateway,
    host: &FakeHost,
    path: &str,
    fields: &[(&str, &str)],
    expected: &[u16],
) {
    let found: Vec<_> =
        expected.iter().map(|_| status(&get(gateway, host, path, fields))).collect();
    assert_eq!(found, expected, "{path}");
}

#[test]
fn a_route_that_needs_a_key_admits_the_keys_of_its_plans() {
    let (host, gateway) = (FakeHost::at(NOW), gateway(&keyed("rest")));
    let refused = [
        &[][..],
        &[("x-api-key", "")],
        &[("x-api-key", "nobody-nobody-nobody")],
        &[("x-api-key", ALICE), ("x-api-key", BOB)],
    ];
    for fields in refused {
        let sent = get(&gateway, &host, "/v1/keyed", fields);
        assert_eq!(sent.to_string(), r#"403 {"message":"Forbidden"}"#, "{fields:?}");
        assert_eq!(sent.answer().headers.get("x-amzn-errortype"), Some(&b"ForbiddenException"[..]));
        assert_eq!(sent.exchange.context.error, Some(Fault::InvalidApiKey));
    }
    let sent = get(&gateway, &host, "/v1/keyed", &[("X-Api-Key", ALICE)]);
    assert_eq!(sent.to_string(), "GET http://b:80 /");
    assert_eq!(sent.exchange.context.api_key_id.as_deref(), Some("alice"));
    // It goes on to the backend, as with API Gateway.
    assert_eq!(sent.header("x-api-key").as_deref(), Some(ALICE));
    // Bob's plan has one stage only, and a route that needs no key looks at none.
    statuses(&gateway, &host, "/v1/keyed", &[("x-api-key", BOB)], &[200]);
    statuses(&gateway, &host, "/v2/keyed", &[("x-api-key", BOB)], &[403]);
    statuses(&gateway, &host, "/v2/open", &[("x-api-key", "nobody")], &[200]);
}

#[test]
fn without_keys_nobody_gets_in() {
    let mut whole = keyed("http");
    whole["api_keys"] = json!({});
    whole["usage_plans"] = json!({});
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    statuses(&gateway, &host, "/v1/keyed", &[("x-api-key", ALICE)], &[403]);
    statuses(&gateway, &host, "/v1/open", &[], &[200]);
}

#[test]
fn a_plan_has_one_bucket_for_each_key_over_all_its_stages() {
    let mut whole = keyed("rest");
    whole["api_keys"]["carol"] = key("carol-carol-carol-carol", &["gold"]);
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    let alice = [("x-api-key", ALICE)];
    statuses(&gateway, &host, "/v1/keyed", &alice, &[200; 3]);
    statuses(&gateway, &host, "/v2/keyed", &alice, &[200, 200, 429]);
    let carol = [("x-api-key", "carol-carol-carol-carol")];
    statuses(&gateway, &host, "/v2/keyed", &carol, &[200; 5]);
    let sent = get(&gateway, &host, "/v1/keyed", &alice);
    assert_eq!(sent.to_string(), r#"429 {"message":"Too Many Requests"}"#);
    assert_eq!(
        sent.answer().headers.get("x-amzn-errortype"),
        Some(&b"TooManyRequestsException"[..])
    );
    assert_eq!(sent.answer().headers.get("retry-after"), None);
}

#[test]
fn a_method_of_a_plan_has_a_bucket_of_its_own_besides() {
    let mut whole = keyed("rest");
    whole["usage_plans"]["gold"]["api_stages"][0]["throttle"] =
        json!({"/keyed/GET": limit(0.001, 2)});
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    let alice = [("x-api-key", ALICE)];
    statuses(&gateway, &host, "/v1/keyed", &alice, &[200, 200, 429, 429]);
    // Those that were refused took nothing of the plan's five.
    statuses(&gateway, &host, "/v2/keyed", &alice, &[200, 200, 200, 429]);
}

#[test]
fn every_route_of_a_stage_has_a_bucket_of_its_own() {
    let routes = [("GET /a", "http://b"), ("GET /b", "http://b"), ("GET /c", "http://b")];
    let mut api = open_api("http", &routes, &["v1", "v2"]);
    api["stages"]["v1"] =
        json!({"throttle": limit(0.001, 2), "route_throttles": {"GET /c": limit(0.001, 1)}});
    let (host, gateway) = (FakeHost::at(NOW), gateway(&definition(&[("a", api)])));
    statuses(&gateway, &host, "/v1/a", &[], &[200, 200, 429]);
    statuses(&gateway, &host, "/v1/b", &[], &[200, 200, 429]);
    statuses(&gateway, &host, "/v1/c", &[], &[200, 429]);
    statuses(&gateway, &host, "/v2/a", &[], &[200; 9]);
    statuses(&gateway, &host, "/v1/nowhere", &[], &[404; 3]);
}

#[test]
fn all_apis_together_have_the_accounts_bucket() {
    let api = || open_api("http", &[("GET /a", "http://b")], &["v1"]);
    let mut whole = definition(&[("a", api()), ("b", api())]);
    whole["account_throttle"] = limit(0.001, 3);
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    statuses(&gateway, &host, "/v1/a", &[], &[200, 200]);
    let other = |expected| {
        let mut exchange = request("GET", "b.execute-api.localhost", "/v1/a", &[]);
        let verdict = gateway.on_request(&mut Notes::default(), &mut exchange, &host);
        assert_eq!(status(&Sent { exchange, notes: Notes::default(), verdict }), expected);
    };
    other(200);
    other(429);
}

#[test]
fn what_a_plan_refuses_takes_nothing_of_the_stage_or_the_account() {
    let mut whole = keyed("rest");
    whole["account_throttle"] = limit(0.001, 20);
    whole["apis"]["a"]["stages"]["v1"]["throttle"] = limit(0.001, 10);
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    let alice = [("x-api-key", ALICE)];
    statuses(&gateway, &host, "/v1/keyed", &alice, &[200; 5]);
    statuses(&gateway, &host, "/v1/keyed", &alice, &[429; 30]);
    statuses(&gateway, &host, "/v1/keyed", &[("x-api-key", BOB)], &[200, 200, 200, 200, 200, 429]);
}

#[test]
fn strangers_are_throttled_before_anybody_asks_who_they_are() {
    let mut api = open_api("http", &[("GET /a", "http://b")], &["v1"]);
    api["authorizers"] = json!({"tokens": jwt(&json!({}))});
    api["routes"]["GET /a"]["authorization"] = json!({"jwt": {"authorizer": "tokens"}});
    api["stages"]["v1"]["throttle"] = limit(0.001, 2);
    let (host, gateway) = (FakeHost::at(NOW), gateway(&definition(&[("a", api)])));
    statuses(&gateway, &host, "/v1/a", &[], &[401, 401, 429]);
}

#[test]
fn clients_have_their_own_tokens() {
    let mut api = open_api("http", &[("GET /open", "http://b"), ("GET /a", "http://b")], &["v1"]);
    api["authorizers"] = json!({"tokens": jwt(&json!({}))});
    api["routes"]["GET /a"]["authorization"] = json!({"jwt": {"authorizer": "tokens"}});
    api["stages"]["v1"]["client_throttles"] = json!({
        "address": {"per": "source_ip", "throttle": limit(0.001, 3)},
        "caller": {"per": {"claim": "sub"}, "throttle": limit(0.001, 1)},
    });
    let (host, gateway) = (FakeHost::at(NOW), gateway(&definition(&[("a", api)])));
    assert!(gateway.needs().source_address);
    let from = |address: &str, path: &str, fields: &[(&str, &str)]| {
        let mut exchange = request("GET", "localhost", path, fields);
        exchange.source_address = address.parse().ok();
        let verdict = gateway.on_request(&mut Notes::default(), &mut exchange, &host);
        status(&Sent { exchange, notes: Notes::default(), verdict })
    };
    let bearer = [("authorization", TOKEN)];
    assert_eq!(from("192.0.2.1", "/v1/a", &bearer), 200);
    assert_eq!(from("192.0.2.2", "/v1/a", &bearer), 429);
    assert_eq!(from("192.0.2.1", "/v1/open", &[]), 200);
    // The refused one had its token of the address given back.
    for expected in [429, 429] {
        assert_eq!(from("192.0.2.2", "/v1/a", &bearer), expected);
    }
    // Or the address would be refused before anybody asks who it is.
    assert_eq!(from("192.0.2.2", "/v1/a", &[]), 401);
    assert_eq!(from("192.0.2.3", "/v1/a", &[]), 401);
}

#[test]
fn a_key_may_come_from_the_authorizer() {
    let mut whole = keyed("rest");
    let api = &mut whole["apis"]["a"];
    api["api_key_source"] = "authorizer".into();
    api["authorizers"] = json!({"tokens": jwt(&json!({}))});
    let refused = compile(&whole).unwrap_err().to_string();
    assert!(refused.contains("api_key_required: the key comes from the authorizer"), "{refused}");
    whole["apis"]["a"]["routes"]["GET /keyed"]["authorization"] =
        json!({"jwt": {"authorizer": "tokens"}});
    let (host, gateway) = (FakeHost::at(NOW), gateway(&whole));
    // The token says nothing of a key, and what the client says counts for nothing.
    let fields = [("authorization", TOKEN), ("x-api-key", ALICE)];
    statuses(&gateway, &host, "/v1/keyed", &fields, &[403]);
}

fn with_quota(quota: u32) -> Value {
    let mut whole = keyed("rest");
    whole["usage_plans"]["gold"]["quota"] = json!({"limit": quota, "period": "DAY"});
    whole["counters"] = json!({"cluster": "tollgate.counters"});
    whole["response_headers"] = "rate_limit".into();
    whole
}

/// Grants everything that is asked for, or nothing.
fn answer(gateway: &Gateway, host: &FakeHost, code: u8) {
    for fetch in gateway.work(host).fetches {
        if fetch.call.cluster == "tollgate.counters" {
            let body = vec![0, 0, 0, 0, 2, 0x08, code];
            gateway.on_fetched(
                fetch.id,
                Some(Response { status: 200, body, ..Response::default() }),
                host,
            );
        }
    }
}

#[test]
fn a_quota_is_asked_of_the_counters_and_says_limit_exceeded() {
    let (host, gateway) = (FakeHost::at(NOW), gateway(&with_quota(2)));
    let fields = [("x-api-key", ALICE)];
    let mut sent = get(&gateway, &host, "/v1/keyed", &fields);
    assert!(
        matches!(sent.verdict, Verdict::Wait(until) if until == NOW.after(Duration::from_millis(20)))
    );
    assert!(gateway.is_pressed());
    answer(&gateway, &host, 1);
    let verdict = gateway.on_wake(&mut sent.notes, &mut sent.exchange, &host);
    assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
    let mut response = Response { status: 200, ..Response::default() };
    let _ = gateway.on_response(
        &mut sent.notes,
        &mut sent.exchange,
        &mut response,
        &Origin::Integration,
        &host,
    );
    let policy =
        String::from_utf8_lossy(response.headers.get("ratelimit-policy").unwrap()).into_owned();
    assert_eq!(policy, r#""plan/gold";q=5;w=5000, "quota/gold";q=2;w=86400"#);

    let mut sent = get(&gateway, &host, "/v1/keyed", &fields);
    answer(&gateway, &host, 2);
    sent.verdict = gateway.on_wake(&mut sent.notes, &mut sent.exchange, &host);
    assert_eq!(sent.to_string(), r#"429 {"message":"Limit Exceeded"}"#);
    let headers = &sent.answer().headers;
    assert_eq!(headers.get("x-amzn-errortype"), Some(&b"LimitExceededException"[..]));
    assert!(headers.get("retry-after").is_some());
    assert_eq!(sent.exchange.context.error, Some(Fault::QuotaExceeded));
    // What the quota refuses takes nothing of the throttle: four of five are left, not three.
    for expected in [true, true, true, true, false] {
        host.pass(Duration::from_secs(11));
        let mut sent = get(&gateway, &host, "/v1/keyed", &fields);
        while let Verdict::Wait(_) = sent.verdict {
            answer(&gateway, &host, 1);
            host.pass(Duration::from_millis(2));
            sent.verdict = gateway.on_wake(&mut sent.notes, &mut sent.exchange, &host);
        }
        assert_eq!(matches!(sent.verdict, Verdict::Continue), expected, "{sent}");
    }
}

#[test]
fn what_cannot_be_is_refused_with_its_place() {
    #[track_caller]
    fn check(change: impl FnOnce(&mut Value), expected: &str) {
        let mut whole = with_quota(5);
        change(&mut whole);
        let refused = compile(&whole).unwrap_err().to_string();
        assert!(refused.starts_with(expected), "{refused}");
    }
    check(
        |all| all["account_throttle"] = limit(-1.0, 1),
        "account_throttle.rate_limit: `-1` is not from 0",
    );
    check(
        |all| all["apis"]["a"]["stages"]["v1"]["throttle"] = limit(1.0, 99_999_999),
        "apis.a.stages.v1.throttle.burst_limit",
    );
    check(
        |all| {
            all["apis"]["a"]["stages"]["v1"]["route_throttles"] = json!({"GET /x": limit(1.0, 1)})
        },
        "apis.a.stages.v1.route_throttles: there is no route `GET /x`",
    );
    check(
        |all| {
            all["apis"]["a"]["stages"]["v1"]["client_throttles"] =
                json!({"c": {"per": {"header": ""}, "throttle": limit(1.0, 1)}})
        },
        "apis.a.stages.v1.client_throttles.c.per.header: `` is not a header field",
    );
    check(
        |all| all["usage_plans"]["gold"]["api_stages"][0]["api"] = "x".into(),
        "usage_plans.gold.api_stages[0].api: there is no API `x`",
    );
    check(
        |all| all["usage_plans"]["gold"]["api_stages"][1]["stage"] = "x".into(),
        "usage_plans.gold.api_stages[1].stage: the API has no stage `x`",
    );
    check(
        |all| all["usage_plans"]["gold"]["api_stages"][1]["stage"] = "v1".into(),
        "usage_plans.gold.api_stages[1].stage: `v1` is there twice",
    );
    check(
        |all| {
            all["usage_plans"]["gold"]["api_stages"][0]["throttle"] =
                json!({"/x/GET": limit(1.0, 1)})
        },
        r#"usage_plans.gold.api_stages[0].throttle["/x/GET"]: the API has no method `/x/GET`"#,
    );
    check(
        |all| all["usage_plans"]["gold"]["quota"]["offset"] = 1.into(),
        "usage_plans.gold.quota.offset: `1` is not from 0 to 0",
    );
    check(
        |all| all["usage_plans"]["a b"] = json!({"api_stages": []}),
        "usage_plans.a b: a name must be 1 to 128",
    );
    check(
        |all| all["api_keys"]["alice"]["usage_plans"] = json!(["x"]),
        r#"api_keys["alice"].usage_plans: there is no usage plan `x`"#,
    );
    check(
        |all| all["api_keys"]["alice"]["usage_plans"] = json!(["gold", "free"]),
        r#"api_keys["alice"].usage_plans: `gold` and `free` both have the stage `v1`"#,
    );
    check(|all| all["counters"] = Value::Null, "counters: must be given where there is a quota");
    check(
        |all| all["counters"]["wait_millis"] = 5_000.into(),
        "counters.wait_millis: `5000` is not from 0 to 1000",
    );
}
