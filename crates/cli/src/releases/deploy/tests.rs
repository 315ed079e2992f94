use std::path::Path;

use tollgate_releases::{End, Store};

use super::*;
use crate::failure::Code;
use crate::releases::document::tests::source;

const OVERLAY: &str = "{tollgate: 1, stages: {prod: {variables: {host: prod.internal}}}}";

fn arguments(source: Source, state: &Path, canary: Option<f64>) -> Arguments {
    Arguments {
        source,
        state: State { state: state.join("state") },
        description: "a test".to_owned(),
        canary,
        format: Format::Text,
    }
}

#[test]
fn a_document_is_deployed_to_a_stage_and_then_to_its_canary() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    let of = |canary| arguments(source(&folder, "prod", Some(OVERLAY)), folder.path(), canary);
    let refused = deploy(&of(Some(5.0))).unwrap_err();
    assert_eq!(refused.code, Code::Refused);
    assert!(refused.message.contains("must already be created before making a canary"));
    deploy(&of(None)).unwrap();
    deploy(&of(Some(5.0))).unwrap();
    // A normal deployment goes to the canary too.
    deploy(&of(None)).unwrap();
    let state = store.read().unwrap();
    let stage = state.releases.stage("orders", "prod").unwrap();
    assert_eq!(stage.history.len(), 1);
    assert_eq!(stage.settings.variables["host"], "prod.internal");
    let canary = stage.canary.as_ref().unwrap();
    assert_eq!(canary.settings.percent_traffic, Percent(5.0));
    let id = canary.settings.deployment.as_deref().unwrap();
    assert_eq!(state.snapshot(id).unwrap().description, "a test");
}

#[test]
fn what_is_refused_changes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    let good = source(&folder, "prod", Some(OVERLAY));
    deploy(&arguments(good.clone(), folder.path(), None)).unwrap();
    let before = store.read().unwrap();
    let refused = deploy(&arguments(good.clone(), folder.path(), Some(101.0))).unwrap_err();
    assert_eq!(refused.message, "percent_traffic: `101` is not from 0.0 to 100.0");
    let other = Source { protocol: Some(crate::arguments::Protocol::Rest), ..good.clone() };
    assert_eq!(deploy(&arguments(other, folder.path(), None)).unwrap_err().code, Code::Refused);
    std::fs::write(&good.document, "openapi: 3.0.1\npaths: {/x: 7}").unwrap();
    assert_eq!(deploy(&arguments(good, folder.path(), None)).unwrap_err().code, Code::Refused);
    assert_eq!(store.read().unwrap(), before);
}

#[test]
fn a_document_that_fits_by_itself_and_not_with_the_stage_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    deploy(&arguments(source(&folder, "prod", Some(OVERLAY)), folder.path(), None)).unwrap();
    let before = store.read().unwrap();
    // The document needs a variable that the stage does not have, and a canary does not bring.
    let source =
        source(&folder, "prod", Some("{tollgate: 1, stages: {prod: {variables: {port: '81'}}}}"));
    let text = std::fs::read_to_string(&source.document).unwrap();
    let text = text.replace("${stageVariables.host}:8081", "localhost:${stageVariables.port}");
    std::fs::write(&source.document, text).unwrap();
    let refused = deploy(&arguments(source, folder.path(), Some(5.0))).unwrap_err();
    assert_eq!(refused.code, Code::Refused);
    assert!(
        refused.message.contains("canary of stage `prod`): the stage has no variable `port`"),
        "{}",
        refused.message
    );
    assert_eq!(store.read().unwrap(), before);
}

#[test]
fn without_an_overlay_the_stage_keeps_what_it_has() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    let throttled = "
tollgate: 1
stages:
  prod:
    variables: {host: prod.internal}
    defaultRouteSettings: {throttlingRateLimit: 10, throttlingBurstLimit: 5}
usagePlans: {gold: {apiStages: [{stage: prod}]}}
";
    deploy(&arguments(source(&folder, "prod", Some(throttled)), folder.path(), None)).unwrap();
    let before = store.read().unwrap().releases;
    deploy(&arguments(source(&folder, "prod", None), folder.path(), None)).unwrap();
    let after = store.read().unwrap().releases;
    let stage =
        |releases: &tollgate_releases::Releases| releases.stage("orders", "prod").unwrap().clone();
    assert!(stage(&before).settings.throttle.is_some());
    assert_eq!(stage(&after).settings.throttle, stage(&before).settings.throttle);
    assert_eq!(stage(&after).settings.variables["host"], "given.internal");
    assert_eq!(after.shared, before.shared);
}

#[test]
fn an_aborted_canary_leaves_the_stage_as_it_was() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    let of = |canary| arguments(source(&folder, "prod", Some(OVERLAY)), folder.path(), canary);
    deploy(&of(None)).unwrap();
    let before = store.read().unwrap().definition().unwrap();
    deploy(&of(Some(5.0))).unwrap();
    store
        .change("a test", 1, |draft| draft.releases.abort("orders", "prod", End::Aborted, "", 1))
        .unwrap();
    assert_eq!(store.read().unwrap().definition().unwrap(), before);
}

#[test]
fn what_another_api_loses_is_named_and_its_requests_stay_its_own() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    deploy(&arguments(source(&folder, "prod", Some(OVERLAY)), folder.path(), None)).unwrap();
    let before = store.read().unwrap();
    let shop = Source { api_id: Some("shop".to_owned()), ..source(&folder, "prod", Some(OVERLAY)) };
    let parts = document::read(&shop).unwrap();
    let warning = taken_over(&before, &parts).unwrap();
    assert!(warning.contains("domain names, usage plans, keys"), "{warning}");
    assert!(warning.ends_with("`orders` still answers where the host names no API"), "{warning}");
    deploy(&arguments(shop, folder.path(), None)).unwrap();
    let after = store.read().unwrap();
    assert_eq!(after.releases.shared.default_api.as_deref(), Some("orders"));
    assert_eq!(after.definition().unwrap().default_api.as_deref(), Some("orders"));
    // Alone, nobody loses anything.
    assert_eq!(taken_over(&Kept::default(), &parts), None);
}

#[test]
fn what_an_overlay_says_of_a_stage_waits_until_it_is_deployed() {
    let folder = tempfile::tempdir().unwrap();
    let store = Store::open(folder.path().join("state"));
    let both = "
tollgate: 1
stages:
  prod: {variables: {host: prod.internal}}
  beta:
    variables: {host: beta.internal}
    defaultRouteSettings: {throttlingRateLimit: 10, throttlingBurstLimit: 5}
";
    deploy(&arguments(source(&folder, "prod", Some(both)), folder.path(), None)).unwrap();
    let plain = Source { stage_variable: Vec::new(), ..source(&folder, "beta", None) };
    let text = std::fs::read_to_string(&plain.document).unwrap();
    std::fs::write(&plain.document, text.replace("${stageVariables.host}", "localhost")).unwrap();
    deploy(&arguments(plain, folder.path(), None)).unwrap();
    let releases = store.read().unwrap().releases;
    let settings = &releases.stage("orders", "beta").unwrap().settings;
    assert_eq!(settings.variables["host"], "beta.internal");
    assert!(settings.throttle.is_some());
}
