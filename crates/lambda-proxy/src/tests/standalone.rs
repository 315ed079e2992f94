//! The filter of its own.

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Exchange, Policy, Response, Verdict, load};
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use super::reply;
use crate::standalone::LambdaProxy;

fn filter(format: &str) -> LambdaProxy {
    let config = json!({
        "integration": {
            "function": {"name": "pets", "endpoint": "http://127.0.0.1:9000"},
            "format": format,
        },
        "account_id": "123456789012",
        "api_id": "pets",
    });
    load(config.to_string().as_bytes()).unwrap()
}

fn exchange() -> Exchange {
    let mut exchange = super::exchange(&[("content-type", b"text/plain")]);
    exchange.nonce = 0xabc;
    exchange
}

/// The event that a filter of this format makes of a request.
fn event(format: &str, exchange: &mut Exchange, body: &[u8]) -> Value {
    let (filter, host) = (filter(format), FakeHost::default());
    assert!(matches!(filter.on_request(&mut (), exchange, &host), Verdict::Body));
    let mut body = body.to_vec();
    let Verdict::Call(call) = filter.on_request_body(&mut (), exchange, &mut body, &host) else {
        panic!("no call");
    };
    serde_json::from_slice(&call.body).unwrap()
}

#[test]
fn every_request_is_handed_to_the_function() {
    let told = event("rest", &mut exchange(), b"text");
    assert_eq!(told["resource"], "/{proxy+}");
    assert_eq!(told["path"], "/prod/pets");
    assert_eq!(told["pathParameters"], json!({"proxy": "prod/pets"}));
    assert_eq!(told["requestContext"]["apiId"], "pets");
    assert_eq!(told["requestContext"]["accountId"], "123456789012");
    assert_eq!(told["requestContext"]["stage"], "$default");
    assert_eq!(told["requestContext"]["requestId"], "00000000000000000000000000000abc");
    assert_eq!(told["body"], "text");
    let told = event("1.0", &mut exchange(), b"");
    assert_eq!(told["version"], "1.0");
    assert_eq!(told["requestContext"]["resourceId"], "ANY /{proxy+}");
    let told = event("2.0", &mut exchange(), b"");
    assert_eq!((&told["version"], &told["routeKey"]), (&json!("2.0"), &json!("$default")));
    let mut root = exchange();
    root.request.headers = [(":method", "GET"), (":path", "/?a=b")].into_iter().collect();
    assert_eq!(event("rest", &mut root, b"")["pathParameters"], json!(null));
}

#[test]
fn the_proxy_may_have_a_name_of_its_own_for_the_function() {
    let config = json!({
        "integration": {
            "function": {"name": "pets", "endpoint": "http://127.0.0.1:9000"},
            "format": "2.0",
        },
        "cluster": "outbound|80||functions.example.com",
    });
    let filter: LambdaProxy = load(config.to_string().as_bytes()).unwrap();
    let host = FakeHost::default();
    for (trace, told) in [("Root=1-2", Some("Root=1-2")), (&*"a".repeat(513), None)] {
        let mut exchange = super::exchange(&[("x-amzn-trace-id", trace.as_bytes())]);
        assert!(matches!(filter.on_request(&mut (), &mut exchange, &host), Verdict::Body));
        let verdict = filter.on_request_body(&mut (), &mut exchange, &mut Vec::new(), &host);
        let Verdict::Call(call) = verdict else { panic!("no call") };
        assert_eq!(call.cluster, "outbound|80||functions.example.com");
        assert_eq!(call.headers.get(":authority"), Some(&b"127.0.0.1:9000"[..]));
        assert_eq!(call.headers.get("x-amzn-trace-id"), told.map(str::as_bytes));
    }
}

/// What a client is told, and why in the log.
#[track_caller]
fn check(format: &str, reply: Option<Response>, status: u16, body: &str, logged: &[&str]) {
    let (filter, host) = (filter(format), FakeHost::default());
    let mut exchange = exchange();
    let Verdict::Respond(response) = filter.on_reply(&mut (), &mut exchange, reply, &host) else {
        panic!("no response");
    };
    assert_eq!((response.status, str::from_utf8(&response.body).unwrap()), (status, body));
    assert_eq!(host.logged(), logged);
    assert_eq!(exchange.context.integration_error.as_deref(), logged.first().copied());
}

#[test]
fn a_client_is_told_what_api_gateway_tells_it() {
    let ok = || Some(reply(r#"{"statusCode":200,"body":"ok"}"#));
    for format in ["rest", "1.0", "2.0"] {
        check(format, ok(), 200, "ok", &[]);
    }
    let bad = || Some(reply("no"));
    let why = &["the function returned what is not JSON"];
    check("rest", bad(), 502, "{\"message\": \"Internal server error\"}", why);
    check("1.0", bad(), 500, "{\"message\":\"Internal Server Error\"}", why);
    check("2.0", bad(), 500, "{\"message\":\"Internal Server Error\"}", why);
    let why = &["the function cannot be reached"];
    check("rest", None, 504, "{\"message\": \"Network error communicating with endpoint\"}", why);
    check("2.0", None, 503, "{\"message\":\"Service Unavailable\"}", why);
    let of = |status| Some(Response { status, ..reply("{}") });
    let late = Some(Response { status: 504, ..Response::default() });
    let why = &["the function did not answer in time"];
    check("rest", late.clone(), 504, "{\"message\": \"Endpoint request timed out\"}", why);
    check("1.0", late, 503, "{\"message\":\"Service Unavailable\"}", why);
    let why = &["the gateway may not call the function"];
    check("rest", of(403), 500, "{\"message\": \"Internal server error\"}", why);
    check("2.0", of(403), 500, "{\"message\":\"Internal Server Error\"}", why);
    let why = &["the event is larger than a function may get"];
    check("rest", of(413), 413, "{\"message\": \"Request Too Long\"}", why);
}

#[test]
fn an_account_has_twelve_digits() {
    for id in ["", "1", "12345678901a", "1234567890123"] {
        let config = json!({
            "integration": {
                "function": {"name": "pets", "endpoint": "http://127.0.0.1:9000"},
                "format": "2.0",
            },
            "account_id": id,
        });
        let refused = load::<LambdaProxy>(config.to_string().as_bytes()).unwrap_err();
        assert!(refused.to_string().contains("is not twelve digits"), "{refused}");
    }
}

#[test]
fn what_is_wrong_is_refused_at_its_place() {
    let mut config = json!({
        "integration": {
            "function": {"name": "", "endpoint": "http://127.0.0.1:9000"},
            "format": "rest",
        },
    });
    let refused = |config: &Value| load::<LambdaProxy>(config.to_string().as_bytes()).unwrap_err();
    assert!(refused(&config).to_string().starts_with("integration.function.name"));
    config["integration"]["function"]["name"] = "pets".into();
    config["binary_media_types"] = json!(["image"]);
    assert!(refused(&config).to_string().starts_with("binary_media_types[0]"));
}
