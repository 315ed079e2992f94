//! The alert rules for Prometheus, judged by its own `promtool`.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;
use std::process::{Command, Output, Stdio};

use serde_json::Value;
use tollgate_tests::workspace;

use crate::compose::FOLDER;
use crate::yaml;

/// What the rules are tested with.
const TESTS: &str = "tests/manifests/alerts.yaml";

/// The rules, those that record included.
fn rules() -> Vec<Value> {
    let mut file = yaml::documents(&format!("{FOLDER}/alerts.yaml")).remove(0);
    let groups = file["groups"].as_array_mut().expect("groups").iter_mut();
    groups.flat_map(|group| group["rules"].as_array_mut().expect("rules").split_off(0)).collect()
}

/// What the rules ask Prometheus.
pub(crate) fn expressions() -> Vec<String> {
    rules().iter().map(|rule| rule["expr"].as_str().expect("a query").to_owned()).collect()
}

fn promtool(arguments: &[&str], file: &Path) -> Output {
    let program = workspace().join(".tools/bin/promtool");
    let output = Command::new(program).args(arguments).arg(file).stdin(Stdio::null()).output();
    output.expect("`promtool`, which `make promtool` installs")
}

#[track_caller]
fn assert_passes(arguments: &[&str], file: &str) {
    let output = promtool(arguments, &workspace().join(file));
    let said = [output.stdout, output.stderr].concat();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&said));
}

#[test]
fn prometheus_takes_its_configuration_and_the_rules_in_it() {
    assert_passes(&["check", "config"], &format!("{FOLDER}/prometheus.yaml"));
    // And does not take a slip.
    let rules = fs::read_to_string(workspace().join(FOLDER).join("alerts.yaml")).expect("rules");
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("alerts.yaml");
    for (right, wrong) in [
        ("sum by (", "sum by by ("),
        ("expr:", "exp:"),
        ("$labels.", "$label."),
        ("for: ", "for: a"),
    ] {
        assert!(rules.contains(right), "{right}");
        fs::write(&file, rules.replacen(right, wrong, 1)).expect("a written file");
        assert!(!promtool(&["check", "rules"], &file).status.success(), "{wrong}");
    }
}

#[test]
fn every_alert_is_there_when_it_must_be_and_not_otherwise() {
    assert_passes(&["test", "rules"], TESTS);
    let tests = yaml::documents(TESTS).remove(0);
    let tests = tests["tests"].as_array().expect("tests").iter();
    let times: Vec<_> =
        tests.flat_map(|test| test["alert_rule_test"].as_array().expect("times")).collect();
    let tested = |there: bool| -> BTreeSet<_> {
        let times = times
            .iter()
            .filter(|time| time["exp_alerts"].as_array().expect("a list").is_empty() != there);
        times.map(|time| time["alertname"].as_str().expect("a name")).collect()
    };
    let rules = rules();
    let alerts: BTreeSet<_> = rules.iter().filter_map(|rule| rule["alert"].as_str()).collect();
    assert_eq!(tested(true), alerts);
    assert_eq!(tested(false), alerts);
}

#[test]
fn every_alert_says_how_bad_it_is_and_of_what_it_speaks() {
    for rule in rules().iter().filter(|rule| rule.get("alert").is_some()) {
        let name = &rule["alert"];
        let severity = rule["labels"]["severity"].as_str();
        assert!(matches!(severity, Some("critical" | "warning")), "{name}: {severity:?}");
        for annotation in ["summary", "description"] {
            let text = rule["annotations"][annotation].as_str().unwrap_or_default();
            assert!(text.contains("{{ $labels."), "{name} has no {annotation} with labels: {text}");
        }
    }
}
