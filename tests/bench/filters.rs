//! Single filters in an Envoy of their own: Envoy's, and those of this project.

use serde_json::{Value, json};
use tollgate_tests::{Service, alone};

use crate::job::{self, authorizer, narrow, wide};
use crate::keys::{BUSY, PLAN};
use crate::proxy::{Answers, Bare};
use crate::requests::REQUIRED;
use crate::tokens::{Issuer, SCOPE};

/// One of Envoy's filters.
pub fn named(name: &str, kind: &str, mut config: Value) -> Value {
    config["@type"] = format!("type.googleapis.com/envoy.extensions.filters.http.{kind}").into();
    json!({"name": format!("envoy.filters.http.{name}"), "typed_config": config})
}

/// Filters, and after them one that answers every request.
pub fn answered(mut filters: Vec<Value>) -> Vec<Value> {
    let always = json!({"numerator": 100, "denominator": "HUNDRED"});
    let config = json!({"abort": {"http_status": 200, "percentage": always}});
    filters.push(named("fault", "fault.v3.HTTPFault", config));
    filters
}

/// Envoy's own filter that asks a server about every request. The server has no limits of its own, so
/// the question says which: Envoy has that from metadata.
pub fn ratelimit(counters: &str) -> Bare {
    // A larger number would reach Envoy as text.
    let limit = json!({"requests_per_unit": i32::MAX, "unit": "HOUR"});
    let metadata = json!({"metadata": [
        {"metadata_namespace": "bench", "value": {"limit": limit}},
    ]});
    let config = json!({
        "domain": "bench",
        "failure_mode_deny": true,
        "timeout": "5s",
        "rate_limit_service": {
            "transport_api_version": "V3",
            "grpc_service": {"envoy_grpc": {"cluster_name": "counters"}},
        },
    });
    let action = json!({
        "actions": [{"generic_key": {"descriptor_value": "all"}}],
        "limit": {"dynamic_metadata": {
            "metadata_key": {"key": "bench", "path": [{"key": "limit"}]},
        }},
    });
    Bare {
        filters: vec![
            named("set_metadata", "set_metadata.v3.Config", metadata),
            named("ratelimit", "ratelimit.v3.RateLimit", config),
        ],
        // It asks only where a route passes on. It is stopped before it does.
        answers: Answers::Fault,
        rate_limits: vec![action],
        services: vec![Service::http2("counters", counters.to_owned())],
        ..Bare::default()
    }
}

/// A filter alone.
pub fn one(filter: Value) -> Bare {
    Bare { filters: vec![filter], ..Bare::default() }
}

/// `throttle.wasm` with one limit.
pub fn throttle(limit: &Value) -> Value {
    alone::wasm("throttle", &json!({"limits": [limit]}))
}

/// `jwt-authorizer.wasm`.
pub fn jwt_authorizer(issuers: &[Issuer]) -> Value {
    let mut config = authorizer(issuers);
    config["scopes"] = json!([SCOPE]);
    config["claims_to_headers"] = json!({"x-user": "sub"});
    alone::wasm("jwt-authorizer", &config)
}

/// `usage-plan.wasm`, with a thousand keys.
pub fn usage_plan() -> Value {
    let config = json!({
        "usage_plans": {PLAN: {"throttle": narrow()}},
        "api_keys": job::inline(BUSY),
    });
    alone::wasm("usage-plan", &config)
}

/// The filters of this project that have a part in a gateway's job, in the order they are chained in.
pub const NAMES: [&str; 6] = [
    "cors.wasm",
    "jwt-authorizer.wasm",
    "usage-plan.wasm",
    "throttle.wasm",
    "request-validator.wasm",
    "canary.wasm",
];

/// One of them.
pub fn wasm(name: &str, issuers: &[Issuer]) -> Value {
    match name {
        "cors.wasm" => alone::wasm("cors", &job::cors()),
        "jwt-authorizer.wasm" => jwt_authorizer(issuers),
        "usage-plan.wasm" => usage_plan(),
        "throttle.wasm" => throttle(&json!({"name": "all", "throttle": wide()})),
        "request-validator.wasm" => request_validator(),
        "canary.wasm" => alone::wasm("canary", &json!({"percent_traffic": 10.0})),
        other => panic!("there is no `{other}`"),
    }
}

fn request_validator() -> Value {
    let rule = json!({
        "path": "/{all+}",
        "validation": {"required_parameters": [format!("method.request.header.{REQUIRED}")]},
    });
    alone::wasm("request-validator", &json!({"rules": [rule], "unmatched": "refuse"}))
}
