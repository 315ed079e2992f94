mod base_path;
mod cors;
mod gateway_responses;
mod integrations;
mod kind;
mod mapping;
mod options;
mod problems;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod security;
mod services;
mod uri;
mod validation;

use super::*;

use tollgate_gateway::definition::{Api, Integration, Protocol};

/// A document with one operation, and what else stands at its root.
fn document(root: &str, path: &str, operation: &str) -> String {
    format!(
        "{root}\npaths:\n  {path}:\n    get:\n      {operation}\n      \
         x-amazon-apigateway-integration: {{type: http_proxy, uri: \"https://a.internal/\"}}\n"
    )
}

#[track_caller]
fn api(text: &str, options: &Options) -> Api {
    let translation = translate(text, options).unwrap_or_else(|problems| {
        panic!("{}", problems.iter().map(ToString::to_string).collect::<Vec<_>>().join("\n"))
    });
    translation.definition.apis.into_values().next().expect("an API")
}

#[track_caller]
fn refused(text: &str, options: &Options) -> Vec<String> {
    match translate(text, options) {
        Ok(translation) => panic!("not refused: {translation:?}"),
        Err(problems) => problems.into_iter().map(|problem| problem.reason).collect(),
    }
}

/// A REST API with one operation, which has this integration.
fn with_integration(path: &str, integration: &str) -> String {
    format!(
        "swagger: '2.0'\npaths:\n  {path}: {{get: {{x-amazon-apigateway-integration: \
         {integration}}}}}\n"
    )
}

/// What is said against a document, and else what is said about it.
fn told(text: &str) -> Vec<String> {
    match translate(text, &Options::default()) {
        Ok(translation) => translation.notices.into_iter().map(|notice| notice.reason).collect(),
        Err(problems) => problems.into_iter().map(|problem| problem.reason).collect(),
    }
}
