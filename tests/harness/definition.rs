//! Definitions, as tests write them.

use serde_json::{Value, json};
use tollgate_gateway::Definition;

/// A definition from its JSON.
///
/// # Panics
/// If it is none.
#[must_use]
#[track_caller]
pub fn definition(json: Value) -> Definition {
    serde_json::from_value(json).expect("a definition")
}

/// One HTTP API, for every host, with one stage and one integration, `backend`, that gets the path
/// as it is.
#[must_use]
#[track_caller]
pub fn http_api(backend: &str, routes: &[&str]) -> Definition {
    one_api("http", backend, routes)
}

/// One REST API, for every host, with one stage, `prod`, and one integration, `backend`.
#[must_use]
#[track_caller]
pub fn rest_api(backend: &str, routes: &[&str]) -> Definition {
    one_api("rest", backend, routes)
}

fn one_api(protocol: &str, backend: &str, routes: &[&str]) -> Definition {
    let routes: serde_json::Map<String, Value> = routes
        .iter()
        .map(|&key| (key.to_owned(), json!({"authorization": "none", "integration": "backend"})))
        .collect();
    let stage = if protocol == "http" { "$default" } else { "prod" };
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": protocol,
            "integrations": {"backend": {"http_proxy": {"uri": backend}}},
            "routes": routes,
            "stages": {stage: {}},
        }},
    }))
}

/// One HTTP API that asks for a token on every path but those below `/open`, whose backend learns
/// `sub` as `x-subject`. The scopes are those `/scoped` asks for.
#[must_use]
#[track_caller]
pub fn authorized_api(backend: &str, authorizer: &Value, scopes: &[&str]) -> Definition {
    let jwt = |scopes: &[&str]| json!({"jwt": {"authorizer": "users", "scopes": scopes}});
    let route = |authorization: Value| {
        json!({
            "authorization": authorization,
            "integration": "backend",
            "claims_to_headers": {"x-subject": "sub"},
        })
    };
    let open = json!({"authorization": "none", "integration": "backend"});
    definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "http",
            "authorizers": {"users": {"jwt": authorizer}},
            "integrations": {"backend": {"http_proxy": {"uri": backend}}},
            "routes": {
                "$default": route(jwt(&[])),
                "ANY /scoped": route(jwt(scopes)),
                "ANY /open/{proxy+}": open,
            },
            "stages": {"$default": {}},
        }},
    }))
}
