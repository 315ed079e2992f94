//! `lambda-authorizer.wasm` on its own, with functions as AWS runs them, and with services that answer
//! well and ill.

use std::thread;

use jwt_simple::prelude::{Claims, HS256Key, MACLike as _};
use serde_json::{Value, json};
use tollgate_tests::backend::{Behaviour, values};
use tollgate_tests::wait::{PATIENCE, until_true};
use tollgate_tests::{Alone, Answer, Backend, Connection, Lambda, Request, Scripted, Service};

/// A function as its author has it on AWS: it reads a token, and says whose it is.
const TOKEN_AUTHORIZER: &str = r#"
import base64, hashlib, hmac, json, time

SECRET = b"a-secret-that-both-sides-know"

def decode(part):
    return base64.urlsafe_b64decode(part + "=" * (-len(part) % 4))

def handler(event, context):
    token = event["authorizationToken"].removeprefix("Bearer ")
    try:
        head, payload, signature = token.split(".")
        expected = hmac.new(SECRET, f"{head}.{payload}".encode(), hashlib.sha256).digest()
        genuine = hmac.compare_digest(expected, decode(signature))
        claims = json.loads(decode(payload))
    except Exception:
        genuine = False
    if not genuine:
        raise Exception("Unauthorized")
    return {
        "principalId": claims["sub"],
        "policyDocument": {
            "Version": "2012-10-17",
            "Statement": [{
                "Action": "execute-api:Invoke",
                "Effect": "Allow" if claims["exp"] > time.time() else "Deny",
                "Resource": event["methodArn"],
            }],
        },
        "context": {"tenant": claims["tenant"], "level": 3},
    }
"#;

/// A token of the function's.
fn jwt(secret: &[u8], tenant: &str, valid_secs: u64) -> String {
    let valid = jwt_simple::prelude::Duration::from_secs(valid_secs);
    let claims = Claims::with_custom_claims(json!({"tenant": tenant}), valid);
    let token = HS256Key::from_bytes(secret).authenticate(claims.with_subject("alice"));
    format!("Bearer {}", token.expect("a token"))
}

const SECRET: &[u8] = b"a-secret-that-both-sides-know";

/// An Envoy with one worker whose requests are judged by this service before they reach the backend.
fn envoy(backend: &Backend, url: &str, service: &Value, others: &Value) -> Alone {
    let mut config = json!({
        "authorizer": {"service": service},
        "cluster": "authorizer",
        "stage": "prod",
        "context_to_headers": {"x-tenant": "tenant", "x-level": "level"},
    });
    for (name, value) in others.as_object().into_iter().flatten() {
        config["authorizer"][name] = value.clone();
    }
    let url = url.to_owned();
    let services = [Service::new("backend", backend.url("")), Service::new("authorizer", url)];
    Alone::start("lambda-authorizer", &config, &services, 1)
}

/// The same with a function that speaks the Invoke API at this place.
fn before(backend: &Backend, url: &str, others: &Value) -> Alone {
    envoy(backend, url, &json!({"lambda": {"name": "function", "endpoint": url}}), others)
}

fn simple() -> Value {
    json!({"request": {
        "format": "2.0",
        "identity_sources": ["$request.header.authorization"],
        "simple_responses": true,
    }})
}

fn told(answer: &Answer) -> (u16, &str) {
    (answer.status, answer.text())
}

const UNAUTHORIZED: (u16, &str) = (401, r#"{"message":"Unauthorized"}"#);
const DENIED: (u16, &str) =
    (403, r#"{"Message":"User is not authorized to access this resource"}"#);
const EXPLICITLY: (u16, &str) =
    (403, r#"{"Message":"User is not authorized to access this resource with an explicit deny"}"#);
const FAILED: (u16, &str) = (500, r#"{"message":null}"#);
const FAILED_HTTP: (u16, &str) = (500, r#"{"message":"Internal Server Error"}"#);

#[test]
fn a_function_of_aws_tells_who_calls_and_the_backend_knows_the_tenant() {
    let (backend, function) = (Backend::start(), Lambda::serving(TOKEN_AUTHORIZER));
    let envoy = before(&backend, &function.url(), &json!({"kind": {"token": {}}, "ttl_secs": 300}));
    let send = |target: &str, token: &str| {
        let request = Request::get(target).header("authorization", token);
        request.header("x-tenant", "forged").header("X_Level", "99").send(&envoy)
    };

    // Without a token nobody is asked.
    let answer = Request::get("/orders").send(&envoy);
    assert_eq!(told(&answer), UNAUTHORIZED);
    assert_eq!(answer.header("x-amzn-errortype"), Some("UnauthorizedException"));
    assert_eq!((function.calls(), backend.count()), (0, 0));

    let tokens = ["t-7", "t-8"].map(|tenant| (tenant, jwt(SECRET, tenant, 3_600)));
    for ((tenant, token), calls) in tokens.iter().cycle().zip([1, 2, 2, 2]) {
        let answer = send("/orders?a=b", token);
        assert_eq!(answer.status, 200, "{}", answer.text());
        let echo = answer.json();
        assert_eq!(echo["target"], "/orders?a=b");
        assert_eq!(values(&echo, "x-tenant"), [*tenant]);
        assert_eq!(values(&echo, "x-level"), ["3"]);
        assert!(values(&echo, "x_level").is_empty());
        assert_eq!(function.calls(), calls);
        // What was answered is about one method, and is asked about every other.
        assert_eq!(told(&send("/invoices", token)), DENIED);
        assert_eq!(function.calls(), calls);
    }

    let asked = backend.count();
    assert_eq!(told(&send("/orders", &jwt(b"another secret", "t-7", 3_600))), UNAUTHORIZED);
    assert_eq!(told(&send("/orders", "Bearer nonsense")), UNAUTHORIZED);
    assert_eq!(told(&send("/orders", "Bearer nonsense")), UNAUTHORIZED);
    // What failed is not kept.
    assert_eq!(function.calls(), 5);
    let expired = jwt(SECRET, "t-7", 0);
    assert_eq!(told(&send("/orders", &expired)), EXPLICITLY);
    assert_eq!(told(&send("/orders", &expired)), EXPLICITLY);
    assert_eq!((function.calls(), backend.count()), (6, asked));
    envoy.assert_healthy();
}

#[test]
fn a_function_of_an_http_api_is_told_the_request_and_answers_plainly() {
    let function = Lambda::serving(
        r#"
def handler(event, context):
    if "boom" in event["rawPath"]:
        raise ValueError("no such key: secret")
    return {
        "isAuthorized": event["identitySource"] == ["let-me-in"],
        "context": {
            "tenant": event["cookies"][0],
            "level": event["routeArn"],
            "more": {"deep": [1, None, {"a": True}]},
        },
    }
"#,
    );
    let backend = Backend::start();
    let envoy = before(&backend, &function.url(), &json!({"kind": simple()}));
    let send = |target: &str, token: &str| {
        let request = Request::get(target).header("authorization", token);
        request.header("cookie", "tenant=t-7; other=1").send(&envoy)
    };
    let echo = send("/orders", "let-me-in").json();
    assert_eq!(values(&echo, "x-tenant"), ["tenant=t-7"]);
    let arn = "arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/GET/orders";
    assert_eq!(values(&echo, "x-level"), [arn]);
    assert_eq!(told(&send("/orders", "please")), (403, r#"{"message":"Forbidden"}"#));
    assert_eq!(told(&send("/boom", "let-me-in")), FAILED_HTTP);
    // Nothing is kept where nobody says so.
    assert_eq!((send("/orders", "let-me-in").status, function.calls()), (200, 4));
    assert_eq!(backend.count(), 2);
    envoy.assert_healthy();
}

#[test]
fn many_who_come_at_once_are_asked_about_once() {
    // The emulator ends if it is called by two at once.
    let function = Lambda::serving(
        r#"
import time

def handler(event, context):
    time.sleep(0.5)
    return {"isAuthorized": True}
"#,
    );
    let backend = Backend::start();
    let config = json!({"kind": simple(), "ttl_secs": 60});
    let envoy = before(&backend, &function.url(), &config);
    let address = envoy.address();
    let clients: Vec<_> = (0..20)
        .map(|_| {
            let request = Request::get("/orders").header("authorization", "same");
            thread::spawn(move || request.send(address).status)
        })
        .collect();
    let statuses: Vec<_> = clients.into_iter().map(|it| it.join().expect("a client")).collect();
    assert_eq!(statuses, [200; 20]);
    assert_eq!((function.calls(), backend.count()), (1, 20));
    envoy.assert_healthy();
}

#[test]
fn where_the_one_who_asks_hangs_up_the_next_asks() {
    let (backend, service) = (Backend::start(), Backend::start());
    service.behave(Behaviour::Silent);
    let config = json!({"kind": simple(), "ttl_secs": 60});
    let envoy = before(&backend, &service.url(""), &config);
    let request = || Request::get("/orders").header("authorization", "same").into_bytes();
    let mut first = Connection::open(&envoy).expect("a connection");
    first.send(&request()).expect("a request");
    until_true("call", PATIENCE, || service.count() == 1);
    let mut second = Connection::open(&envoy).expect("a connection");
    second.send(&request()).expect("a request");
    let under_way = || envoy.admin().stat("http.own.downstream_rq_active");
    until_true("second request", PATIENCE, || under_way() == 2);
    service.behave(Behaviour::Say(200, r#"{"isAuthorized":true}"#.to_owned()));
    assert_eq!(service.count(), 1);
    drop(first);
    assert_eq!(second.receive(false).expect("an answer").status, 200);
    assert_eq!((service.count(), backend.count()), (2, 1));
    envoy.assert_healthy();
}

/// What the Invoke API replies where a function has returned this.
fn invoked(fields: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\nx-amzn-requestid: 1\r\n\
         content-length: {length}\r\n{fields}\r\n{body}"
    )
}

/// An answer that allows everything, with this besides.
fn allowing(others: &Value) -> String {
    let mut answer = json!({
        "principalId": "me",
        "policyDocument": {"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Action": "execute-api:Invoke", "Resource": "*"},
        ]},
    });
    for (name, value) in others.as_object().into_iter().flatten() {
        answer[name] = value.clone();
    }
    answer.to_string()
}

#[test]
fn no_answer_of_a_function_that_is_none_lets_anybody_in() {
    let (backend, function) = (Backend::start(), Scripted::answering(invoked("", "")));
    let rest = before(&backend, &function.url(""), &json!({"kind": {"token": {}}}));
    let ask = || Request::get("/orders").header("authorization", "t").send(&rest);
    let statements: Vec<_> = (0..20_000).map(|_| json!({"Effect": "Allow"})).collect();
    let huge = json!({"policyDocument": {"Statement": statements}});
    for reply in [
        invoked("", "null"),
        invoked("", "<html>hello</html>"),
        invoked("", &"[".repeat(100_000)),
        invoked("", &allowing(&json!({"principalId": "a\r\nx-tenant: b"}))),
        invoked("", &allowing(&json!({"context": {"tenant": ["t"]}}))),
        invoked("", &allowing(&json!({"context": {"tenant": "x".repeat(1_000_000)}}))),
        invoked("", &allowing(&huge)),
        invoked("", &" ".repeat(12_000_000)),
        invoked("x-amz-function-error: Unhandled\r\n", r#"{"errorMessage":"secret"}"#),
        invoked("x-amz-function-error: Unhandled\r\n", &allowing(&json!({}))),
        "HTTP/1.1 429 Too Many\r\nx-amzn-requestid: 1\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 302 Found\r\nlocation: /\r\ncontent-length: 0\r\n\r\n".to_owned(),
        "HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\n{".to_owned() + &" ".repeat(4),
        "nonsense\r\n\r\n".to_owned(),
    ] {
        function.answer(reply.clone());
        let answer = ask();
        let shown: String = reply.chars().take(200).collect();
        assert_eq!(told(&answer), FAILED, "{shown}");
        assert!(answer.header("x-amzn-errortype").expect("a kind").starts_with("Authorizer"));
    }
    assert_eq!(backend.count(), 0);
    // Nothing that a value holds ends a header field.
    let context = json!({"context": {"tenant": "a\r\nx-level: 99\r\n\r\nb"}});
    function.answer(invoked("", &allowing(&context)));
    let echo = ask().json();
    assert_eq!(values(&echo, "x-tenant"), ["ax-level: 99b"]);
    assert!(values(&echo, "x-level").is_empty());
    function
        .answer(invoked("x-amz-function-error: Handled\r\n", r#"{"errorMessage":"Unauthorized"}"#));
    assert_eq!(told(&ask()), UNAUTHORIZED);
    rest.assert_healthy();
}

#[test]
fn a_service_that_is_late_or_gone_lets_nobody_in() {
    let (backend, service) = (Backend::start(), Backend::start());
    service.behave(Behaviour::Silent);
    let config = json!({"kind": {"token": {}}, "timeout_millis": 200});
    let envoy = before(&backend, &service.url(""), &config);
    let ask = || Request::get("/orders").header("authorization", "t").send(&envoy);
    let late = ask();
    assert_eq!(told(&late), FAILED);
    assert_eq!(late.header("x-amzn-errortype"), Some("AuthorizerConfigurationException"));
    drop(service);
    let gone = ask();
    assert_eq!(told(&gone), FAILED);
    assert_eq!(gone.header("x-amzn-errortype"), Some("AuthorizerFailureException"));
    assert_eq!(backend.count(), 0);
    envoy.assert_healthy();
}

#[test]
fn any_http_service_can_decide() {
    let (backend, service) = (Backend::start(), Backend::start());
    let url = service.url("");
    let sends = json!({"headers": ["authorization"]});
    let http = json!({"http": {"uri": format!("{url}/check"), "sends": sends}});
    let envoy = envoy(&backend, &url, &http, &json!({"kind": simple()}));
    let ask = || {
        let request = Request::new("DELETE", "/orders/7?a=b").header("authorization", "t");
        request.header("x-private", "p").send(&envoy)
    };
    let yes = r#"{"isAuthorized":true,"context":{"tenant":"t-7"}}"#;
    for (status, text, expected) in [
        (200, yes, 200),
        (200, r#"{"isAuthorized":false}"#, 403),
        (401, "", 401),
        (403, yes, 403),
        (500, yes, 500),
        (200, "yes", 500),
    ] {
        service.behave(Behaviour::Say(status, text.to_owned()));
        let answer = ask();
        assert_eq!(answer.status, expected, "{status} {text}");
        if expected == 200 {
            assert_eq!(values(&answer.json(), "x-tenant"), ["t-7"]);
        } else {
            let said = answer.text();
            assert!(said.starts_with("{\"message\":") && !said.contains("tenant"), "{said}");
        }
    }
    assert_eq!(backend.count(), 1);
    let seen = &service.seen()[0];
    assert_eq!((&seen["method"], &seen["target"]), (&json!("GET"), &json!("/check")));
    assert_eq!(values(seen, "authorization"), ["t"]);
    assert_eq!(values(seen, "x-forwarded-method"), ["DELETE"]);
    assert_eq!(values(seen, "x-forwarded-uri"), ["/orders/7?a=b"]);
    assert!(values(seen, "x-private").is_empty());
    envoy.assert_healthy();
}

#[test]
fn a_wrong_configuration_keeps_envoy_from_starting_and_says_which_field() {
    let lambda = json!({"lambda": {"name": "f", "endpoint": "http://127.0.0.1:1"}});
    let config = json!({
        "authorizer": {"service": lambda, "kind": {"token": {}}, "ttl_secs": 4_000},
    });
    let log = Alone::try_start("lambda-authorizer", &config, &[], 1).expect_err("a refusal");
    assert!(log.contains("authorizer.ttl_secs: `4000` is more than 3600"), "{log}");
}
