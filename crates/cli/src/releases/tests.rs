//! The commands, as they are written.

use std::path::Path;

use clap::Parser;
use tollgate_releases::{Cause, End, StageRelease};

use super::document::tests::source;
use super::*;
use crate::arguments::Arguments;

const OVERLAY: &str = "{tollgate: 1, stages: {prod: {variables: {host: prod.internal}}}}";

/// A document with its overlay, and a folder for what is deployed.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        source(&folder, "prod", Some(OVERLAY));
        Self { folder }
    }

    /// Does what a line says. `API` stands for the document, its overlay and its stage.
    fn run(&self, line: &str) -> Result<(), Failure> {
        let at = |name: &str| self.folder.path().join(name).display().to_string();
        let (document, overlay) = (at("api.yaml"), at("tollgate.yaml"));
        let api = ["--api-id", "orders", "--overlay", &overlay, &document];
        let mut arguments = vec!["tollgate"];
        for word in line.split(' ') {
            if word == "API" { arguments.extend(api) } else { arguments.push(word) }
        }
        let state = at("state");
        arguments.extend(["--state", &state]);
        if !line.starts_with("stages") {
            arguments.extend(["--stage", "prod"]);
        }
        crate::execute(Arguments::try_parse_from(arguments).unwrap().command)
    }

    fn store(&self) -> Store {
        Store::open(self.folder.path().join("state"))
    }

    fn stage(&self) -> StageRelease {
        self.store().read().unwrap().releases.stage("orders", "prod").unwrap().clone()
    }
}

#[test]
fn a_stage_goes_from_deployment_to_deployment() {
    let place = Place::new();
    place.run("stages").unwrap();
    place.run("deploy API").unwrap();
    let first = place.stage().deployment;
    place.run("deploy API --description second").unwrap();
    place.run("rollback").unwrap();
    assert_eq!(place.stage().deployment, first);
    let refused = place.run("rollback").unwrap_err();
    assert_eq!(refused.message, "stage `prod` has no earlier deployment to go back to");
    let second = place.stage().history[1].deployment.clone();
    place.run(&format!("rollback --to {second} --format json")).unwrap();
    assert_eq!(place.stage().history.last().unwrap().cause, Cause::RolledBack);
    let refused = place.run("rollback --to aaaaaaaaaa").unwrap_err();
    assert_eq!(
        (refused.code, refused.message.as_str()),
        (Code::Refused, "Deployment id does not exist")
    );
    place.run("stages").unwrap();
    place.run("stages --stage prod --format json").unwrap();
}

#[test]
fn a_canary_is_started_changed_promoted_and_aborted() {
    let place = Place::new();
    place.run("deploy API").unwrap();
    let refused = place.run("canary promote").unwrap_err();
    assert_eq!(refused.message, "Promotion not available. Canary does not exist.");
    place.run("canary start API --percent 5 --sticky header:x-user").unwrap();
    place.run("canary traffic --percent 12.5").unwrap();
    let canary = place.stage().canary.unwrap();
    assert_eq!(canary.settings.percent_traffic.0, 12.5);
    assert_eq!(canary.settings.sticky, Some(tollgate_canary::Sticky::Header("x-user".to_owned())));
    assert!(place.run("canary start API --percent 5").is_err());
    place.run("canary status").unwrap();
    place.run("canary promote").unwrap();
    let stage = place.stage();
    assert_eq!((Some(stage.deployment), stage.canary), (canary.settings.deployment, None));

    place.run("canary override --percent 5 --stage-variable-override host=new.internal").unwrap();
    let canary = place.stage().canary.unwrap();
    assert_eq!(canary.settings.stage_variable_overrides["host"], "new.internal");
    place.run("canary abort").unwrap();
    assert_eq!(place.stage().settings.variables["host"], "prod.internal");
    place.run("canary start API --steps 5,50 --interval 30s --min-requests 20").unwrap();
    let canary = place.stage().canary.unwrap();
    assert_eq!(canary.settings.percent_traffic.0, 5.0);
    assert_eq!(canary.analysis.unwrap().min_requests, 20);
    place.run("canary status --format json").unwrap();
    place.run("canary abort").unwrap();
    assert_eq!(place.stage().last_canary.unwrap().end, End::Aborted);
}

#[test]
fn what_is_out_of_range_names_the_field_and_changes_nothing() {
    let place = Place::new();
    place.run("deploy API").unwrap();
    let before = place.store().read().unwrap();
    for (line, field) in [
        ("canary start API --percent 101", "percent_traffic: "),
        ("canary start API --percent=-1", "percent_traffic: "),
        ("canary start API --percent NaN", "percent_traffic: "),
        ("canary start API --steps 50,5", "analysis.steps[1]: "),
        ("canary start API --steps 5 --interval 0s", "analysis.interval_secs: "),
        ("canary start API --steps 5 --min-requests 1", "analysis.min_requests: "),
        ("canary start API --steps 5 --max-p99-ratio 0.5", "analysis.conditions.p99_ratio: "),
    ] {
        let refused = place.run(line).unwrap_err();
        assert!(refused.message.starts_with(field), "{line}: {}", refused.message);
        assert_eq!(refused.code, Code::Refused);
    }
    assert_eq!(place.store().read().unwrap(), before);
}

#[test]
fn a_folder_that_is_no_folder_is_the_machines_fault() {
    let store = Store::open(Path::new("/dev/null/state"));
    let failure = Failure::from(store.read().unwrap_err());
    assert_eq!(failure.code, Code::Environment);
}

#[test]
fn a_command_about_a_stage_that_is_not_there_makes_no_folder() {
    let place = Place::new();
    for line in [
        "rollback",
        "canary promote",
        "canary abort",
        "canary traffic --percent 5",
        "canary override --percent 5 --stage-variable-override host=new.internal",
        "canary start API --percent 5",
        "deploy API --canary 5",
    ] {
        assert_eq!(place.run(line).unwrap_err().code, Code::Refused, "{line}");
        assert!(!place.store().folder().exists(), "{line}");
    }
}
