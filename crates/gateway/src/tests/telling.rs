//! What the gateway says of an exchange when it is over: a line for the log, and numbers.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Origin, Policy, Response};

use super::{NOW, compile, definition, gateway, merge, open_api, request};
use crate::Notes;

const FORMAT: &str = "$context.requestId $context.httpMethod $context.path $context.routeKey $context.status \
                      $context.responseLatency $context.integrationStatus $context.integrationLatency \
                      $context.error.responseType $context.error.message";

fn api(stage: &Value) -> Value {
    let mut api = open_api("http", &[("GET /orders/{id}", "http://b/x")], &["v1"]);
    api["stages"]["v1"] = stage.clone();
    api
}

/// What is said of a request that the integration answered so, if it was asked.
fn told(stage: &Value, path: &str, status: u16) -> (Option<String>, Vec<String>) {
    let gateway = gateway(&definition(&[("a", api(stage))]));
    let (host, mut notes) = (FakeHost::at(NOW), Notes::default());
    let mut exchange = request("GET", "localhost", path, &[]);
    host.pass(Duration::from_millis(2));
    if matches!(
        gateway.on_request(&mut notes, &mut exchange, &host),
        tollgate_policy::Verdict::Continue
    ) {
        host.pass(Duration::from_millis(5));
        let mut response = Response { status, ..Response::default() };
        let origin = Origin::Integration;
        let _ = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
    }
    host.pass(Duration::from_millis(4));
    let line = gateway.on_end(&mut notes, &mut exchange, &host);
    let mut metrics: Vec<_> = (host.metric_names().into_iter())
        .map(|name| format!("{name} {}", host.metric_value(&name).unwrap_or_default()))
        .collect();
    metrics.sort();
    (line, metrics)
}

#[test]
fn a_line_tells_what_came_and_what_became_of_it() {
    let stage = json!({ "access_log": { "format": FORMAT } });
    let (line, _) = told(&stage, "/v1/orders/7?a=b", 201);
    assert_eq!(
        line.as_deref(),
        Some("ASNFZ4mrze8BI0U= GET /v1/orders/7 GET /orders/{id} 201 11 201 5 - -")
    );
    let (line, _) = told(&stage, "/v1/nothing", 0);
    assert_eq!(
        line.as_deref(),
        Some("ASNFZ4mrze8BI0U= GET /v1/nothing - 404 6 - - MISSING_AUTHENTICATION_TOKEN Not Found")
    );
    let (line, _) = told(&json!({}), "/v1/orders/7", 200);
    assert_eq!(line, None);
}

#[test]
fn requests_are_counted_for_their_stage_and_for_their_route_where_that_is_wanted() {
    let (_, metrics) = told(&json!({}), "/v1/orders/7", 503);
    assert_eq!(
        metrics,
        [
            "tollgate_5xx_error.api=a;.stage=v1; 1",
            "tollgate_count.api=a;.stage=v1; 1",
            "tollgate_integration_latency_millis.api=a;.stage=v1; 5",
            "tollgate_latency_millis.api=a;.stage=v1; 11",
        ]
    );
    let (_, metrics) = told(&json!({ "detailed_metrics": true }), "/v1/orders/7", 404);
    let of_route: Vec<_> = metrics.iter().filter(|name| name.contains("_route_")).collect();
    let labels = "api=a;.stage=v1;.method=GET;.resource=/orders/{id};";
    assert_eq!(
        of_route,
        [
            &format!("tollgate_route_4xx_error.{labels} 1"),
            &format!("tollgate_route_count.{labels} 1"),
            &format!("tollgate_route_integration_latency_millis.{labels} 5"),
            &format!("tollgate_route_latency_millis.{labels} 11"),
        ]
    );
    // Of a path that leads nowhere the stage has one number, whatever the path.
    let (_, metrics) = told(&json!({ "detailed_metrics": true }), "/v1/nothing", 0);
    assert!(metrics.iter().all(|name| !name.contains("nothing")), "{metrics:?}");
    assert_eq!(metrics.first().map(String::as_str), Some("tollgate_4xx_error.api=a;.stage=v1; 1"));
}

#[test]
fn what_nobody_answered_is_not_counted() {
    let gateway = gateway(&definition(&[("a", api(&json!({})))]));
    let (host, mut notes) = (FakeHost::at(NOW), Notes::default());
    let mut exchange = request("GET", "localhost", "/v1/orders/7", &[]);
    let _ = gateway.on_request(&mut notes, &mut exchange, &host);
    assert_eq!(gateway.on_end(&mut notes, &mut exchange, &host), None);
    assert_eq!(host.metric_names(), Vec::<String>::new());
}

#[test]
fn the_gateway_asks_for_what_its_logs_speak_of() {
    let needs = |format: &str| {
        gateway(&definition(&[("a", api(&json!({ "access_log": { "format": format } })))])).needs()
    };
    assert!(!needs("$context.requestId").source_address);
    assert!(needs("$context.requestId $context.identity.sourceIp").source_address);
    let mut other = api(&json!({}));
    merge(
        &mut other,
        &json!({ "gateway_responses": { "THROTTLED": { "response_parameters": { "ip": "context.identity.sourceIp" } } } }),
    );
    assert!(gateway(&definition(&[("a", other)])).needs().source_address);
    let refused = compile(&definition(&[("a", api(&json!({ "access_log": { "format": "x" } })))]));
    assert_eq!(
        refused.expect_err("it is refused").to_string(),
        "apis.a.stages.v1.access_log.format: must have `$context.requestId` or `$context.extendedRequestId`"
    );
}
