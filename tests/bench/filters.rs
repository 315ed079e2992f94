//! Filters in an Envoy of their own: Envoy's, and `throttle.wasm`.

use serde_json::{Value, json};
use tollgate_tests::alone;

use crate::proxy::Bare;

fn named(name: &str, kind: &str, mut config: Value) -> Value {
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

/// Envoy's own token bucket, which each process keeps.
pub fn local_ratelimit() -> Bare {
    let always = json!({"default_value": {"numerator": 100, "denominator": "HUNDRED"}});
    let config = json!({
        "stat_prefix": "own",
        "token_bucket": {
            "max_tokens": 100_000,
            "tokens_per_fill": 20_000,
            "fill_interval": "0.100s",
        },
        "filter_enabled": always,
        "filter_enforced": always,
    });
    let filter = named("local_ratelimit", "local_ratelimit.v3.LocalRateLimit", config);
    Bare { filters: vec![filter], ..Bare::default() }
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
        rate_limits: vec![action],
        counters: Some(counters.to_owned()),
    }
}

/// `throttle.wasm` with one limit.
pub fn throttle(limit: &Value) -> Bare {
    let filter = alone::wasm("throttle", &json!({"limits": [limit]}));
    Bare { filters: vec![filter], ..Bare::default() }
}
