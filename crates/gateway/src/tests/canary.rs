//! Deployments, and canaries beside them.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Origin, Policy, Response};

use super::{NOW, Sent, compile, definition, gateway, merge, open_api, request, send};
use crate::{Definition, Gateway, SHADOW_HEADER, upstreams};

/// An API whose stage `v1` serves the deployment `one` and has this canary.
fn api(canary: &Value) -> Value {
    let route = json!({"authorization": "none", "integration": "i"});
    let deployment = |uri: &str, keys: &[&str]| {
        let routes = keys.iter().map(|key| ((*key).to_owned(), route.clone())).collect::<Value>();
        json!({"integrations": {"i": {"http_proxy": {"uri": uri}}}, "routes": routes})
    };
    let mut api = open_api("rest", &[], &["v1"]);
    api["integrations"] = json!({});
    api["routes"] = json!({});
    api["deployments"] = json!({
        "one": deployment("http://one.${stageVariables.place}", &["GET /x", "GET /old"]),
        "two": deployment("http://two.${stageVariables.place}", &["GET /x", "GET /new"]),
    });
    api["stages"]["v1"] = json!({"deployment": "one", "variables": {"place": "here"}});
    if !canary.is_null() {
        api["stages"]["v1"]["canary"] = canary.clone();
    }
    api
}

fn serving(canary: &Value) -> Gateway {
    gateway(&definition(&[("a", api(canary))]))
}

fn get(gateway: &Gateway, path: &str) -> Sent {
    send(gateway, request("GET", "localhost", path, &[]))
}

#[track_caller]
fn check(canary: &Value, path: &str, expected: &str, is_canary: Option<bool>) {
    let sent = get(&serving(canary), path);
    assert_eq!(sent.to_string(), expected);
    assert_eq!(sent.exchange.context.is_canary_request, is_canary);
}

#[test]
fn a_stage_serves_the_deployment_it_points_to() {
    check(&Value::Null, "/v1/x", "GET http://one.here:80 /", None);
    check(&Value::Null, "/v1/new", "403 {\"message\":\"Missing Authentication Token\"}", None);
    let sent = get(&serving(&Value::Null), "/v1/x");
    assert_eq!(sent.exchange.context.deployment_id.as_deref(), Some("one"));
}

#[test]
fn a_canary_serves_another_deployment_with_variables_of_its_own() {
    let canary = |percent: f64| {
        json!({
            "deployment": "two",
            "percent_traffic": percent,
            "stage_variable_overrides": {"place": "there"},
        })
    };
    check(&canary(0.0), "/v1/x", "GET http://one.here:80 /", Some(false));
    check(&canary(100.0), "/v1/x", "GET http://two.there:80 /", Some(true));
    check(&canary(100.0), "/v1/new", "GET http://two.there:80 /", Some(true));
    let missing = "403 {\"message\":\"Missing Authentication Token\"}";
    check(&canary(100.0), "/v1/old", missing, Some(true));
    let sent = get(&serving(&canary(100.0)), "/v1/x");
    assert_eq!(sent.exchange.context.deployment_id.as_deref(), Some("two"));
}

#[test]
fn a_canary_may_differ_by_its_variables_alone() {
    let canary = json!({
        "percent_traffic": 100,
        "stage_variable_overrides": {"place": "there"},
    });
    check(&canary, "/v1/x", "GET http://one.there:80 /", Some(true));
}

#[test]
fn overrides_add_to_the_variables_of_the_stage() {
    // The vector of the specification: overridden, added, and left as it is.
    let mut api = open_api(
        "rest",
        &[("GET /x", "http://b/${stageVariables.testVar}/${stageVariables.defaultVar}")],
        &["v1"],
    );
    let variables = json!({"testVar": "default", "defaultVar": "default"});
    let overrides = json!({"testVar": "canary", "noStageVar": "canary"});
    api["stages"]["v1"] = json!({"variables": variables, "canary": {
        "percent_traffic": 100, "stage_variable_overrides": overrides,
    }});
    let all = definition(&[("a", api)]);
    let sent = get(&gateway(&all), "/v1/x");
    assert_eq!(sent.to_string(), "GET http://b:80 /canary/default");
}

#[test]
fn every_service_of_what_is_served_is_known_to_the_proxy() {
    let names = |canary: &Value| {
        let all = definition(&[("a", api(canary))]);
        let all: Definition = serde_json::from_value(all).unwrap();
        upstreams(&all).unwrap().into_iter().map(|found| found.cluster).collect::<Vec<_>>()
    };
    // What nothing points to needs no service.
    assert_eq!(names(&Value::Null), ["http://one.here:80"]);
    let canary = json!({
        "deployment": "two",
        "percent_traffic": 1,
        "stage_variable_overrides": {"place": "there"},
    });
    assert_eq!(names(&canary), ["http://one.here:80", "http://two.there:80"]);
}

#[test]
fn a_shadow_gets_a_copy_and_answers_nobody() {
    let shadow = |percent: f64| json!({"deployment": "two", "percent_traffic": 0, "percent_shadow": percent});
    let copied = |canary: &Value, path: &str| {
        let sent = get(&serving(canary), path);
        assert!(sent.to_string().starts_with("GET http://one.here:80 "), "{sent}");
        sent.header(SHADOW_HEADER)
    };
    assert_eq!(copied(&shadow(100.0), "/v1/x").as_deref(), Some("http://two.here:80"));
    // The canary has no such route.
    assert_eq!(copied(&shadow(100.0), "/v1/old"), None);
    assert_eq!(copied(&shadow(0.0), "/v1/x"), None);
    // What the canary answers is not copied besides.
    let both = json!({"deployment": "two", "percent_traffic": 100, "percent_shadow": 100});
    assert_eq!(get(&serving(&both), "/v1/x").header(SHADOW_HEADER), None);
}

#[test]
fn a_client_cannot_ask_for_a_copy() {
    let gateway = serving(&Value::Null);
    let fields = [(SHADOW_HEADER, "http://two.here:80")];
    let sent = send(&gateway, request("GET", "localhost", "/v1/x", &fields));
    assert_eq!(sent.header(SHADOW_HEADER), None);
}

#[test]
fn answers_are_counted_for_the_canary_and_for_the_base() {
    let count = |percent: f64, path: &str, answer: Option<(u16, Origin)>| {
        let gateway = serving(&json!({"deployment": "two", "percent_traffic": percent}));
        let mut sent = get(&gateway, path);
        let host = FakeHost::at(NOW);
        // What the gateway answers itself is counted where it was sent from, on another host.
        if let Some((status, origin)) = answer {
            let mut response = Response { status, ..Response::default() };
            let Sent { exchange, notes, .. } = &mut sent;
            let _ = gateway.on_response(notes, exchange, &mut response, &origin, &host);
        }
        let mut names = host.metric_names();
        names.retain(|name| name.contains("requests") || name.contains("xx"));
        names
    };
    let metric = |what: &str, variant: &str| {
        format!("tollgate_canary_{what}.stage=a/v1;.release=7;.variant={variant};")
    };
    let (requests, of_5xx) = (metric("requests", "canary"), metric("5xx", "canary"));
    let good = count(100.0, "/v1/x", Some((200, Origin::Integration)));
    assert_eq!(good, [metric("requests", "canary")]);
    assert_eq!(
        count(100.0, "/v1/x", Some((500, Origin::Integration))),
        [requests.clone(), of_5xx.clone()]
    );
    let proxy = Origin::Proxy("upstream_reset_before_response_started".to_owned());
    assert_eq!(count(100.0, "/v1/x", Some((503, proxy))), [requests, of_5xx]);
    let base = count(0.0, "/v1/x", Some((200, Origin::Integration)));
    assert_eq!(base, [metric("requests", "base")]);
    assert!(count(0.0, "/v1/x", None).is_empty());
}

#[test]
fn what_the_gateway_answers_itself_is_counted_too() {
    let gateway = serving(&json!({"deployment": "two", "percent_traffic": 100}));
    let (host, mut notes) = (FakeHost::at(NOW), crate::Notes::default());
    let mut exchange = request("GET", "localhost", "/v1/old", &[]);
    let _ = gateway.on_request(&mut notes, &mut exchange, &host);
    assert_eq!(
        host.metric_value("tollgate_canary_4xx.stage=a/v1;.release=7;.variant=canary;"),
        Some(1)
    );
}

#[test]
fn a_stage_without_a_canary_has_no_such_metrics() {
    let gateway = serving(&Value::Null);
    let (host, mut notes) = (FakeHost::at(NOW), crate::Notes::default());
    let mut exchange = request("GET", "localhost", "/v1/old", &[]);
    let _ = gateway.on_request(&mut notes, &mut exchange, &host);
    assert_eq!(host.metric_names(), Vec::<String>::new());
}

#[test]
fn what_leads_nowhere_is_refused() {
    #[track_caller]
    fn check(changes: &Value, expected: &str) {
        let mut api = api(&Value::Null);
        merge(&mut api["stages"]["v1"], changes);
        let refused = compile(&definition(&[("a", api)])).unwrap_err();
        assert_eq!(refused.to_string(), expected);
    }
    check(
        &json!({"deployment": "three"}),
        "apis.a.stages.v1.deployment: there is no deployment `three`",
    );
    check(&json!({"deployment": null}), "apis.a.routes: must have at least one route");
    let canary = |changes: Value| {
        let mut canary = json!({"deployment": "two", "percent_traffic": 5});
        merge(&mut canary, &changes);
        json!({"canary": canary})
    };
    check(
        &canary(json!({"deployment": "three"})),
        "apis.a.stages.v1.canary.deployment: there is no deployment `three`",
    );
    check(
        &canary(json!({"percent_traffic": 101})),
        "apis.a.stages.v1.canary.percent_traffic: `101` is not from 0.0 to 100.0",
    );
    check(
        &canary(json!({"percent_shadow": -1})),
        "apis.a.stages.v1.canary.percent_shadow: `-1` is not from 0.0 to 100.0",
    );
    check(
        &canary(json!({"stage_variable_overrides": {"place": "a b"}})),
        "apis.a.stages.v1.canary.stage_variable_overrides.place: a value must be letters, digits \
         and `-._~:/?#&=,`",
    );
    check(
        &canary(json!({"sticky": {"cookie": ""}})),
        "apis.a.stages.v1.canary.sticky.cookie: `` is not a name of RFC 9110",
    );
    check(
        &json!({"variables": {}}),
        "apis.a.deployments.one.routes.GET /old.integration `i`: http_proxy (stage `v1`).uri: the \
         stage has no variable `place`",
    );
}

#[test]
fn a_cache_is_told_what_chose_the_answer() {
    let answered = |canary: &Value, fields: &[(&str, &str)]| {
        let gateway = serving(canary);
        let mut sent = get(&gateway, "/v1/x");
        let headers = fields.iter().copied().collect();
        let mut response = Response { status: 200, headers, ..Response::default() };
        let host = FakeHost::at(NOW);
        let Sent { exchange, notes, .. } = &mut sent;
        let origin = Origin::Integration;
        let _ = gateway.on_response(notes, exchange, &mut response, &origin, &host);
        let said = |name: &str| {
            let all = response.headers.get_all(name).map(String::from_utf8_lossy);
            all.collect::<Vec<_>>().join(", ")
        };
        (said("vary"), said("cache-control"))
    };
    let kept = [("cache-control", "max-age=60"), ("vary", "accept")];
    let as_it_is = ("accept".to_owned(), "max-age=60".to_owned());
    assert_eq!(answered(&Value::Null, &kept), as_it_is);
    let drawn = json!({"deployment": "two", "percent_traffic": 50});
    assert_eq!(answered(&drawn, &kept), ("accept".to_owned(), "max-age=60, private".to_owned()));
    assert_eq!(answered(&drawn, &[("expires", "soon")]).1, "private");
    assert_eq!(answered(&drawn, &[]).1, "");
    let sticky =
        json!({"deployment": "two", "percent_traffic": 50, "sticky": {"header": "X-Tenant"}});
    assert_eq!(answered(&sticky, &kept), ("accept, x-tenant".to_owned(), "max-age=60".to_owned()));
}
