//! `jwt-authorizer.wasm` on its own, in an Envoy that somebody else configured.

use serde_json::{Value, json};
use tollgate_tests::backend::values;
use tollgate_tests::{Alone, Backend, Issuer, Request, Service};

fn start(backend: &Backend, issuer: &Issuer, config: &Value) -> Result<Alone, String> {
    let services =
        [Service::new("backend", backend.url("")), Service::new("the-issuer", issuer.url())];
    Alone::try_start("jwt-authorizer", config, &services, 2)
}

fn config(issuer: &Issuer) -> Value {
    let mut config = issuer.authorizer();
    config["issuers"][0]["keys"]["discovery"]["cluster"] = "the-issuer".into();
    config["scopes"] = json!(["read"]);
    config["claims_to_headers"] = json!({"x-user": "sub", "x-groups": "groups"});
    config
}

#[test]
fn the_filter_alone_admits_and_refuses_as_the_gateway_does() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let envoy = start(&backend, &issuer, &config(&issuer)).expect("an Envoy that serves");
    let address = envoy.address();

    let answer = Request::get("/a").send(address);
    assert_eq!((answer.status, answer.text()), (401, r#"{"message":"Unauthorized"}"#));
    assert_eq!(answer.header("www-authenticate"), Some("Bearer"));
    assert_eq!(answer.header("content-type"), Some("application/json"));

    let answer = Request::get("/a").bearer(&issuer.token()).send(address);
    assert_eq!((answer.status, answer.text()), (403, r#"{"message":"Forbidden"}"#));
    let challenge = answer.header("www-authenticate").unwrap_or_default();
    assert!(challenge.starts_with(r#"Bearer scope="read" error="insufficient_scope""#));

    let token = issuer.token_with(&json!({"scope": "read", "groups": ["a", "b"]}));
    let answer = Request::get("/a?b=c")
        .bearer(&token)
        .header("x-user", "root")
        .header("X-USER", "root")
        .header("x-groups", "admins")
        .send(address);
    assert_eq!(answer.status, 200);
    let echo = answer.json();
    assert_eq!(echo["target"], "/a?b=c");
    assert_eq!(values(&echo, "x-user"), ["user-1"]);
    assert_eq!(values(&echo, "x-groups"), ["[a b]"]);

    // A claim the token does not have leaves nothing, not what the client sent.
    let token = issuer.token_with(&json!({"scope": "read", "sub": null}));
    let answer = Request::get("/a").bearer(&token).header("x-user", "root").send(address);
    assert!(values(&answer.json(), "x-user").is_empty());

    assert_eq!((issuer.discoveries(), issuer.key_fetches()), (1, 1));
    envoy.assert_healthy();
}

#[test]
fn a_wrong_configuration_keeps_envoy_from_starting_and_says_which_field() {
    let (backend, issuer) = (Backend::start(), Issuer::start());
    let refused = |change: &dyn Fn(&mut Value), why: &str| {
        let mut config = config(&issuer);
        change(&mut config);
        let log = start(&backend, &issuer, &config).expect_err("a refusal");
        assert!(log.contains("the configuration is refused"), "{log}");
        assert!(log.contains(why), "{why}: {log}");
    };
    refused(&|config| config["issuers"] = json!([]), "issuers: must be 1 to 100");
    refused(&|config| config["issuer"] = "x".into(), "unknown field `issuer`");
    refused(
        &|config| config["issuers"][0]["issuer"] = "http://login.example.com".into(),
        "issuers[0]",
    );
}
