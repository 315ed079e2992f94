//! Deployments, rollbacks and canaries, as a person releases with them: `tollgate serve` serves, and
//! other commands change what.

use std::fs;
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::thread;
use std::time::{Duration, Instant};

use serde_json::{Value, json};
use tempfile::TempDir;
use tollgate_tests::backend::Behaviour;
use tollgate_tests::program::{self, Program};
use tollgate_tests::wait::OverOnDrop;
use tollgate_tests::{Backend, Connection, Request, envoy, wait};

/// A folder with releases, and what a person does with them.
struct Releases {
    folder: TempDir,
}

impl Releases {
    fn new() -> Self {
        Self { folder: envoy::folder() }
    }

    fn state(&self) -> String {
        text(&self.folder.path().join("state"))
    }

    /// An API whose every route leads to this backend.
    fn document(&self, name: &str, backend: &Backend) -> PathBuf {
        let integration = json!({
            "type": "http_proxy",
            "httpMethod": "ANY",
            "uri": backend.url(""),
            "payloadFormatVersion": "1.0",
        });
        let document = json!({
            "openapi": "3.0.1",
            "info": {"title": "Orders", "version": "1"},
            "paths": {"/orders": {"get": {
                "responses": {},
                "x-amazon-apigateway-integration": integration,
            }}},
        });
        let path = self.folder.path().join(name);
        fs::write(&path, document.to_string()).expect("a written file");
        path
    }

    /// What a command prints.
    #[track_caller]
    fn run(&self, arguments: &[&str]) -> String {
        match self.try_run(arguments) {
            Ok(out) => out,
            Err(err) => panic!("{arguments:?}: {err}"),
        }
    }

    /// What a command prints, or what it complains of.
    fn try_run(&self, arguments: &[&str]) -> Result<String, String> {
        let state = self.state();
        let output = program::run(&[arguments, &["--state", &state]].concat());
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).trim().to_owned();
        if output.status.success() { Ok(text(&output.stdout)) } else { Err(text(&output.stderr)) }
    }

    #[track_caller]
    fn deploy(&self, document: &Path) -> String {
        self.run(&["deploy", &text(document), "--stage", "$default", "--api-id", "orders"])
    }

    fn serve(&self) -> (Program, SocketAddr) {
        let arguments = ["serve", "--state", &self.state(), "--port", "0", "--admin-port", "0"];
        let mut program = Program::start(&[&arguments[..], &["--workers", "2"]].concat());
        let url = program.first_line();
        let port = url.strip_prefix("http://localhost:").expect(&url).parse().expect("a port");
        (program, SocketAddr::from(([127, 0, 0, 1], port)))
    }

    /// What `tollgate canary status` says.
    fn status(&self) -> Value {
        let out = self.run(&["canary", "status", "--stage", "$default", "--format", "json"]);
        serde_json::from_str(&out).expect("JSON")
    }
}

fn text(path: &Path) -> String {
    path.to_str().expect("a path in UTF-8").to_owned()
}

/// A backend that says its name.
fn named(name: &str) -> Backend {
    let backend = Backend::start();
    backend.behave(Behaviour::Say(200, name.to_owned()));
    backend
}

fn ask(address: SocketAddr) -> String {
    Request::get("/orders").send(address).text().to_owned()
}

/// Waits until every worker answers so. Each new connection is some worker's.
#[track_caller]
fn wait_for(address: SocketAddr, name: &str) {
    wait::until_true(name, wait::PATIENCE, || (0..16).all(|_| ask(address) == name));
}

/// Sends requests until something is over. What is refused or lost fails the test.
fn load(address: SocketAddr, over: &AtomicBool, is_kept: bool, sent: &AtomicU64) {
    let open = || Connection::open(address).expect("a connection");
    let mut connection = open();
    while !over.load(Ordering::SeqCst) {
        if !is_kept {
            connection = open();
        }
        let answer = connection.exchange(Request::get("/orders")).expect("an answer");
        assert_eq!(answer.status, 200, "{answer:?}");
        sent.fetch_add(1, Ordering::Relaxed);
        if answer.header("connection") == Some("close") {
            connection = open();
        }
    }
}

#[test]
fn fifty_deployments_under_load_lose_no_request() {
    const DEPLOYMENTS: usize = 50;
    let releases = Releases::new();
    let backends = ["one", "two"].map(named);
    let documents =
        [0, 1].map(|number| releases.document(&format!("{number}.json"), &backends[number]));
    releases.deploy(&documents[0]);
    let (program, address) = releases.serve();
    wait_for(address, "one");
    let (over, sent) = (AtomicBool::new(false), AtomicU64::new(0));
    let begun = Instant::now();
    thread::scope(|scope| {
        let end = OverOnDrop(&over);
        let clients: Vec<_> = [true, true, false]
            .map(|is_kept| {
                scope.spawn({
                    let (over, sent) = (&over, &sent);
                    move || load(address, over, is_kept, sent)
                })
            })
            .into();
        for number in 1..=DEPLOYMENTS {
            releases.deploy(&documents[number % 2]);
            wait_for(address, ["one", "two"][number % 2]);
        }
        drop(end);
        for client in clients {
            client.join().expect("a client that lost nothing");
        }
    });
    let sent = sent.load(Ordering::Relaxed);
    assert!(sent > 1_000, "only {sent} requests in {:?}: that is no load", begun.elapsed());
    let history = releases.run(&["stages", "--stage", "$default", "--format", "json"]);
    let history: Value = serde_json::from_str(&history).expect("JSON");
    assert!(history.to_string().matches("deployed").count() > DEPLOYMENTS, "{history}");
    drop(program);
}

#[test]
fn a_stage_goes_back_to_what_it_served_before() {
    let releases = Releases::new();
    let backends = ["one", "two"].map(named);
    let [one, two] =
        [0, 1].map(|number| releases.document(&format!("{number}.json"), &backends[number]));
    let first = releases.deploy(&one);
    let (mut program, address) = releases.serve();
    wait_for(address, "one");
    let second = releases.deploy(&two);
    assert_ne!(first, second);
    wait_for(address, "two");
    releases.run(&["rollback", "--stage", "$default"]);
    wait_for(address, "one");
    releases.run(&["rollback", "--stage", "$default", "--to", &second]);
    wait_for(address, "two");
    let refused = releases.try_run(&["rollback", "--stage", "$default", "--to", "abcdefghij"]);
    assert!(refused.expect_err("a refusal").contains("Deployment id does not exist"));
    let refused = releases.try_run(&["canary", "promote", "--stage", "$default"]);
    let expected = "Promotion not available. Canary does not exist.";
    assert!(refused.expect_err("a refusal").contains(expected));
    // A document that is refused changes nothing.
    let wrong = releases.folder.path().join("wrong.json");
    fs::write(&wrong, "{}").expect("a written file");
    assert!(releases.try_run(&["deploy", &text(&wrong), "--stage", "$default"]).is_err());
    wait_for(address, "two");
    // What serves next time is what served last.
    assert!(program.stop("TERM").success());
    let (_program, address) = releases.serve();
    wait_for(address, "two");
}

#[test]
fn nothing_is_served_where_nothing_is_deployed() {
    let releases = Releases::new();
    let refused = releases.try_run(&["serve", "--port", "0", "--admin-port", "0"]);
    let refused = refused.expect_err("a refusal");
    assert!(refused.contains("nothing is deployed in"), "{refused}");
    assert!(refused.contains("tollgate deploy"), "{refused}");
}

/// Starts a canary that is judged.
fn start_canary(releases: &Releases, document: &Path, steps: &str, interval: &str) {
    let document = text(document);
    let of = ["canary", "start", &document, "--stage", "$default", "--api-id", "orders"];
    let judged = ["--steps", steps, "--interval", interval, "--min-requests", "40"];
    releases.run(&[&of[..], &judged].concat());
}

/// Serves a release with a canary, under load until the canary is gone; what `status` says then.
fn released(canary: &Backend, steps: &str, interval: &str) -> (Value, String) {
    let releases = Releases::new();
    let base = named("base");
    let documents =
        [releases.document("base.json", &base), releases.document("canary.json", canary)];
    releases.deploy(&documents[0]);
    let (program, address) = releases.serve();
    wait_for(address, "base");
    start_canary(&releases, &documents[1], steps, interval);
    let over = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        let end = OverOnDrop(&over);
        for _ in 0..8 {
            scope.spawn(|| {
                let mut connection = Connection::open(address).expect("a connection");
                while !over.load(Ordering::SeqCst) {
                    connection.exchange(Request::get("/orders")).expect("an answer");
                }
            });
        }
        let status = wait::until("the end of the canary", wait::PATIENCE, || {
            let status = releases.status();
            status["canary"].is_null().then_some(status)
        });
        drop(end);
        status
    });
    // What serves then, serves alone.
    let first = wait::until("one of the two", wait::PATIENCE, || {
        let first = ask(address);
        (0..50).all(|_| ask(address) == first).then_some(first)
    });
    drop(program);
    (status, first)
}

#[test]
fn a_canary_that_fails_is_rolled_back_by_itself_and_status_says_why() {
    let canary = Backend::start();
    canary.behave(Behaviour::Say(500, "broken".to_owned()));
    let (status, serves) = released(&canary, "25,50,100", "1s");
    assert_eq!(serves, "base");
    let outcome = status["last_canary"].to_string();
    assert!(outcome.contains("rolled_back"), "{status}");
    assert!(outcome.contains("5xx"), "{status}");
}

#[test]
fn a_canary_that_does_well_is_promoted_step_by_step() {
    let (status, serves) = released(&named("canary"), "25,50,100", "1s");
    assert_eq!(serves, "canary");
    let outcome = status["last_canary"].to_string();
    assert!(outcome.contains("promoted"), "{status}");
}

#[test]
fn a_canary_that_is_slow_is_rolled_back_by_itself_and_status_says_why() {
    let canary = Backend::start();
    canary.behave(Behaviour::Late(Duration::from_millis(200)));
    // Envoy tells of latencies every five seconds.
    let (status, serves) = released(&canary, "50,100", "6s");
    assert_eq!(serves, "base");
    let outcome = status["last_canary"].to_string();
    assert!(outcome.contains("rolled_back") && outcome.contains("p99"), "{status}");
}
