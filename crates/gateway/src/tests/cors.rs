//! Pages of other origins.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Headers, Origin, Policy, Response};

use super::{NOW, Sent, definition, gateway, merge, open_api, request, send};
use crate::Gateway;

const PAGE: (&str, &str) = ("origin", "https://page.example");

fn serving(protocol: &str) -> Gateway {
    let mut api = open_api(protocol, &[("GET /orders", "http://b")], &["v1"]);
    let cors = json!({ "allow_origins": ["https://page.example"], "allow_methods": ["GET"], "allow_headers": ["x-a"] });
    merge(&mut api, &json!({ "cors": cors }));
    gateway(&definition(&[("a", api)]))
}

fn said(headers: &Headers) -> Value {
    let fields = headers.iter().filter(|(name, _)| name.starts_with(b"access-control-"));
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    fields.map(|(name, value)| (text(name), Value::from(text(value)))).collect()
}

#[test]
fn a_preflight_is_answered_whatever_the_route() {
    for (protocol, path) in
        [("http", "/v1/orders"), ("http", "/v1/nothing"), ("rest", "/v1/orders")]
    {
        let asks = ("access-control-request-method", "GET");
        let sent = send(&serving(protocol), request("OPTIONS", "a", path, &[PAGE, asks]));
        let answer = sent.answer();
        assert_eq!((answer.status, answer.body.as_slice()), (204, &b""[..]));
        let expected = json!({
            "access-control-allow-origin": "https://page.example",
            "access-control-allow-methods": "GET",
            "access-control-allow-headers": "x-a",
        });
        assert_eq!(said(&answer.headers), expected);
        let id = if protocol == "http" { "apigw-requestid" } else { "x-amzn-requestid" };
        assert!(answer.headers.get(id).is_some());
    }
    // What is no preflight is for a route to answer.
    let sent = send(&serving("http"), request("OPTIONS", "a", "/v1/orders", &[PAGE]));
    assert_eq!(sent.answer().status, 404);
}

#[test]
fn what_the_gateway_answers_itself_may_be_read_too() {
    let sent = send(&serving("http"), request("GET", "a", "/v1/nothing", &[PAGE]));
    let expected = json!({ "access-control-allow-origin": "https://page.example" });
    assert_eq!((sent.answer().status, said(&sent.answer().headers)), (404, expected));
    let stranger = ("origin", "https://stranger.example");
    let sent = send(&serving("http"), request("GET", "a", "/v1/nothing", &[stranger]));
    assert_eq!(said(&sent.answer().headers), json!({}));
}

#[test]
fn what_the_integration_says_of_it_is_replaced() {
    let gateway = serving("http");
    let sent = send(&gateway, request("GET", "a", "/v1/orders", &[PAGE]));
    let Sent { mut exchange, mut notes, .. } = sent;
    let backends =
        [("access-control-allow-origin", "*"), ("access-control-allow-credentials", "true")];
    let headers = Headers::from_iter(backends);
    let mut response = Response { status: 200, headers, ..Response::default() };
    let host = FakeHost::at(NOW);
    let _ =
        gateway.on_response(&mut notes, &mut exchange, &mut response, &Origin::Integration, &host);
    let expected = json!({ "access-control-allow-origin": "https://page.example" });
    assert_eq!(said(&response.headers), expected);
}
