//! What stages log, and what is counted of them.

use std::fs;

use serde_json::{Value, json};
use tollgate_envoy_config::LogDestination;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::{Backend, Connection, Gateway, Request, Scripted, definition, wait};

/// API Gateway's preset of HTTP APIs, and more.
const JSON: &str = r#"{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "agent": "$context.identity.userAgent", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod","routeKey":"$context.routeKey", "path":"$context.path", "status":"$context.status","protocol":"$context.protocol", "responseLength":"$context.responseLength", "integrationStatus":"$context.integrationStatus", "integrationLatency":"$context.integrationLatency", "error":"$context.error.message", "integrationError":"$context.integrationErrorMessage" }"#;

fn serving(uri: &str, stages: &Value) -> (Gateway, impl Fn(usize) -> Vec<String> + use<>) {
    let mut log = None;
    let gateway = Gateway::prepared(
        definition(json!({
            "version": 1,
            "default_api": "orders",
            "apis": {"orders": {
                "name": "Orders",
                "protocol": "http",
                "integrations": {"backend": {"http_proxy": {"uri": uri}}},
                "routes": {"ANY /orders/{id}": {"authorization": "none", "integration": "backend"}},
                "stages": stages,
            }},
        })),
        1,
        |folder, settings| {
            let path = folder.join("access.log");
            settings.log_destination = LogDestination::File(path.display().to_string());
            log = Some(path);
        },
    );
    let path = log.expect("a path");
    let lines = move |count: usize| {
        // Envoy keeps lines for up to ten seconds before it writes them.
        wait::until("lines", wait::PATIENCE, || {
            let text = fs::read_to_string(&path).unwrap_or_default();
            let lines: Vec<_> = text.lines().map(str::to_owned).collect();
            (lines.len() >= count).then_some(lines)
        })
    };
    (gateway, lines)
}

fn read(line: &str) -> Value {
    serde_json::from_str(line).expect("a line of JSON")
}

#[test]
fn every_request_to_a_stage_that_logs_has_a_line_which_nobody_can_forge() {
    let backend = Backend::start();
    let stages = json!({"$default": {"access_log": {"format": JSON}}, "quiet": {}});
    let (gateway, lines) = serving(&backend.url("/o/{id}"), &stages);
    let mut client = Connection::open(&gateway).expect("a connection");
    let answered = client
        .exchange(Request::get("/orders/7?q=1").header("user-agent", "curl/8"))
        .expect("an answer");
    let evil = "x\"}\\ {\"status\":\"200\u{e9}";
    client.exchange(Request::get("/orders/8").header("user-agent", evil)).expect("an answer");
    client.exchange(Request::get("/nowhere")).expect("an answer");
    client.exchange(Request::get("/quiet/orders/9")).expect("an answer");
    client.exchange(Request::get("/orders/10")).expect("an answer");
    let lines = lines(4);
    assert_eq!(lines.len(), 4, "{lines:?}");
    let first = read(&lines[0]);
    assert_eq!(first["requestId"], answered.header("apigw-requestid").expect("an id"));
    assert_eq!(first["ip"], "127.0.0.1");
    assert_eq!(first["agent"], "curl/8");
    assert_eq!(first["httpMethod"], "GET");
    assert_eq!(first["routeKey"], "ANY /orders/{id}");
    assert_eq!(first["path"], "/orders/7");
    assert_eq!(first["status"], "200");
    assert_eq!(first["protocol"], "HTTP/1.1");
    assert_eq!(first["integrationStatus"], "200");
    assert_eq!(first["error"], "-");
    assert_eq!(first["responseLength"], answered.body.len().to_string());
    assert!(first["integrationLatency"].as_str().is_some_and(|text| text.parse::<u64>().is_ok()));
    assert_eq!(read(&lines[1])["agent"], evil);
    let missed = read(&lines[2]);
    assert_eq!((&missed["status"], &missed["error"]), (&json!("404"), &json!("Not Found")));
    assert_eq!((&missed["routeKey"], &missed["integrationStatus"]), (&json!("-"), &json!("-")));
    assert_eq!(read(&lines[3])["path"], "/orders/10");
}

#[test]
fn a_line_says_why_an_integration_did_not_answer() {
    let nobody = Scripted::answering("");
    let stages = json!({"$default": {"access_log": {"format": JSON}}});
    let (gateway, lines) = serving(&nobody.url("/"), &stages);
    assert_eq!(Request::get("/orders/7").send(&gateway).status, 503);
    let line = read(&lines(1)[0]);
    assert_eq!((&line["status"], &line["error"]), (&json!("503"), &json!("Service Unavailable")));
    let why = line["integrationError"].as_str().expect("text");
    assert!(why.starts_with("upstream_reset_before_response_started"), "{why}");
}

#[test]
fn requests_are_counted_as_api_gateway_counts_them() {
    let backend = Backend::start();
    let (gateway, _) = serving(&backend.url("/"), &json!({"$default": {"detailed_metrics": true}}));
    let mut client = Connection::open(&gateway).expect("a connection");
    for _ in 0..3 {
        client.exchange(Request::get("/orders/7")).expect("an answer");
    }
    client.exchange(Request::get("/nowhere")).expect("an answer");
    backend.behave(Behaviour::Say(500, String::new()));
    client.exchange(Request::get("/orders/7")).expect("an answer");
    let stage = r#"{api="orders",stage="$default"}"#;
    let route = r#"{api="orders",stage="$default",method="ANY",resource="/orders/{id}"}"#;
    let expected = [
        format!("tollgate_count{stage} 5"),
        format!("tollgate_4xx_error{stage} 1"),
        format!("tollgate_5xx_error{stage} 1"),
        format!("tollgate_latency_millis_count{stage} 5"),
        format!("tollgate_integration_latency_millis_count{stage} 4"),
        format!("tollgate_route_count{route} 4"),
        format!("tollgate_route_5xx_error{route} 1"),
        format!("tollgate_route_integration_latency_millis_count{route} 4"),
    ];
    wait::until_true("numbers", wait::PATIENCE, || {
        let text = gateway.admin().get("/stats/prometheus").expect("numbers");
        let text = String::from_utf8_lossy(&text).into_owned();
        expected.iter().all(|line| text.lines().any(|found| same(found, line)))
    });
}

/// Whether two samples are the same, in whatever order their labels are.
fn same(one: &str, other: &str) -> bool {
    let parts = |sample: &str| {
        let (name, rest) = sample.split_once('{')?;
        let (labels, value) = rest.rsplit_once('}')?;
        let mut labels: Vec<_> =
            labels.split("\",").map(|l| l.trim_end_matches('"').to_owned()).collect();
        labels.sort();
        Some((name.to_owned(), labels, value.trim().to_owned()))
    };
    parts(one).is_some() && parts(one) == parts(other)
}
