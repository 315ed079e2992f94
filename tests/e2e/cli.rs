//! `tollgate` as a person uses it: a child process, a document, and signals.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_tests::backend::values;
use tollgate_tests::program::{self, Program};
use tollgate_tests::signers::{AccessKey, Job, send};
use tollgate_tests::{Answer, Backend, Issuer, Request, data, envoy, wait, workspace};

/// The orders API, with another backend and issuer than the ones of `make run`.
fn orders(folder: &Path, backend: &Backend, issuer: &Issuer) -> PathBuf {
    let text = fs::read_to_string(workspace().join("envoy/regional/api.yaml")).expect("a document");
    let moved = text
        .replace("http://127.0.0.1:8081", &backend.url(""))
        .replace("http://127.0.0.1:8082", &issuer.url());
    assert!(moved.matches(&issuer.url()).count() > 0 && moved.contains(&backend.url("")));
    let path = folder.join("api.yaml");
    fs::write(&path, moved).expect("a written file");
    path
}

fn serve(document: &Path, more: &[&str]) -> (Program, SocketAddr) {
    let document = document.to_str().expect("a path in UTF-8");
    let arguments =
        [&["run", document, "--port", "0", "--admin-port", "0", "--workers", "1"], more].concat();
    let mut program = Program::start(&arguments);
    let url = program.first_line();
    let port = url.strip_prefix("http://localhost:").expect(&url).parse().expect("a port");
    (program, SocketAddr::from(([127, 0, 0, 1], port)))
}

fn folder() -> TempDir {
    envoy::folder()
}

/// Replaces a file at once, as editors do.
fn replace(path: &Path, text: &str) {
    let next = path.with_extension("next");
    fs::write(&next, text).expect("a written file");
    fs::rename(next, path).expect("a replaced file");
}

#[test]
fn run_serves_the_orders_api_and_stops_envoy_when_it_is_stopped() {
    let (folder, backend, issuer) = (folder(), Backend::start(), Issuer::start());
    let (mut program, address) = serve(&orders(folder.path(), &backend, &issuer), &[]);
    program.says("GET     /orders ");
    program.says("jwt customers: orders:write");

    assert_eq!(Request::get("/orders").send(address).json()["target"], "/orders");
    assert_eq!(Request::get("/orders/7").send(address).json()["target"], "/orders/7");
    assert_eq!(Request::get("/nothing").send(address).status, 404);
    let post = |token: Option<String>| {
        let request = Request::new("POST", "/orders").header("x-user-id", "forged");
        let request = match token {
            Some(token) => request.bearer(&token),
            None => request,
        };
        request.body("{}").send(address)
    };
    assert_eq!(post(None).status, 401);
    assert_eq!(post(Some(issuer.token_with(&json!({"aud": "orders"})))).status, 403);
    let token = issuer.token_with(&json!({"aud": "orders", "scope": "orders:write"}));
    let answer: Answer = post(Some(token));
    assert_eq!(answer.status, 200);
    assert_eq!(values(&answer.json(), "x-user-id"), ["user-1"]);

    let children = program.children();
    assert!(children.iter().all(|id| program::is_running(*id)) && !children.is_empty());
    assert!(program.stop("TERM").success(), "{}", program.err());
    wait::until_true("end of Envoy", wait::PATIENCE, || {
        !children.iter().any(|id| program::is_running(*id))
    });
    assert!(Request::get("/orders").try_send(address).is_err());
}

#[test]
fn an_interrupt_stops_it_as_well() {
    let (folder, backend, issuer) = (folder(), Backend::start(), Issuer::start());
    let (mut program, _) = serve(&orders(folder.path(), &backend, &issuer), &[]);
    let children = program.children();
    program.stop("INT");
    wait::until_true("end of Envoy", wait::PATIENCE, || {
        !children.iter().any(|id| program::is_running(*id))
    });
}

#[test]
fn a_watched_document_is_taken_up_and_a_wrong_one_is_not() {
    let (folder, backend, issuer) = (folder(), Backend::start(), Issuer::start());
    let document = orders(folder.path(), &backend, &issuer);
    let text = fs::read_to_string(&document).expect("a document");
    let (mut program, address) = serve(&document, &["--watch"]);
    let status = |target: &str| Request::get(target).send(address).status;
    assert_eq!((status("/orders"), status("/things")), (200, 404));

    replace(&document, &text.replace("  /orders:", "  /things:"));
    wait::until_true("new route", wait::PATIENCE, || status("/things") == 200);
    assert_eq!(status("/orders"), 404);

    for (wrong, why) in [
        (text.replace("openapi:", "openapx:"), "this is no OpenAPI document"),
        (text.replace("type: http_proxy", "type: aws"), "are not served by this version"),
        (String::from("a: [b"), "is refused"),
    ] {
        replace(&document, &wrong);
        program.says(why);
        assert_eq!((status("/orders"), status("/things")), (404, 200), "{why}");
    }
    assert!(program.err().contains("what was served before is still served"));

    replace(&document, &text);
    wait::until_true("old route", wait::PATIENCE, || status("/orders") == 200);
    assert!(program.stop("TERM").success());
}

#[test]
fn a_key_that_is_taken_back_is_taken_back_wherever_it_stands_by_then() {
    let (folder, backend) = (folder(), Backend::start());
    let write = |name: &str, text: &str| {
        let path = folder.path().join(name);
        replace(&path, text);
        path
    };
    let credentials = |name: &str, key: AccessKey, is_enabled: bool| {
        let credential = json!({
            "accessKeyId": key.id, "secretAccessKey": key.secret, "enabled": is_enabled,
            "owner": {"arn": "arn:aws:iam::123456789012:user/ann"},
            "policies": [{"Version": "2012-10-17", "Statement": {
                "Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*",
            }}],
        });
        write(name, &json!({"credentials": [credential]}).to_string());
    };
    let key = |id| AccessKey { id, secret: "wJalrXUtnFEMI/K7MDENG+bPxRfiCYEXAMPLEKEY", token: "" };
    let (ann, ben) = (key("AKIDANN"), key("AKIDBEN"));
    credentials("ann.json", ann, true);
    credentials("ben.json", ben, true);
    let overlay =
        |file: &str| write("tollgate.yaml", &format!("tollgate: 1\ncredentialsFile: {file}\n"));
    let overlay_path = overlay("ann.json");
    let document = write(
        "api.yaml",
        &format!(
            "swagger: '2.0'\ninfo: {{title: A, version: '1'}}\npaths:\n  /a:\n    get:\n      \
         x-amazon-apigateway-auth: {{type: AWS_IAM}}\n      x-amazon-apigateway-integration: \
         {{type: http_proxy, httpMethod: GET, uri: '{}'}}\n",
            backend.url("/a")
        ),
    );
    let overlay_path = overlay_path.to_str().expect("a path in UTF-8");
    let (mut program, address) =
        serve(&document, &["--watch", "--stage", "prod", "--overlay", overlay_path]);
    let status = |key: AccessKey| {
        let url = format!("http://{address}/prod/a");
        send(&[Job { client: "curl", key, method: "GET", url, body: "" }])[0].0
    };
    assert_eq!((status(ann), status(ben)), (200, 403));

    credentials("ann.json", ann, false);
    wait::until_true("Ann to be refused", wait::PATIENCE, || status(ann) == 403);

    overlay("ben.json");
    wait::until_true("Ben to be let in", wait::PATIENCE, || status(ben) == 200);
    credentials("ben.json", ben, false);
    wait::until_true("Ben to be refused", wait::PATIENCE, || status(ben) == 403);
    assert!(program.stop("TERM").success(), "{}", program.err());
}

#[test]
fn a_document_from_the_field_is_served_as_it_stands() {
    let backend = Backend::start();
    let name = "openapi/docs/serverless-app__api-with-binary-media-types-with-definition-body-yaml-\
                MyApi__e60778a3.json";
    // Its own backend is not on this machine.
    let text = data::text(name);
    let moved = text.replace("http://httpbin.org", &backend.url(""));
    assert_ne!(text, moved);
    let folder = folder();
    let document = folder.path().join("api.json");
    fs::write(&document, moved).expect("a written file");
    let (mut program, address) = serve(&document, &[]);
    let answer = Request::new("PUT", "/prod/http/a/b?c=d").send(address);
    let echo: Value = answer.json();
    assert_eq!((&echo["method"], &echo["target"]), (&json!("PUT"), &json!("/a/b?c=d")));
    let answer = Request::get("/prod/other").send(address);
    assert_eq!(answer.status, 403);
    assert_eq!(answer.text(), r#"{"message":"Missing Authentication Token"}"#);
    assert!(program.stop("TERM").success());
}

#[test]
fn a_wrong_document_is_refused_with_its_place_and_nothing_is_started() {
    let folder = folder();
    let document = folder.path().join("api.yaml");
    fs::write(
        &document,
        "openapi: 3.0.1\ninfo: {title: A, version: '1'}\npaths:\n  /a:\n    get: {}\n",
    )
    .expect("a written file");
    let path = document.to_str().expect("a path in UTF-8");
    // What is wrong is the result of the one, and a failure of the other.
    let checked = program::run(&["check", path]);
    let served = program::run(&["run", path, "--port", "0", "--admin-port", "0"]);
    for (output, said) in [(&checked, &checked.stdout), (&served, &served.stderr)] {
        assert!(!output.status.success());
        let said = String::from_utf8_lossy(said);
        assert!(said.contains(&format!("{path}:5:")) && said.contains("/a.get"), "{said}");
    }
    assert!(served.stdout.is_empty());
}

#[test]
fn a_token_of_the_development_issuer_is_admitted_by_its_keys() {
    let (folder, backend) = (folder(), Backend::start());
    let state = folder.path().join("state");
    let state = state.to_str().expect("a path in UTF-8");
    let mut issuer = Program::start(&["dev", "issuer", "--port", "0", "--state", state]);
    let url = issuer.first_line();
    let text = fs::read_to_string(workspace().join("envoy/regional/api.yaml")).expect("a document");
    let document = folder.path().join("api.yaml");
    let moved = text
        .replace("http://127.0.0.1:8081", &backend.url(""))
        .replace("http://127.0.0.1:8082", &url);
    fs::write(&document, moved).expect("a written file");
    let (mut program, address) = serve(&document, &[]);
    let post = |arguments: &[&str]| {
        let arguments = [&["dev", "token", "--state", state], arguments].concat();
        let output = program::run(&arguments);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        let token = String::from_utf8(output.stdout).expect("a token");
        Request::new("POST", "/orders").bearer(token.trim()).body("{}").send(address)
    };
    for algorithm in ["RS256", "ES256", "EdDSA"] {
        let answer = post(&["--scope", "orders:write", "--algorithm", algorithm]);
        assert_eq!(answer.status, 200, "{algorithm}: {answer:?}");
        assert_eq!(values(&answer.json(), "x-user-id"), ["dev"]);
    }
    let answer = post(&["--scope", "orders:write", "--claim", "sub=somebody"]);
    assert_eq!(values(&answer.json(), "x-user-id"), ["somebody"]);
    assert_eq!(post(&[]).status, 403);
    assert_eq!(post(&["--scope", "orders:write", "--expires-in", "-60"]).status, 401);
    assert_eq!(post(&["--scope", "orders:write", "--audience", "other"]).status, 401);
    assert!(program.stop("TERM").success());
    assert!(issuer.stop("TERM").success());
}

#[test]
fn the_orders_api_holds_its_plans_and_remembers_what_was_used() {
    const FREE: &str = "free-plan-key-for-trying-things";
    const GOLD: &str = "gold-plan-key-for-trying-things";
    let (folder, backend, issuer) = (folder(), Backend::start(), Issuer::start());
    let document = orders(folder.path(), &backend, &issuer);
    let overlay = workspace().join("envoy/regional/tollgate.yaml");
    let text = fs::read_to_string(overlay).expect("an overlay");
    // The quota alone, so that no clock decides: fifteen instead of a thousand.
    let text = text
        .replace("    throttle: { rateLimit: 5, burstLimit: 10 }\n", "")
        .replace("1000, period", "15, period");
    let overlay = folder.path().join("tollgate.yaml");
    fs::write(&overlay, &text).expect("a written file");
    let state = folder.path().join("state");
    let more =
        ["--overlay", overlay.to_str().unwrap(), "--state", state.to_str().unwrap(), "--watch"];
    let ask = |address: SocketAddr, key: &str| {
        Request::get("/orders/export").header("x-api-key", key).send(address).status
    };

    let (mut program, address) = serve(&document, &more);
    program.says("GET     /orders/export");
    assert_eq!(Request::get("/orders/export").send(address).status, 403);
    let used: Vec<_> = (0..10).map(|_| ask(address, FREE)).collect();
    assert_eq!(used, [200; 10]);
    assert!(program.stop("TERM").success(), "{}", program.err());

    // What was used yesterday, so to speak, is not forgotten.
    let (program, address) = serve(&document, &more);
    let rest = (0..20).filter(|_| ask(address, FREE) == 200).count();
    assert!((3..=5).contains(&rest), "{rest} more");
    assert_eq!(ask(address, FREE), 429);
    assert_eq!(ask(address, GOLD), 200);

    // A plan that is changed takes effect while it is served, and a wrong one does not.
    replace(&overlay, &text.replace("usagePlanIds: [gold]", "usagePlanIds: [gold, silver]"));
    program.says("silver");
    assert_eq!(ask(address, GOLD), 200);
    replace(&overlay, &text.replace("usagePlanIds: [gold]", "enabled: false"));
    wait::until_true("the key to be disabled", wait::PATIENCE, || ask(address, GOLD) == 403);
}

#[test]
fn a_new_key_is_admitted_while_it_is_served() {
    let (folder, backend, issuer) = (folder(), Backend::start(), Issuer::start());
    let document = orders(folder.path(), &backend, &issuer);
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (keys, state) = (path("keys.csv"), path("state"));
    let create = |name: &str, plan: &str| {
        let made = program::run(&[
            "keys",
            "create",
            "--keys",
            &keys,
            "--name",
            name,
            "--usage-plan",
            plan,
        ]);
        assert!(made.status.success(), "{}", String::from_utf8_lossy(&made.stderr));
        String::from_utf8(made.stdout).unwrap().trim().to_owned()
    };
    let first = create("first", "gold");
    let overlay = workspace().join("envoy/regional/tollgate.yaml");
    let more =
        ["--overlay", overlay.to_str().unwrap(), "--keys", &keys, "--state", &state, "--watch"];
    let (program, address) = serve(&document, &more);
    let ask =
        |key: &str| Request::get("/orders/export").header("x-api-key", key).send(address).status;
    assert_eq!((ask(&first), ask("nobody-nobody-nobody-nobody")), (200, 403));
    let second = create("second", "gold");
    wait::until_true("the second key", wait::PATIENCE, || ask(&second) == 200);
    let off = program::run(&["keys", "disable", "--keys", &keys, "first"]);
    assert!(off.status.success(), "{}", String::from_utf8_lossy(&off.stderr));
    wait::until_true("the first key to be disabled", wait::PATIENCE, || ask(&first) == 403);
    assert_eq!(ask(&second), 200);
    assert!(!program.err().contains(&first) && !program.err().contains(&second));
}
