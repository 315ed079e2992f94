//! `--overlay`: what a document cannot say.

use std::fs;

use serde_json::Value;
use tempfile::TempDir;

use crate::shell::{Outcome, argument, folder, run};

const ORDERS: &str = r#"
openapi: 3.0.1
info: {title: Orders, version: "1"}
paths:
  /orders:
    get:
      x-amazon-apigateway-integration: &backend
        {type: http_proxy, httpMethod: GET, uri: "http://${stageVariables.host}/orders"}
    post:
      security: [{api_key: []}]
      x-amazon-apigateway-integration: *backend
components:
  securitySchemes:
    api_key: {type: apiKey, name: x-api-key, in: header}
"#;

const OVERLAY: &str = "
tollgate: 1
stages:
  prod: {variables: {host: orders.internal}}
  dev: {variables: {host: dev.internal}}
usagePlans:
  free: {quota: {limit: 10, period: DAY}, apiStages: [{stage: prod}, {stage: dev}]}
apiKeys:
- {id: a, sha256: 2bd806c97f0e00af1a1fc3328fa763a9269723c8db8fac4f93af71db186d6e90, usagePlanIds: [free]}
apiKeysFile: keys.csv
";

const KEYS: &str = "id,sha256\n\
                    b,81b637d8fcd2c6da6359e6963113a1170de795e4b725b84d1e0b4cfd9ec58ce9\n";

/// A document with an overlay, and its keys beside it.
struct Files {
    folder: TempDir,
}

impl Files {
    #[track_caller]
    fn write(overlay: &str) -> Self {
        let files = Self { folder: folder() };
        for (name, text) in [("api.yaml", ORDERS), ("tollgate.yaml", overlay), ("keys.csv", KEYS)] {
            fs::write(files.folder.path().join(name), text).expect(name);
        }
        files
    }

    /// Runs a command on the document with its overlay, with short names in what it says.
    #[track_caller]
    fn run(&self, command: &str, options: &[&str]) -> Outcome {
        let path = |name| self.folder.path().join(name);
        let (document, overlay) = (path("api.yaml"), path("tollgate.yaml"));
        let ours = [command, argument(&document), "--overlay", argument(&overlay)];
        let outcome = run(&[&ours, options].concat());
        let prefix = format!("{}/", argument(self.folder.path()));
        Outcome {
            stdout: outcome.stdout.replace(&prefix, ""),
            stderr: outcome.stderr.replace(&prefix, ""),
            ..outcome
        }
    }
}

/// What is said without the notice that HTTP APIs of AWS have no keys.
fn said(stderr: &str) -> String {
    let lines = stderr.lines().filter(|line| !line.contains("API keys in REST APIs only"));
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_document_is_checked_with_its_overlay_and_what_would_be_served_is_counted() {
    let outcome = Files::write(OVERLAY).run("check", &[]);
    assert_eq!((outcome.code, outcome.stdout.as_str()), (0, ""), "{}", outcome.stderr);
    let expected = "accepted api.yaml: 2 routes on 2 stages, 1 usage plan, 2 API keys";
    assert_eq!(said(&outcome.stderr), expected);
}

#[test]
fn problems_of_both_files_are_listed_each_with_its_place() {
    let files = Files::write("tollgate: 1\nstage: {}\n");
    let document = ORDERS.replace("type: http_proxy", "type: carrier_pigeon");
    fs::write(files.folder.path().join("api.yaml"), document).expect("a document");
    let outcome = files.run("check", &[]);
    assert_eq!(outcome.code, 3);
    let places: Vec<_> = outcome.stdout.lines().filter(|line| !line.starts_with(' ')).collect();
    let [first, second] = places.as_slice() else { panic!("{places:?}") };
    assert!(first.starts_with("api.yaml:8:"), "{first}");
    let expected = "tollgate.yaml:2:1: $.stage: `stage` is not known, perhaps `stages` is meant";
    assert_eq!(*second, expected);

    let files = Files::write(&OVERLAY.replace("[free]", "[gold]"));
    let outcome = files.run("check", &["--format", "json"]);
    let report: Value = serde_json::from_str(&outcome.stdout).expect("JSON");
    assert_eq!(outcome.code, 3);
    assert_eq!(report["problems"][0]["file"], "tollgate.yaml");
    assert_eq!(report["problems"][0]["line"], 9);
}

#[test]
fn an_integration_has_to_make_sense_on_every_stage() {
    let files = Files::write(&OVERLAY.replace("dev: {variables: {host: dev.internal}}", "dev:"));
    let outcome = files.run("check", &[]);
    let expected = "api.yaml:8:50: $.paths./orders.get.x-amazon-apigateway-integration.uri: the stage \
                    `dev` has no variable `host`: give it one in the overlay, or all stages with \
                    `--stage-variable host=VALUE`\n";
    assert_eq!(outcome.code, 3);
    assert!(outcome.stdout.starts_with(expected), "{}", outcome.stdout);
    assert_eq!(files.run("check", &["--stage-variable", "host=localhost"]).code, 0);
    assert_eq!(files.run("check", &["--stage", "prod"]).code, 0);
}

#[test]
fn the_routes_of_every_stage_are_listed_and_which_of_them_need_a_key() {
    let files = Files::write(OVERLAY);
    let expected = "\
METHOD  PATH          AUTHORIZATION  API KEY   INTEGRATION
GET     /dev/orders   none           none      http://dev.internal/orders
POST    /dev/orders   none           required  http://dev.internal/orders
GET     /prod/orders  none           none      http://orders.internal/orders
POST    /prod/orders  none           required  http://orders.internal/orders
";
    assert_eq!(files.run("routes", &[]).stdout, expected);

    // The command line comes before the overlay.
    let options = ["--stage", "dev", "--stage-variable", "host=localhost:1"];
    let expected = "\
METHOD  PATH         AUTHORIZATION  API KEY   INTEGRATION
GET     /dev/orders  none           none      http://localhost:1/orders
POST    /dev/orders  none           required  http://localhost:1/orders
";
    assert_eq!(files.run("routes", &options).stdout, expected);

    let outcome = files.run("routes", &["--stage", "prd"]);
    assert_eq!(outcome.code, 3);
    let expected = "tollgate.yaml:3:1: $.stages: there is no stage `prd`, perhaps `prod` is meant";
    assert!(outcome.stderr.contains(expected), "{}", outcome.stderr);
}

#[test]
fn an_overlay_is_used_only_where_it_is_named() {
    let files = Files::write("this is no overlay");
    let document = files.folder.path().join("api.yaml");
    let outcome = run(&["check", argument(&document), "--stage-variable", "host=localhost"]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    assert!(!outcome.stderr.contains("tollgate.yaml"), "{}", outcome.stderr);
}

#[test]
fn keys_come_from_the_file_of_the_overlay_or_of_the_command_line() {
    let files = Files::write(OVERLAY);
    let others = files.folder.path().join("others.csv");
    fs::write(&others, "id,sha256\n").expect("keys");
    let outcome = files.run("check", &["--keys", argument(&others)]);
    assert!(outcome.stderr.ends_with("1 usage plan, 1 API key\n"), "{}", outcome.stderr);

    fs::write(files.folder.path().join("keys.csv"), "id,sha256\na,b\n").expect("keys");
    let outcome = files.run("check", &[]);
    assert_eq!(outcome.code, 3);
    assert!(outcome.stderr.contains("keys.csv:2: `sha256` must be 64"), "{}", outcome.stderr);

    fs::remove_file(files.folder.path().join("keys.csv")).expect("no keys");
    let outcome = files.run("check", &[]);
    assert_eq!(outcome.code, 1);
    assert!(outcome.stderr.contains("cannot read `keys.csv`"), "{}", outcome.stderr);
}

#[test]
fn files_for_an_envoy_of_ones_own_say_where_the_counters_are() {
    let files = Files::write(OVERLAY);
    let out = files.folder.path().join("out");
    let options = ["--out", argument(&out)];
    let outcome = files.run("build", &options);
    if outcome.stderr.contains("built without gateway.wasm") {
        return;
    }
    assert_eq!(outcome.code, 3, "{}", outcome.stderr);
    assert!(outcome.stderr.contains("no address of a server that counts"), "{}", outcome.stderr);
    assert!(!out.exists());

    let files =
        Files::write(&format!("{OVERLAY}counters: {{address: 'counters.internal:8083'}}\n"));
    let out = files.folder.path().join("out");
    let outcome = files.run("build", &["--out", argument(&out)]);
    assert_eq!(outcome.code, 0, "{}", outcome.stderr);
    let clusters = fs::read_to_string(out.join("clusters.yaml")).expect("the clusters");
    assert!(clusters.contains("counters.internal"), "{clusters}");
    assert!(out.join("keys/manifest").is_file());
}
