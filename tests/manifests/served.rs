//! What the stack for Compose serves, and what can be seen of it.

use std::net::{SocketAddr, TcpListener};
use std::time::Duration;

use serde_json::{Value, json};
use tollgate_tests::{Answer, Connection, Request, wait};

use crate::alerts::expressions;
use crate::compose::{queries, scraped};
use crate::metrics::{asked, missing, shown};
use crate::stack::Stack;

/// What `envoy/compose/README.md` tries things with.
const KEY: &str = "free-plan-key-for-trying-things";
const TESTER: &str = "let-me-try-the-canary";

/// The metrics that Prometheus would find, as text.
#[track_caller]
fn scrape(stack: &Stack) -> String {
    let pages = scraped().into_iter().map(|(target, path)| {
        let address: SocketAddr = stack.here("prometheus", &target).parse().expect("an address");
        // What is down has no metrics.
        let answer = Request::get(&path).try_send(address).ok();
        let answer = answer.filter(|answer| answer.status == 200);
        answer.map(|answer| String::from_utf8(answer.body).expect("text")).unwrap_or_default()
    });
    pages.collect()
}

fn orders(answer: &Answer) -> Vec<Value> {
    answer.json()["orders"].as_array().expect("orders").clone()
}

#[test]
fn the_stack_serves_and_shows_what_it_serves() {
    let mut stack = Stack::start();
    let gateway = stack.address(8080);
    let list = || Request::get("/orders");
    let place = || {
        let request = Request::new("POST", "/orders").header("content-type", "application/json");
        request.header("x-canary", TESTER).body(r#"{"item":"lamp"}"#)
    };

    // Who orders says who they are. The tester's order is one of version 2 alone.
    assert_eq!(list().send(gateway).status, 200);
    assert_eq!(place().send(gateway).status, 401);
    let command = ["tollgate", "dev", "token", "--scope", "orders:write", "--state", "/state"];
    let token = stack.exec("issuer", &command);
    let placed = place().bearer(&token).send(gateway);
    assert_eq!(placed.status, 201);
    assert_eq!(placed.json(), json!({"id": "3", "item": "lamp", "user": "dev"}));
    let testers = list().header("x-canary", TESTER).send(gateway);
    assert_eq!(orders(&testers).len(), 3);
    let others: Vec<_> = (0..100).map(|_| orders(&list().send(gateway)).len()).collect();
    let first = others.iter().filter(|count| **count == 2).count();
    assert!((60..100).contains(&first), "{first} of 100 are not about 90: {others:?}");

    // A key has ten requests at once, and is counted in Redis.
    let export = || Request::get("/orders/export");
    assert_eq!(export().send(gateway).status, 403);
    let statuses: Vec<_> =
        (0..20).map(|_| export().header("x-api-key", KEY).send(gateway).status).collect();
    assert_eq!(statuses[0], 200);
    assert!(statuses.contains(&429), "{statuses:?}");
    let counters = format!("http://{}", stack.address(8083));
    let command = ["tollgate", "usage", "--plan", "free", "--counters", &counters];
    wait::until_true("usage of the key", wait::PATIENCE, || {
        stack.exec("counters", &command).contains("free-demo")
    });

    // Of Envoy's administration there is one page outside.
    let statistics = stack.address(9902);
    assert_eq!(Request::get("/stats/prometheus").send(statistics).status, 200);
    for (method, path) in
        [("POST", "/quitquitquit"), ("GET", "/config_dump"), ("POST", "/stats/prometheus")]
    {
        assert_eq!(Request::new(method, path).send(statistics).status, 404, "{method} {path}");
    }

    // What the dashboard shows and the rules judge can be seen, failures included.
    let before = scrape(&stack);
    stack.kill("counters");
    stack.kill("backend-v1");
    stack.kill("backend-v2");
    assert_eq!(list().send(gateway).status, 503);
    assert_eq!(list().header("x-canary", TESTER).send(gateway).status, 503);
    wait::until_true("failures of the counters", wait::PATIENCE, || {
        let _ = export().header("x-api-key", KEY).send(gateway);
        scrape(&stack).contains("tollgate_counters_failures{")
    });
    // A backend that takes requests and says nothing, until the client gives up.
    let _silent = TcpListener::bind(stack.address(8091)).expect("the port of a backend");
    wait::until_true("a request that was given up", wait::PATIENCE, || {
        let mut client = Connection::open(gateway).expect("a connection");
        client.send(&list().header("x-canary", TESTER).into_bytes()).expect("a sent request");
        client.wait_at_most(Duration::from_millis(100)).expect("a limit");
        assert!(client.receive(false).is_err(), "there is nobody who could answer");
        drop(client);
        scrape(&stack).contains("tollgate_canary_abandoned{")
    });
    let there = shown(&[before, scrape(&stack)].concat());
    for query in queries().into_iter().chain(expressions()) {
        assert!(!asked(&query).metrics.is_empty(), "{query} is about nothing");
        assert_eq!(missing(&query, &there), [""; 0], "{query}");
    }
}
