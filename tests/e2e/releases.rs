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
use tollgate_api_keys::{digest, hex};
use tollgate_tests::backend::Behaviour;
use tollgate_tests::program::{self, Program};
use tollgate_tests::wait::OverOnDrop;
use tollgate_tests::{Backend, Connection, Request, envoy, wait};

/// How long a canary may take to be judged. It is judged by how many requests there were, so a machine
/// that has other things to do takes longer.
const JUDGEMENT: Duration = Duration::from_secs(180);

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
        let status = wait::until("the end of the canary", JUDGEMENT, || {
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
    let (status, serves) = released(&canary, "50,100", "1s");
    assert_eq!(serves, "base");
    let outcome = status["last_canary"].to_string();
    assert!(outcome.contains("rolled_back") && outcome.contains("p99"), "{status}");
}

#[test]
fn a_canary_that_hangs_is_rolled_back_by_itself_and_status_says_why() {
    let releases = Releases::new();
    let (base, canary) = (named("base"), Backend::start());
    canary.behave(Behaviour::Silent);
    let documents =
        [releases.document("base.json", &base), releases.document("canary.json", &canary)];
    releases.deploy(&documents[0]);
    let (_program, address) = releases.serve();
    wait_for(address, "base");
    start_canary(&releases, &documents[1], "50,100", "1s");
    let over = AtomicBool::new(false);
    let status = thread::scope(|scope| {
        let end = OverOnDrop(&over);
        for _ in 0..8 {
            scope.spawn(|| {
                while !over.load(Ordering::SeqCst) {
                    // Nobody waits for long.
                    let mut connection = Connection::open(address).expect("a connection");
                    connection.wait_at_most(Duration::from_millis(200)).expect("a limit");
                    let _ = connection.exchange(Request::get("/orders"));
                }
            });
        }
        let status = wait::until("the end of the canary", JUDGEMENT, || {
            let status = releases.status();
            status["canary"].is_null().then_some(status)
        });
        drop(end);
        status
    });
    let outcome = status["last_canary"].to_string();
    assert!(outcome.contains("rolled_back") && outcome.contains("given up"), "{status}");
}

/// Sends requests, whatever becomes of them, until something is over.
fn ask_on(address: SocketAddr, over: &AtomicBool) {
    let mut connection = Connection::open(address).expect("a connection");
    while !over.load(Ordering::SeqCst) {
        connection.exchange(Request::get("/orders")).expect("an answer");
    }
}

#[test]
fn a_canary_that_cannot_be_served_is_not_judged_until_it_is() {
    let releases = Releases::new();
    let (base, canary) = (named("base"), Backend::start());
    canary.behave(Behaviour::Say(500, "broken".to_owned()));
    let documents =
        [releases.document("base.json", &base), releases.document("canary.json", &canary)];
    releases.deploy(&documents[0]);
    let (program, address) = releases.serve();
    wait_for(address, "base");
    let is_served = |status: &Value| status["is_served"] == json!(true);
    wait::until_true("it says so", wait::PATIENCE, || is_served(&releases.status()));
    // There is something to be counted now, and a file where the counters want their folder.
    let counters = releases.folder.path().join("state/counters");
    fs::write(&counters, "in the way").expect("a written file");
    let overlay = releases.folder.path().join("tollgate.yaml");
    let quota = "{tollgate: 1, stages: {$default: }, usagePlans: {gold: {apiStages: [], \
                 quota: {limit: 5, period: DAY}}}}";
    fs::write(&overlay, quota).expect("a written file");
    let of = ["--stage", "$default", "--api-id", "orders", "--overlay", &text(&overlay)];
    releases.run(&[&["deploy", &text(&documents[0])][..], &of].concat());
    start_canary(&releases, &documents[1], "50,100", "1s");
    let over = AtomicBool::new(false);
    thread::scope(|scope| {
        let end = OverOnDrop(&over);
        for _ in 0..4 {
            scope.spawn(|| ask_on(address, &over));
        }
        // Longer than both steps would take.
        let until = Instant::now() + Duration::from_secs(6);
        wait::until_true("some time", wait::PATIENCE, || {
            let status = releases.status();
            assert!(status["canary"].is_object(), "{status}");
            assert!(status["canary"]["progress"]["verdicts"].is_null(), "{status}");
            Instant::now() > until
        });
        let status = releases.status();
        assert_eq!(status["is_served"], json!(false), "{status}");
        assert!(status["problem"].is_string(), "{status}");
        let said = releases.run(&["canary", "status", "--stage", "$default"]);
        assert!(said.contains("`tollgate serve` has not taken that up"), "{said}");
        // Once nothing is in the way any more, it is tried again without being asked.
        fs::remove_file(&counters).expect("a file to remove");
        let status = wait::until("the end of the canary", JUDGEMENT, || {
            let status = releases.status();
            status["canary"].is_null().then_some(status)
        });
        let outcome = status["last_canary"].to_string();
        assert!(outcome.contains("rolled_back") && outcome.contains("5xx"), "{status}");
        drop(end);
    });
    wait_for(address, "base");
    drop(program);
}

#[test]
fn keys_and_quotas_that_come_later_are_taken_up_without_a_restart() {
    const LINE: &str = "id,name,sha256,enabled,usage_plans,description\n";
    let releases = Releases::new();
    let backend = named("backend");
    let path = |name: &str| releases.folder.path().join(name);
    let document = releases.document("api.json", &backend);
    let written = fs::read_to_string(&document).expect("the document");
    let mut needs_key: Value = serde_json::from_str(&written).expect("JSON");
    needs_key["components"]["securitySchemes"]["key"] =
        json!({"type": "apiKey", "in": "header", "name": "x-api-key"});
    needs_key["paths"]["/orders"]["get"]["security"] = json!([{"key": []}]);
    fs::write(path("key.json"), needs_key.to_string()).expect("a written file");
    let overlay = "{tollgate: 1, stages: {prod: }, usagePlans: {gold: {apiStages: [{stage: prod}], \
                   quota: {limit: 2, period: DAY}}}}";
    fs::write(path("tollgate.yaml"), overlay).expect("a written file");
    for name in ["alice", "bob"] {
        let sha256 = hex(&digest(value(name).as_bytes()));
        let line = format!("{LINE}{name},,{sha256},true,gold,\n");
        fs::write(path(&format!("{name}.csv")), line).expect("a written file");
    }
    let deploy = |document: &Path, more: &[&str]| {
        let document = text(document);
        let of = ["deploy", &document, "--stage", "prod", "--api-id", "orders"];
        releases.run(&[&of[..], &["--protocol", "rest"], more].concat());
    };
    deploy(&document, &[]);
    let (_program, address) = releases.serve();
    let status = |name: &str| {
        Request::get("/prod/orders").header("x-api-key", value(name)).send(address).status
    };
    wait::until_true("an open route", wait::PATIENCE, || status("nobody") == 200);
    let overlay = text(&path("tollgate.yaml"));
    let with = |keys: &str| {
        deploy(&path("key.json"), &["--overlay", &overlay, "--keys", &text(&path(keys))]);
    };
    // The first keys, and the first quota.
    with("alice.csv");
    wait::until_true("a closed route", wait::PATIENCE, || (0..16).all(|_| status("nobody") == 403));
    wait::until_true("the end of a quota", wait::PATIENCE, || status("alice") == 429);
    assert_eq!(status("bob"), 403);
    // Another file.
    with("bob.csv");
    wait::until_true("the other key", wait::PATIENCE, || status("bob") == 200);
    wait::until_true("the end of the first", wait::PATIENCE, || status("alice") == 403);
    // It is the other one that is watched now.
    let both = ["alice", "bob"].map(|name| {
        let written = fs::read_to_string(path(&format!("{name}.csv"))).expect("the keys");
        written.trim_start_matches(LINE).to_owned()
    });
    fs::write(path("bob.csv"), format!("{LINE}{}", both.concat())).expect("a written file");
    wait::until_true("the first again", wait::PATIENCE, || status("alice") == 429);
}

/// The value of somebody's key.
fn value(name: &str) -> String {
    format!("a-key-of-more-than-thirty-characters-for-{name}")
}
