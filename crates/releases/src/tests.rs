mod canary;
mod deploy;
mod served;
mod store;

use std::collections::BTreeMap;

use serde_json::json;
use tempfile::TempDir;
use tollgate_canary::Percent;
use tollgate_gateway::definition::{Canary, Deployment, Domain, Protocol, Stage};

use crate::*;

/// A deployment with one route, to a backend of this name.
fn deployment(name: &str) -> Deployment {
    serde_json::from_value(json!({
        "integrations": {"backend": {"http_proxy": {"uri": format!("http://{name}:8081/{{proxy}}")}}},
        "routes": {"ANY /{proxy+}": {"authorization": "none", "integration": "backend"}},
    }))
    .unwrap()
}

fn deploy(stage: &str, deployment: String, now: u64) -> Deploy {
    Deploy {
        api: "orders".to_owned(),
        about: About {
            name: "Orders".to_owned(),
            protocol: Protocol::Http,
            disable_execute_api_endpoint: false,
        },
        stage: stage.to_owned(),
        deployment,
        settings: Settings::Given(Box::default()),
        others: None,
        shared: None,
        now,
    }
}

fn canary(deployment: Option<String>, percent: f64) -> Canary {
    Canary { deployment, percent_traffic: Percent(percent), ..Canary::default() }
}

fn start(deployment: Option<String>, percent: f64) -> Start {
    Start {
        api: "orders".to_owned(),
        stage: "prod".to_owned(),
        settings: canary(deployment, percent),
        analysis: None,
        now: 9,
    }
}

/// Releases with one stage that has served these, the last one now.
fn released(ids: &[&str]) -> Releases {
    let mut releases = Releases::default();
    for (now, id) in (0..).zip(ids) {
        releases.deploy(deploy("prod", (*id).to_owned(), now)).unwrap();
    }
    releases
}

fn present(releases: &Releases) -> &StageRelease {
    releases.stage("orders", "prod").unwrap()
}

#[track_caller]
fn refused<T>(result: Result<T, Error>, expected: &str) {
    let Err(error) = result else { panic!("it is not refused") };
    assert!(error.is_refusal(), "{error:?}");
    assert_eq!(error.to_string(), expected);
}

fn folder() -> TempDir {
    tempfile::tempdir().unwrap()
}

/// Deploys as the command does.
fn deploy_to(store: &Store, name: &str, now: u64) -> Result<String, Error> {
    store.change("a test", now, |draft| {
        let id = draft.add("orders", name, deployment(name))?;
        draft.releases.deploy(deploy("prod", id.clone(), draft.now))?;
        Ok(id)
    })
}

fn variables(of: &[(&str, &str)]) -> BTreeMap<String, String> {
    of.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect()
}
