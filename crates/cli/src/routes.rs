//! `tollgate routes`: who may call what, and what answers.

use std::collections::BTreeMap;

use anyhow::Context;
use serde::Serialize;
use tollgate_gateway::definition::{Authorization, Definition, Http, Integration, Protocol, Route};

use crate::arguments::{Format, Routes};
use crate::document;
use crate::failure::Failure;
use crate::terminal;

/// Lists the routes of a document.
pub fn routes(arguments: &Routes) -> Result<(), Failure> {
    let rows = rows(&document::accepted(&arguments.source)?.definition);
    terminal::result(&match arguments.format {
        Format::Text => table(&rows),
        Format::Json => serde_json::to_string_pretty(&rows).context("cannot write JSON")?,
    })
}

/// One route on one stage.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Row {
    /// The API's id.
    pub api: String,
    /// The stage's name.
    pub stage: String,
    /// The route as the API knows it.
    pub route_key: String,
    /// The method; `ANY` for every one.
    pub method: String,
    /// The path from the root of the gateway's own host name, the stage included. `/*` is what no
    /// other route takes.
    pub path: String,
    /// How callers are told: `none`, `jwt`, `lambda` or `iam`.
    pub authorization: &'static str,
    /// The authorizer, where there is one.
    pub authorizer: Option<String>,
    /// The scopes of which a caller must have one.
    pub scopes: Vec<String>,
    /// Whether a caller must bring an API key.
    pub api_key_required: bool,
    /// Where requests go, with the stage's variables in place.
    pub uri: String,
}

/// The routes of every API on each of its stages.
pub fn rows(definition: &Definition) -> Vec<Row> {
    let mut rows = Vec::new();
    for (id, api) in &definition.apis {
        for (name, stage) in &api.stages {
            let deployment = stage.deployment.as_ref().and_then(|id| api.deployments.get(id));
            let (routes, integrations) = match deployment {
                Some(deployment) => (&deployment.routes, &deployment.integrations),
                None => (&api.routes, &api.integrations),
            };
            let place = Place { api: id, protocol: api.protocol, stage: name };
            rows.extend(routes.iter().filter_map(|(key, route)| {
                let integration = integrations.get(&route.integration)?;
                Some(row(&place, key, route, integration, &stage.variables))
            }));
        }
    }
    rows.sort_by(|a, b| {
        (&a.api, &a.stage, &a.path, &a.method).cmp(&(&b.api, &b.stage, &b.path, &b.method))
    });
    rows
}

/// Where a route is.
struct Place<'a> {
    api: &'a str,
    protocol: Protocol,
    stage: &'a str,
}

fn row(
    place: &Place<'_>,
    key: &str,
    route: &Route,
    integration: &Integration,
    variables: &BTreeMap<String, String>,
) -> Row {
    let (method, path) = key.split_once(' ').unwrap_or(("ANY", "/*"));
    let (authorization, authorizer, scopes) = match &route.authorization {
        Authorization::None => ("none", None, Vec::new()),
        Authorization::Iam => ("iam", None, Vec::new()),
        Authorization::Lambda(lambda) => ("lambda", Some(lambda.authorizer.clone()), Vec::new()),
        Authorization::Jwt(jwt) => ("jwt", Some(jwt.authorizer.clone()), jwt.scopes.clone()),
    };
    let uri = match integration {
        Integration::HttpProxy(service) | Integration::Http(Http { service, .. }) => {
            service.uri.clone()
        }
        Integration::LambdaProxy(lambda) => {
            let function = &lambda.proxy.function;
            format!("function {} at {}", function.name, function.endpoint)
        }
        // It calls nobody.
        Integration::Mock(_) => "mock".to_owned(),
    };
    let uri = variables
        .iter()
        .fold(uri, |uri, (name, value)| uri.replace(&format!("${{stageVariables.{name}}}"), value));
    Row {
        api: place.api.to_owned(),
        stage: place.stage.to_owned(),
        route_key: key.to_owned(),
        method: method.to_owned(),
        path: format!("{}{path}", prefix(place.protocol, place.stage)),
        authorization,
        authorizer,
        scopes,
        api_key_required: route.api_key_required,
        uri,
    }
}

/// What the stage puts before every path.
fn prefix(protocol: Protocol, stage: &str) -> String {
    match (protocol, stage) {
        (Protocol::Http, "$default") => String::new(),
        _ => format!("/{stage}"),
    }
}

/// The routes for people. Keys are a column where any route needs one.
pub fn table(rows: &[Row]) -> String {
    let has_keys = rows.iter().any(|row| row.api_key_required);
    let head = ["METHOD", "PATH", "AUTHORIZATION", "API KEY", "INTEGRATION"].map(str::to_owned);
    let lines: Vec<Vec<String>> = std::iter::once(head)
        .chain(rows.iter().map(|row| {
            let key = if row.api_key_required { "required" } else { "none" }.to_owned();
            [row.method.clone(), row.path.clone(), authorization(row), key, row.uri.clone()]
        }))
        .map(|[method, path, rule, key, uri]| {
            let key = has_keys.then_some(key);
            [method, path, rule].into_iter().chain(key).chain([uri]).collect()
        })
        .collect();
    let mut widths = vec![0; 5];
    for line in &lines {
        for (width, cell) in widths.iter_mut().zip(line) {
            *width = cell.chars().count().max(*width);
        }
    }
    let lines: Vec<String> = lines
        .iter()
        .map(|line| {
            let cells = line.iter().zip(&widths).map(|(cell, width)| format!("{cell:width$}"));
            cells.collect::<Vec<_>>().join("  ").trim_end().to_owned()
        })
        .collect();
    lines.join("\n")
}

fn authorization(row: &Row) -> String {
    let kind = row.authorization;
    match (&row.authorizer, row.scopes.join(" or ")) {
        (None, _) => kind.to_owned(),
        (Some(authorizer), none) if none.is_empty() => format!("{kind} {authorizer}"),
        (Some(authorizer), scopes) => format!("{kind} {authorizer}: {scopes}"),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn definition(protocol: &str, stage: &str) -> Definition {
        serde_json::from_value(json!({
            "version": 1,
            "apis": {"shop": {
                "name": "Shop",
                "protocol": protocol,
                "authorizers": {"people": {"jwt": {"issuers": [{
                    "issuer": "http://127.0.0.1:8082",
                    "audiences": {"any_of": ["orders"]},
                    "keys": {"discovery": {}},
                }]}}},
                "integrations": {"backend": {"http_proxy": {
                    "uri": "http://${stageVariables.host}/orders",
                }}},
                "routes": {
                    "GET /orders": {"authorization": "none", "integration": "backend"},
                    "POST /orders": {
                        "authorization": {"jwt": {"authorizer": "people", "scopes": ["a", "b"]}},
                        "integration": "backend",
                    },
                    "$default": {
                        "authorization": {"jwt": {"authorizer": "people"}},
                        "integration": "backend",
                    },
                },
                "stages": {stage: {"variables": {"host": "127.0.0.1:8081"}}},
            }},
        }))
        .unwrap()
    }

    #[test]
    fn the_table_says_who_may_call_what_and_what_answers() {
        let table = table(&rows(&definition("http", "$default")));
        let expected = "\
METHOD  PATH     AUTHORIZATION       INTEGRATION
ANY     /*       jwt people          http://127.0.0.1:8081/orders
GET     /orders  none                http://127.0.0.1:8081/orders
POST    /orders  jwt people: a or b  http://127.0.0.1:8081/orders";
        assert_eq!(table, expected);
    }

    #[test]
    fn whether_a_key_is_needed_is_a_column_where_any_is() {
        let mut definition = definition("http", "$default");
        let api = definition.apis.get_mut("shop").unwrap();
        api.routes.get_mut("GET /orders").unwrap().api_key_required = true;
        let table = table(&rows(&definition));
        let expected = "\
METHOD  PATH     AUTHORIZATION       API KEY   INTEGRATION
ANY     /*       jwt people          none      http://127.0.0.1:8081/orders
GET     /orders  none                required  http://127.0.0.1:8081/orders
POST    /orders  jwt people: a or b  none      http://127.0.0.1:8081/orders";
        assert_eq!(table, expected);
    }

    #[test]
    fn a_stage_other_than_the_default_one_is_part_of_the_path() {
        let paths = |protocol, stage| {
            let rows = rows(&definition(protocol, stage));
            rows.into_iter().map(|row| row.path).collect::<Vec<_>>()
        };
        assert_eq!(paths("http", "v1"), ["/v1/*", "/v1/orders", "/v1/orders"]);
        assert_eq!(paths("rest", "prod"), ["/prod/*", "/prod/orders", "/prod/orders"]);
    }
}
