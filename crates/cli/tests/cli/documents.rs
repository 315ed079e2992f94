//! `check`, `routes` and `build`: documents and exit codes.

use std::fs;

use serde_json::{Value, json};

use crate::shell::{argument, folder, outcome, run};

const ORDERS: &str = r#"
openapi: 3.0.1
info:
  title: Orders
  version: "1"
paths:
  /orders/{id}:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: http_proxy
        httpMethod: GET
        uri: http://${stageVariables.host}/orders/{id}
        payloadFormatVersion: "1.0"
"#;

/// The integration's type is one that there is not.
const WRONG: &str = r#"
openapi: 3.0.1
info:
  title: Orders
  version: "1"
paths:
  /orders:
    get:
      responses: {}
      x-amazon-apigateway-integration:
        type: carrier_pigeon
        uri: http://127.0.0.1:8081/orders
        payloadFormatVersion: "1.0"
"#;

/// Runs a command on a document, and returns its exit code, standard output and standard error with
/// the document's path as `api.yaml`.
#[track_caller]
fn check(command: &str, document: &str, options: &[&str]) -> (i32, String, String) {
    let folder = folder();
    let path = folder.path().join("api.yaml");
    fs::write(&path, document).expect("a document");
    let outcome = run(&[&[command, argument(&path)], options].concat());
    let shorten = |text: &str| text.replace(argument(&path), "api.yaml");
    (outcome.code, shorten(&outcome.stdout), shorten(&outcome.stderr))
}

#[test]
fn a_document_that_can_be_served_is_accepted_without_a_result() {
    let (code, stdout, stderr) =
        check("check", ORDERS, &["--stage-variable", "host=127.0.0.1:8081"]);
    assert_eq!((code, stdout.as_str()), (0, ""), "{stderr}");
    assert!(stderr.ends_with("accepted api.yaml: 1 route on 1 stage\n"), "{stderr}");
}

#[test]
fn a_document_that_cannot_be_served_is_refused_with_the_place_of_each_problem() {
    let (code, stdout, stderr) = check("check", WRONG, &[]);
    assert_eq!(code, 3);
    assert!(stdout.starts_with("api.yaml:11:"), "{stdout}");
    assert!(stdout.contains("carrier_pigeon"), "{stdout}");
    assert_eq!(stderr, "error: `api.yaml` is refused: 1 problem\n");
}

#[test]
fn a_machine_is_told_the_same_as_json() {
    let (code, stdout, _) = check("check", WRONG, &["--format", "json"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(code, 3);
    assert_eq!(report["accepted"], json!(false));
    assert_eq!(report["problems"][0]["file"], json!("api.yaml").clone(), "{report}");
    assert_eq!(report["problems"][0]["line"], json!(11));

    let (code, stdout, _) =
        check("check", ORDERS, &["--format", "json", "--stage-variable", "host=localhost"]);
    let report: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(code, 0);
    assert_eq!((&report["accepted"], &report["problems"]), (&json!(true), &json!([])));
    let served = json!({"routes": 1, "stages": 1, "usage_plans": 0, "api_keys": 0});
    assert_eq!(report["served"], served);
}

#[test]
fn what_the_compiler_refuses_is_a_problem_of_the_document() {
    // The stage variable of the URI has no value.
    let (code, stdout, stderr) = check("check", ORDERS, &[]);
    assert_eq!(code, 3, "{stderr}");
    assert!(stdout.contains("host"), "{stdout}");
}

#[test]
fn the_routes_are_a_table_or_json() {
    let variable = ["--stage-variable", "host=127.0.0.1:8081"];
    let (code, stdout, _) = check("routes", ORDERS, &variable);
    let expected = "\
METHOD  PATH          AUTHORIZATION  INTEGRATION
GET     /orders/{id}  none           http://127.0.0.1:8081/orders/{id}
";
    assert_eq!((code, stdout.as_str()), (0, expected));

    let stage =
        [&variable[..], &["--stage", "v1", "--api-id", "shop", "--format", "json"]].concat();
    let (code, stdout, _) = check("routes", ORDERS, &stage);
    let rows: Value = serde_json::from_str(&stdout).expect("JSON");
    assert_eq!(code, 0);
    assert_eq!(
        rows,
        json!([{
            "api": "shop",
            "stage": "v1",
            "route_key": "GET /orders/{id}",
            "method": "GET",
            "path": "/v1/orders/{id}",
            "authorizer": null,
            "scopes": [],
            "authorization": "none",
            "api_key_required": false,
            "uri": "http://127.0.0.1:8081/orders/{id}",
        }])
    );
}

#[test]
fn nothing_is_written_for_a_document_that_is_refused() {
    let folder = folder();
    let out = folder.path().join("out");
    let (code, stdout, _) = check("build", WRONG, &["--out", argument(&out)]);
    // 1 where the program was built without the gateway, which is found out first.
    assert!(code == 3 || code == 1, "{code}");
    assert_eq!(stdout, "");
    assert!(!out.exists());
}

#[test]
fn what_is_no_document_is_the_machines_fault_and_what_is_no_command_the_users() {
    let missing = run(&["check", "/nosuch/api.yaml"]);
    assert_eq!(missing.code, 1);
    assert!(missing.stderr.starts_with("error: cannot read `/nosuch/api.yaml`"), "{missing:?}");

    for arguments in [
        &["check"][..],
        &["serve", "api.yaml"],
        &["run", "api.yaml", "--stage-variable", "host"],
        &["run", "api.yaml", "--port", "65536"],
        &["dev", "issuer", "--issuer", "ftp://here"],
    ] {
        assert_eq!(run(arguments).code, 2, "{arguments:?}");
    }
}

#[test]
fn nothing_is_coloured_for_a_pipe_and_the_help_lists_the_exit_codes() {
    let refused = run(&["check", "/nosuch/api.yaml"]);
    assert!(!refused.stderr.contains('\x1b'));
    let help = run(&["--help"]);
    assert_eq!(help.code, 0);
    assert!(
        help.stdout.contains("3  the document, or what is asked for, is refused"),
        "{}",
        help.stdout
    );
    let version = run(&["version"]);
    assert!(version.stdout.starts_with(&format!("tollgate {}\n", env!("CARGO_PKG_VERSION"))));
}

#[test]
fn the_user_is_told_when_there_is_no_envoy() {
    let folder = folder();
    let path = folder.path().join("api.yaml");
    fs::write(&path, ORDERS.replace("${stageVariables.host}", "127.0.0.1:9")).expect("a document");
    let ports = ["--port", "0", "--admin-port", "0"];
    let arguments = [&["run", argument(&path), "--envoy", "/nosuch/envoy"], &ports[..]].concat();
    let run = outcome(&crate::shell::command(&arguments).output().expect("the program starts"));
    if run.stderr.contains("built without gateway.wasm") {
        assert_eq!(run.code, 1);
    } else {
        assert_eq!(run.code, 4);
        assert!(run.stderr.ends_with("error: there is no Envoy at `/nosuch/envoy`\n"), "{run:?}");
    }
}
