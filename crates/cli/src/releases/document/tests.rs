use std::fs;
use std::path::PathBuf;

use tempfile::TempDir;
use tollgate_releases::{ApiReleases, StageRelease};

use super::*;

const DOCUMENT: &str = r#"
openapi: 3.0.1
info: {title: Orders, version: "1"}
paths:
  /orders:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        payloadFormatVersion: "1.0"
        uri: http://${stageVariables.host}:8081/orders
"#;

const OVERLAY: &str = r#"
tollgate: 1
stages:
  prod:
    variables: {host: prod.internal}
  beta:
    variables: {host: beta.internal}
usagePlans:
  gold:
    apiStages: [{stage: prod}, {stage: beta}]
"#;

/// A document, with an overlay or without.
pub fn source(folder: &TempDir, stage: &str, overlay: Option<&str>) -> Source {
    let write = |name: &str, text: &str| -> PathBuf {
        let path = folder.path().join(name);
        fs::write(&path, text).unwrap();
        path
    };
    Source {
        endpoint_type: Kind::Regional,
        document: write("api.yaml", DOCUMENT),
        overlay: overlay.map(|text| write("tollgate.yaml", text)),
        keys: None,
        stage: Some(stage.to_owned()),
        stage_variable: match overlay {
            Some(_) => Vec::new(),
            None => vec![("host".to_owned(), "given.internal".to_owned())],
        },
        api_id: Some("orders".to_owned()),
        protocol: None,
        base_path: None,
        region: None,
        account_id: None,
        lambda_endpoint: None,
        credentials: None,
    }
}

fn read_with(stage: &str, overlay: Option<&str>) -> Parts {
    let folder = tempfile::tempdir().unwrap();
    read(&source(&folder, stage, overlay)).unwrap()
}

/// Releases of this document.
fn released(settings: Stage, shared: Shared) -> Releases {
    let stage = StageRelease {
        deployment: "a".to_owned(),
        settings,
        history: Vec::new(),
        canary: None,
        last_canary: None,
    };
    let api = ApiReleases {
        name: "Orders".to_owned(),
        protocol: tollgate_gateway::definition::Protocol::Http,
        disable_execute_api_endpoint: false,
        stages: [("prod".to_owned(), stage)].into(),
    };
    Releases { apis: [("orders".to_owned(), api)].into(), shared, ..Releases::default() }
}

#[test]
fn a_stage_takes_its_settings_from_the_overlay_and_what_it_says_of_others_counts() {
    let parts = read_with("beta", Some(OVERLAY));
    assert_eq!((parts.api.as_str(), parts.stage.as_str()), ("orders", "beta"));
    assert_eq!(parts.deployment.routes.keys().collect::<Vec<_>>(), ["GET /orders"]);
    let Settings::Given(settings) = parts.settings() else { panic!("they are kept") };
    assert_eq!(settings.variables["host"], "beta.internal");
    let shared = parts.shared(&Releases::default()).unwrap();
    assert_eq!(shared.usage_plans["gold"].api_stages.len(), 2);
}

#[test]
fn a_stage_that_the_overlay_does_not_name_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let refused = read(&source(&folder, "test", Some(OVERLAY))).unwrap_err();
    assert_eq!(refused.code, Code::Refused);
    assert!(refused.details[0].contains("there is no stage `test`"), "{:?}", refused.details);
}

#[test]
fn without_an_overlay_settings_and_what_is_shared_stay_what_they_were() {
    let parts = read_with("prod", None);
    let Settings::Kept(variables) = parts.settings() else { panic!("they are replaced") };
    assert_eq!(variables["host"], "given.internal");
    let plans = read_with("prod", Some(OVERLAY)).shared(&Releases::default()).unwrap();
    assert_eq!(parts.shared(&released(Stage::default(), plans)), None);
    // The first document says everything.
    assert_eq!(parts.shared(&Releases::default()), Some(parts.shared.clone()));
}

#[test]
fn keys_that_are_named_are_taken_up_without_an_overlay_too() {
    let folder = tempfile::tempdir().unwrap();
    let with_keys = Source { keys: Some("keys.csv".into()), ..source(&folder, "prod", None) };
    let parts = read(&with_keys).unwrap();
    let plans = read_with("prod", Some(OVERLAY)).shared(&Releases::default()).unwrap();
    let shared = parts.shared(&released(Stage::default(), plans.clone())).unwrap();
    let path = std::env::current_dir().unwrap().join("keys.csv");
    assert_eq!(shared.keys_file.as_deref(), path.to_str());
    assert!(shared.api_key_files.is_some());
    assert_eq!(shared.usage_plans, plans.usage_plans);
}

#[test]
fn what_a_canary_leaves_out_is_said() {
    let parts = read_with("prod", Some(OVERLAY));
    let (Settings::Given(settings), shared) = (parts.settings(), parts.shared.clone()) else {
        panic!("they are kept")
    };
    assert_eq!(parts.left_out(&released(*settings.clone(), shared.clone())), None);
    assert!(parts.left_out(&released(Stage::default(), shared)).is_some());
    assert!(parts.left_out(&released(*settings, Shared::default())).is_some());
    let parts = read_with("prod", None);
    assert!(parts.left_out(&released(Stage::default(), Shared::default())).is_some());
}

#[test]
fn what_only_a_private_endpoint_may_serve_is_not_deployed() {
    let folder = tempfile::tempdir().unwrap();
    let private = Source { endpoint_type: Kind::Private, ..source(&folder, "prod", Some(OVERLAY)) };
    let refused = read(&private).unwrap_err();
    assert!(refused.message.starts_with("an API of a private endpoint cannot be deployed"));
}
