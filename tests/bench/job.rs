//! A gateway's whole job, as a definition: tokens, API keys, a usage plan, throttles, CORS, a canary,
//! required parameters and an access log.

use serde_json::{Map, Value, json};
use tollgate_api_keys::{digest, hex};
use tollgate_gateway::Definition;
use tollgate_tests::definition;

use crate::keys::{self, PLAN};
use crate::requests::{ORIGIN, REQUIRED};
use crate::tokens::{AUDIENCE, Issuer, SCOPE};

/// The line that is logged of each request.
const LOG: &str = "$context.requestId $context.identity.sourceIp $context.httpMethod \
                   $context.resourcePath $context.status $context.responseLength \
                   $context.authorizer.claims.sub";

/// What there is of everything.
#[derive(Clone, Debug)]
pub struct Job<'a> {
    pub issuers: &'a [Issuer],
    /// Route keys, each of which asks for everything.
    pub routes: Vec<String>,
    /// How many keys there are in the definition; as files where absent.
    pub keys: Option<u32>,
    /// How many APIs there are, each with a canary on each stage.
    pub apis: u32,
    /// How many stages each has. The first is `prod`.
    pub stages: u32,
    /// What answers.
    pub integration: Value,
}

impl<'a> Job<'a> {
    /// One of everything, a thousand keys, and a backend. A variable of the stage, which the canary has
    /// another value of, is in its URI.
    pub fn with(issuers: &'a [Issuer], backend: &str) -> Self {
        let uri = format!("{}/${{stageVariables.release}}/orders", backend.trim_end_matches('/'));
        Self {
            issuers,
            routes: vec!["GET /orders".to_owned()],
            keys: Some(keys::BUSY),
            apis: 1,
            stages: 1,
            integration: json!({"http_proxy": {"uri": uri}}),
        }
    }

    /// The definition.
    pub fn definition(&self) -> Definition {
        let mut whole = json!({
            "version": 1,
            "default_api": api_id(0),
            "account_throttle": wide(),
            "apis": (0..self.apis).map(|number| (api_id(number), self.api())).collect::<Map<_, _>>(),
        });
        let stage_of = |api, stage| json!({"api": api_id(api), "stage": stage_name(stage)});
        let stages =
            (0..self.apis).flat_map(|api| (0..self.stages).map(move |stage| stage_of(api, stage)));
        let stages: Vec<_> = stages.collect();
        whole["usage_plans"] = json!({PLAN: {"throttle": narrow(), "api_stages": stages}});
        match self.keys {
            Some(count) => whole["api_keys"] = inline(count),
            None => whole["api_key_files"] = json!({}),
        }
        definition(whole)
    }

    fn api(&self) -> Value {
        let route = json!({
            "authorization": {"jwt": {"authorizer": "users", "scopes": [SCOPE]}},
            "api_key_required": true,
            "validation": {"required_parameters": [format!("method.request.header.{REQUIRED}")]},
            "integration": "backend",
            "claims_to_headers": {"x-user": "sub"},
        });
        let stage = json!({
            "variables": {"release": "stable"},
            "canary": {"percent_traffic": 10.0, "stage_variable_overrides": {"release": "canary"}},
            "throttle": wide(),
            "access_log": {"format": LOG},
        });
        let routes = self.routes.iter().map(|key| (key.clone(), route.clone()));
        let stages = (0..self.stages).map(|number| (stage_name(number), stage.clone()));
        json!({
            "name": "A",
            "protocol": "rest",
            "cors": cors(),
            "authorizers": {"users": {"jwt": authorizer(self.issuers)}},
            "integrations": {"backend": self.integration},
            "routes": routes.collect::<Map<_, _>>(),
            "stages": stages.collect::<Map<_, _>>(),
        })
    }
}

/// The id of an API, and the first label of its host name.
pub fn api_id(number: u32) -> String {
    format!("api{number}")
}

/// The name of a stage.
pub fn stage_name(number: u32) -> String {
    if number == 0 { "prod".to_owned() } else { format!("stage{number}") }
}

/// An answer that the gateway gives itself.
pub fn mock(body: &str) -> Value {
    json!({"mock": {
        "statuses": {"application/json": 200},
        "responses": [{
            "status_code": 200,
            "response_templates": {"application/json": body},
        }],
    }})
}

/// An authorizer that has the issuers' keys.
pub fn authorizer(issuers: &[Issuer]) -> Value {
    let issuer = |issuer: &Issuer| {
        json!({
            "issuer": issuer.name,
            "audiences": {"any_of": [AUDIENCE]},
            "algorithms": [issuer.algorithm()],
            "keys": {"jwks": issuer.jwks()},
        })
    };
    json!({"issuers": issuers.iter().map(issuer).collect::<Vec<_>>()})
}

/// Which pages may ask.
pub fn cors() -> Value {
    json!({
        "allow_origins": [ORIGIN],
        "allow_methods": ["GET", "POST"],
        "allow_headers": ["authorization", "x-api-key"],
        "max_age_secs": 600,
    })
}

/// Keys in a definition.
pub fn inline(count: u32) -> Value {
    let key = |number| {
        let sha256 = hex(&digest(keys::value(number).as_bytes()));
        (format!("k{number}"), json!({"sha256": sha256, "usage_plans": [PLAN]}))
    };
    Value::Object((0..count).map(key).collect::<Map<_, _>>())
}

/// A limit that requests fall under and never exceed here: ten times API Gateway's for an account.
pub fn wide() -> Value {
    json!({"rate_limit": 100_000, "burst_limit": 50_000})
}

/// The same for one caller: as much as API Gateway's for an account.
pub fn narrow() -> Value {
    json!({"rate_limit": 10_000, "burst_limit": 5_000})
}
