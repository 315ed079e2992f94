//! Requests that show what a document does, as lines to paste into a shell.

use std::path::Path;

use tollgate_gateway::definition::{Authorizer, Definition};
use tollgate_jwt_authorizer::{Audiences, Config, Issuer};

use crate::dev::algorithm::Algorithm;
use crate::dev::token::DEFAULT_AUDIENCE;
use crate::routes::{self, Row};
use crate::shell::quoted;

/// How tokens are had.
#[derive(Clone, Copy, Debug)]
pub struct Tokens<'a> {
    /// This program.
    pub program: &'a Path,
    /// The issuer that the development issuer plays.
    pub issuer: &'a str,
    /// Where the issuer's keys are, if not in the usual place.
    pub state: Option<&'a Path>,
}

/// Up to four requests: to an open route, to a route that wants a token, to the same without, and to
/// one that wants an API key.
pub fn lines(definition: &Definition, url: &str, tokens: Option<Tokens<'_>>) -> Vec<String> {
    let rows = routes::rows(definition);
    let open = pick(&rows, "GET", |row| row.authorizer.is_none() && !row.api_key_required);
    let closed = pick(&rows, "POST", |row| row.authorizer.is_some() && !row.api_key_required);
    let keyed = pick(&rows, "GET", |row| row.authorizer.is_none() && row.api_key_required);
    let mut lines: Vec<String> = open.map(|row| request(row, url, None)).into_iter().collect();
    if let Some(row) = closed {
        let token = tokens.and_then(|tokens| token(definition, row, tokens));
        lines.extend(token.map(|token| request(row, url, Some(&token))));
        lines.push(request(row, url, None));
    }
    // Nobody knows the value of a key but whoever made it.
    lines.extend(keyed.map(|row| request(row, url, Some("x-api-key: $KEY"))));
    lines
}

/// A route, if possible with a method and without variables in its path.
fn pick<'a>(rows: &'a [Row], method: &str, is_it: fn(&Row) -> bool) -> Option<&'a Row> {
    let worth = |row: &&Row| (row.method == method, !row.path.contains(['{', '*']));
    rows.iter().filter(|row| is_it(row)).max_by_key(worth)
}

fn request(row: &Row, url: &str, header: Option<&str>) -> String {
    let method = if row.method == "ANY" { "GET" } else { row.method.as_str() };
    let mut line = "curl -i".to_owned();
    if method != "GET" {
        line.push_str(&format!(" -X {method}"));
    }
    line.push_str(&format!(" {}", quoted(&format!("{url}{}", example(&row.path)))));
    if let Some(header) = header {
        line.push_str(&format!(" -H \"{header}\""));
    }
    if matches!(method, "POST" | "PUT" | "PATCH") {
        line.push_str(r#" -H 'content-type: application/json' -d '{"item":"book"}'"#);
    }
    line
}

/// A path with something in the place of its variables.
fn example(path: &str) -> String {
    let segments = path.split('/').map(|segment| match segment {
        "*" => "",
        variable if variable.starts_with('{') => "1",
        other => other,
    });
    segments.collect::<Vec<_>>().join("/")
}

/// The header field with a token that the route's authorizer accepts, as a shell writes it.
fn token(definition: &Definition, row: &Row, tokens: Tokens<'_>) -> Option<String> {
    let api = definition.apis.get(&row.api)?;
    let Authorizer::Jwt(config) = api.authorizers.get(row.authorizer.as_ref()?)? else {
        return None;
    };
    let issuer = config.issuers.iter().find(|issuer| issuer.issuer == tokens.issuer)?;
    let mut command = vec![tokens.program.to_str()?.to_owned(), "dev".into(), "token".into()];
    command.extend(flags(row, config, issuer)?);
    if let Some(state) = tokens.state {
        command.extend(["--state".to_owned(), state.to_str()?.to_owned()]);
    }
    let command: Vec<String> = command.iter().map(|word| quoted(word)).collect();
    Some(format!("{}: Bearer $({})", header(config)?, command.join(" ")))
}

fn flags(row: &Row, config: &Config, issuer: &Issuer) -> Option<Vec<String>> {
    let mut flags = Vec::new();
    let mut flag = |name: &str, value: &str| flags.extend([name.to_owned(), value.to_owned()]);
    if let Some(scope) = row.scopes.first().or(config.scopes.first()) {
        flag("--scope", scope);
    }
    if let Audiences::AnyOf(audiences) = &issuer.audiences
        && !audiences.iter().any(|audience| audience == DEFAULT_AUDIENCE)
    {
        flag("--audience", audiences.first()?);
    }
    let is_allowed = |algorithm: &Algorithm| {
        issuer.algorithms.is_empty()
            || issuer.algorithms.iter().any(|name| name == algorithm.name())
    };
    match Algorithm::ALL.into_iter().find(is_allowed)? {
        Algorithm::Rs256 => {}
        other => flag("--algorithm", other.name()),
    }
    Some(flags)
}

/// The header field the authorizer reads tokens from.
fn header(config: &Config) -> Option<String> {
    let names = config.identity_source.iter();
    let mut names = names.filter_map(|source| source.strip_prefix("$request.header."));
    names.next().map(str::to_ascii_lowercase)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[track_caller]
    fn check(audience: &str, issuer: &str, expected: &[&str]) {
        let definition = serde_json::from_value(json!({
            "version": 1,
            "apis": {"shop": {
                "name": "Shop",
                "protocol": "http",
                "authorizers": {"people": {"jwt": {"issuers": [{
                    "issuer": "http://127.0.0.1:8082",
                    "audiences": {"any_of": [audience]},
                    "keys": {"discovery": {}},
                }]}}},
                "integrations": {"backend": {"http_proxy": {"uri": "http://127.0.0.1:8081/orders"}}},
                "routes": {
                    "GET /orders/{id}": {"authorization": "none", "integration": "backend"},
                    "GET /export": {
                        "authorization": "none",
                        "api_key_required": true,
                        "integration": "backend",
                    },
                    "POST /orders": {
                        "authorization": {"jwt": {"authorizer": "people", "scopes": ["w"]}},
                        "integration": "backend",
                    },
                },
                "stages": {"$default": {}},
            }},
        }))
        .unwrap();
        let tokens = Tokens { program: Path::new("/t"), issuer, state: None };
        assert_eq!(lines(&definition, "http://localhost:8080", Some(tokens)), expected);
    }

    #[test]
    fn the_lines_show_an_open_route_and_a_closed_one() {
        let open = "curl -i http://localhost:8080/orders/1";
        let start = "curl -i -X POST http://localhost:8080/orders";
        let end = r#"-H 'content-type: application/json' -d '{"item":"book"}'"#;
        let without = format!("{start} {end}");
        let with =
            |flags| format!("{start} -H \"authorization: Bearer $(/t dev token {flags})\" {end}");

        let key = "curl -i http://localhost:8080/export -H \"x-api-key: $KEY\"";
        let issuer = "http://127.0.0.1:8082";
        check("orders", issuer, &[open, &with("--scope w"), &without, key]);
        check("shop", issuer, &[open, &with("--scope w --audience shop"), &without, key]);
        check("orders", "https://elsewhere", &[open, &without, key]);
    }
}
