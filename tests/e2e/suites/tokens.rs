//! Tokens, good, broken and forged, and what API Gateway makes of each.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Value, json};
use tollgate_tests::{Backend, Gateway, Request, data, definition};

/// One token.
#[derive(Deserialize)]
struct Row {
    id: String,
    /// Which of the configurations it is for.
    cfg: String,
    /// The value of the header field.
    authorization: String,
    expect: Verdict,
    /// What API Gateway says, where that differs.
    aws: Option<Verdict>,
    needs: Option<Needs>,
    #[serde(default)]
    note: String,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
enum Verdict {
    Accept,
    Reject,
    /// It may be either, but it is not the gateway's failure.
    #[serde(rename = "no_5xx")]
    No5xx,
}

#[derive(Deserialize)]
struct Needs {
    route_scopes: Vec<String>,
}

/// One configuration.
#[derive(Deserialize)]
struct Setup {
    issuer: Option<String>,
    #[serde(default)]
    issuers: Vec<String>,
    audience: Option<Vec<String>>,
    jwks: Option<String>,
    jwks_inline: Option<Value>,
}

impl Setup {
    fn authorizer(&self) -> Value {
        let keys = match (&self.jwks, &self.jwks_inline) {
            (Some(file), _) => data::json(&format!("jwt/{file}")),
            (None, inline) => inline.clone().expect("keys"),
        };
        let audiences = match &self.audience {
            Some(audiences) => json!({"any_of": audiences}),
            None => json!("unchecked"),
        };
        let issuers: Vec<_> = (self.issuers.iter().chain(&self.issuer))
            .map(|name| {
                json!({
                    "issuer": name,
                    "audiences": audiences,
                    // All that an HTTP API of API Gateway knows.
                    "algorithms": ["RS256", "RS384", "RS512"],
                    "keys": {"jwks": usable(&keys)},
                })
            })
            .collect();
        json!({"jwt": {"issuers": issuers}})
    }
}

/// The keys that can be configured: one is a byte short, which is passed over in a set that is
/// fetched, and refused in a set that is configured.
fn usable(keys: &Value) -> Value {
    let keys = keys["keys"].as_array().expect("keys");
    let is_short =
        |key: &Value| key["kty"] == "OKP" && key["x"].as_str().is_some_and(|text| text.len() < 43);
    let keys: Vec<_> = keys.iter().filter(|key| !is_short(key)).collect();
    json!({"keys": keys})
}

/// The path that stands for a row's configuration and scopes.
fn path(row: &Row) -> String {
    match &row.needs {
        None => format!("/{}", row.cfg),
        Some(needs) => format!("/{}/{}", row.cfg, needs.route_scopes.join("/")),
    }
}

#[test]
fn every_token_gets_the_verdict_of_api_gateway() {
    let backend = Backend::start();
    let setups: BTreeMap<String, Setup> = data::json("jwt/gateway_configs.json");
    let rows: Vec<Row> = data::json_lines("jwt/gateway_tokens.jsonl");
    assert_eq!(rows.len(), 497);
    let authorizers: BTreeMap<_, _> =
        setups.iter().map(|(name, setup)| (name, setup.authorizer())).collect();
    let mut routes = BTreeMap::new();
    for row in &rows {
        let scopes = row.needs.as_ref().map(|needs| &needs.route_scopes);
        let jwt = json!({"authorizer": row.cfg, "scopes": scopes.cloned().unwrap_or_default()});
        let route = json!({"authorization": {"jwt": jwt}, "integration": "backend"});
        routes.insert(format!("GET {}", path(row)), route);
    }
    let gateway = Gateway::serving(definition(json!({
        "version": 1,
        "default_api": "a",
        "apis": {"a": {
            "name": "A",
            "protocol": "http",
            "authorizers": authorizers,
            "integrations": {"backend": {"http_proxy": {"uri": backend.url("/")}}},
            "routes": routes,
            "stages": {"$default": {}},
        }},
    })));
    let mut failures = BTreeSet::new();
    for row in &rows {
        let request = Request::get(&path(row)).header("authorization", &row.authorization);
        let status = request.try_send(&gateway).map_or(0, |answer| answer.status);
        let verdict = row.aws.unwrap_or(row.expect);
        let right = match verdict {
            Verdict::Accept => status == 200,
            Verdict::Reject => matches!(status, 400 | 401 | 403 | 431),
            Verdict::No5xx => (200..500).contains(&status),
        };
        if !right {
            failures.insert(format!("{}: {verdict:?}, is {status}: {}", row.id, row.note));
        }
    }
    assert!(failures.is_empty(), "{} of {}: {failures:#?}", failures.len(), rows.len());
    gateway.assert_healthy();
}
