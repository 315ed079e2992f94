//! Calls of gRPC go through the gateway, and what it refuses has a status that gRPC knows.

use serde_json::{Value, json};
use tollgate_gateway::Definition;
use tollgate_tests::grpc::{Client, LISTEN, SAY, Said};
use tollgate_tests::{Authority, Gateway, Grpc, Issuer, Terminator, definition, wait};
use tonic::{Code, Status};

/// An API that asks for a token of those who say something, and of those who listen for nothing.
fn api(protocol: &str, service: impl Fn(&str) -> Value, authorizer: &Value) -> Definition {
    let stage = if protocol == "http" { "$default" } else { "prod" };
    let integration = |path: &str| json!({"http_proxy": service(path)});
    definition(json!({
        "version": 1,
        "domains": {"gw.example": {"mappings": {"": {"api": "a", "stage": stage}}}},
        "apis": {"a": {
            "name": "A",
            "protocol": protocol,
            "authorizers": {"users": {"jwt": authorizer}},
            "integrations": {"say": integration(SAY), "listen": integration(LISTEN)},
            "routes": {
                format!("POST {SAY}"): {
                    "authorization": {"jwt": {"authorizer": "users", "scopes": []}},
                    "integration": "say",
                    "claims_to_headers": {"x-subject": "sub"},
                },
                format!("POST {LISTEN}"): {"authorization": "none", "integration": "listen"},
            },
            "stages": {stage: {}},
        }},
    }))
}

/// How an HTTP API refuses whoever has no token, and what is not there.
const HTTP: [(Code, &str); 2] = [
    (Code::Unauthenticated, r#"{"message":"Unauthorized"}"#),
    (Code::Unimplemented, r#"{"message":"Not Found"}"#),
];

/// And how a REST API does.
const REST: [(Code, &str); 2] = [
    (Code::Unauthenticated, r#"{"message":"Unauthorized"}"#),
    (Code::PermissionDenied, r#"{"message":"Missing Authentication Token"}"#),
];

fn said(text: &str) -> Option<Said> {
    Some(Said::new(text))
}

/// Calls a service through a gateway.
#[track_caller]
fn check(gateway: &Gateway, service: &Grpc, issuer: &Issuer, words: [(Code, &str); 2]) {
    let refused = |status: Result<_, Status>| {
        let status = status.map(|_| ()).expect_err("a refusal");
        (status.code(), status.message().to_owned())
    };
    let stranger = Client::new(gateway);
    for (path, (code, message)) in [SAY, "/tollgate.test.Talk/Shout"].into_iter().zip(words) {
        assert_eq!(refused(stranger.call(path, "hello")), (code, message.to_owned()));
    }

    let client = Client::new(gateway).bearer(&issuer.token());
    let answer = wait::until("keys", wait::PATIENCE, || client.call(SAY, "hello").ok());
    let subject = answer.metadata().get("x-subject").map(|value| value.as_bytes());
    assert_eq!((answer.get_ref(), subject), (&Said::new("hello"), Some(&b"user-1"[..])));
    let long = "x".repeat(3 << 20);
    assert_eq!(client.call(SAY, &long).expect("an answer").into_inner().text, long);
    let failed = (Code::FailedPrecondition, "it was to fail".to_owned());
    assert_eq!(refused(client.call(SAY, "fail")), failed);

    // Each message is there before the next is said.
    let mut heard = stranger.listen(LISTEN, "").expect("an answer");
    for text in ["one", "two"] {
        service.tell(Ok(text));
        assert_eq!(stranger.next(&mut heard).expect("a message"), said(text));
    }
    service.end();
    assert_eq!(stranger.next(&mut heard).expect("an end"), None);
    let mut heard = stranger.listen(LISTEN, "").expect("an answer");
    service.tell(Ok("one"));
    service.tell(Err(Status::aborted("enough")));
    assert_eq!(stranger.next(&mut heard).expect("a message"), said("one"));
    let ended = stranger.next(&mut heard).expect_err("a status");
    assert_eq!((ended.code(), ended.message()), (Code::Aborted, "enough"));
    service.end();

    // The service learns that nobody listens any more.
    let leaving = Client::new(gateway);
    let _heard = leaving.listen(LISTEN, "").expect("an answer");
    assert_eq!(service.listeners(), 1);
    drop(leaving);
    wait::until_true("end of listening", wait::PATIENCE, || service.listeners() == 0);
    service.end();
}

#[test]
fn calls_of_grpc_go_through_with_their_trailers_and_refusals_are_statuses() {
    let (issuer, service) = (Issuer::start(), Grpc::start());
    let clear = |path: &str| json!({"uri": service.url(path), "http2": true});
    for (protocol, words) in [("http", HTTP), ("rest", REST)] {
        let gateway = Gateway::with_workers(api(protocol, clear, &issuer.authorizer()), 1);
        check(&gateway, &service, &issuer, words);
        gateway.assert_healthy();
    }
}

#[test]
fn calls_of_grpc_go_on_over_tls() {
    let (authority, issuer, service) = (Authority::new("ours"), Issuer::start(), Grpc::start());
    let identity = authority.certify(&["127.0.0.1"]);
    let tls = Terminator::start(&identity, &["h2"], service.address());
    let secure = |path: &str| json!({"uri": tls.url(path)});
    let api = api("http", secure, &issuer.authorizer());
    let gateway = Gateway::prepared(api, 1, |folder, settings| {
        settings.authorities = authority.write(&folder.join("ours.pem")).display().to_string();
    });
    check(&gateway, &service, &issuer, HTTP);
    gateway.assert_healthy();
}
