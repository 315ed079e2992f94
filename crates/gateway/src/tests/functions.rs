//! Functions that answer routes.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use std::time::Duration;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Call, Exchange, Headers, Origin, Piece, Policy, Response, Verdict};

use super::{NOW, compile, definition, gateway, open_api, request};
use crate::{CLUSTER_HEADER, EVENT_HEADER, Gateway, Notes, TRANSFER_HEADER};

const KEY: &str = "ANY /{proxy+}";

/// An API of one route, which a function answers.
fn api(protocol: &str, format: &str) -> Value {
    let mut api = open_api(protocol, &[(KEY, "http://b")], &["v1", "v2"]);
    api["integrations"][KEY] = json!({ "lambda_proxy": { "proxy": {
        "function": { "name": "orders", "endpoint": "http://127.0.0.1:9001" },
        "format": format,
    } } });
    api
}

/// A request on its way to a function.
struct Calling {
    gateway: Gateway,
    exchange: Exchange,
    notes: Notes,
    call: Call,
}

impl Calling {
    #[track_caller]
    fn start(api: Value, mut exchange: Exchange, body: &str) -> Self {
        let gateway = gateway(&definition(&[("a", api)]));
        let (mut notes, host) = (Notes::default(), FakeHost::at(NOW));
        let verdict = gateway.on_request(&mut notes, &mut exchange, &host);
        assert!(matches!(verdict, Verdict::Body), "{verdict:?}");
        let mut body = body.as_bytes().to_vec();
        let verdict = gateway.on_request_body(&mut notes, &mut exchange, &mut body, &host);
        let Verdict::Call(call) = verdict else { panic!("{verdict:?}") };
        Self { gateway, exchange, notes, call }
    }

    fn event(&self) -> Value {
        serde_json::from_slice(&self.call.body).expect("JSON")
    }

    /// What the client is told when the function has answered this.
    fn answer(mut self, status: u16, fields: &[(&str, &str)], body: &str) -> (Response, Exchange) {
        let headers: Headers = fields.iter().copied().collect();
        let reply = Response { status, headers, body: body.as_bytes().to_vec() };
        self.end(Some(reply))
    }

    fn end(&mut self, reply: Option<Response>) -> (Response, Exchange) {
        let host = FakeHost::at(NOW.after(Duration::from_millis(40)));
        let verdict = self.gateway.on_reply(&mut self.notes, &mut self.exchange, reply, &host);
        let Verdict::Respond(response) = verdict else { panic!("{verdict:?}") };
        (response, self.exchange.clone())
    }
}

fn body(response: &Response) -> String {
    format!("{} {}", response.status, String::from_utf8_lossy(&response.body))
}

#[test]
fn a_rest_api_hands_a_function_the_whole_request() {
    let sent = request("POST", "a", "/v1/orders/1?a=1&a=2", &[("x-one", "1"), ("x-one", "2")]);
    let calling = Calling::start(api("rest", "rest"), sent, "{\"n\":1}");
    let call = &calling.call;
    assert_eq!(call.cluster, "http://127.0.0.1:9001");
    assert_eq!(call.headers.get(":path"), Some(&b"/2015-03-31/functions/orders/invocations"[..]));
    assert_eq!(call.timeout, Duration::from_secs(29));
    let event = calling.event();
    assert_eq!(event["resource"], "/{proxy+}");
    assert_eq!(event["path"], "/orders/1");
    assert_eq!(event["httpMethod"], "POST");
    assert_eq!(event["body"], "{\"n\":1}");
    assert_eq!(event["multiValueQueryStringParameters"], json!({ "a": ["1", "2"] }));
    assert_eq!(event["pathParameters"], json!({ "proxy": "orders/1" }));
    assert_eq!(event["requestContext"]["stage"], "v1");
    assert_eq!(event["requestContext"]["path"], "/v1/orders/1");
    let (response, exchange) =
        calling.answer(200, &[], r#"{"statusCode":201,"headers":{"X-A":"1"},"body":"made"}"#);
    assert_eq!(body(&response), "201 made");
    assert_eq!(response.headers.get("x-a"), Some(&b"1"[..]));
    assert!(response.headers.get("x-amzn-trace-id").is_some());
    assert!(response.headers.get("x-amzn-requestid").is_some());
    assert_eq!(exchange.context.integration_status, Some(200));
    assert_eq!(exchange.context.integration_latency, Some(Duration::from_millis(40)));
}

#[test]
fn an_http_api_infers_a_response_and_changes_it_by_its_status() {
    let mut changed = api("http", "2.0");
    let lambda = &mut changed["integrations"][KEY]["lambda_proxy"];
    lambda["request_parameters"] = json!({
        "overwrite:header.x-path": "$request.path",
        "remove:header.x-gone": "",
    });
    lambda["response_parameters"] = json!({ "200": {
        "overwrite:statuscode": "202",
        "append:header.x-stage": "$context.stage",
    } });
    let sent = request("GET", "a", "/v1/orders", &[("x-gone", "1")]);
    let calling = Calling::start(changed, sent, "");
    let event = calling.event();
    assert_eq!(event["version"], "2.0");
    assert_eq!(event["rawPath"], "/v1/orders");
    assert_eq!(event["headers"]["x-path"], "/orders");
    assert_eq!(event["headers"].get("x-gone"), None);
    let (response, _) = calling.answer(200, &[], r#"{"a":1}"#);
    assert_eq!(body(&response), r#"202 {"a":1}"#);
    assert_eq!(response.headers.get("x-stage"), Some(&b"v1"[..]));
    assert_eq!(response.headers.get("content-type"), Some(&b"application/json"[..]));
}

#[test]
fn a_function_that_fails_is_told_in_the_words_of_the_apis_kind() {
    #[track_caller]
    fn check(status: u16, fields: &[(&str, &str)], said: &str, rest: &str, http: &str) {
        for (protocol, format, expected) in [("rest", "rest", rest), ("http", "2.0", http)] {
            let calling =
                Calling::start(api(protocol, format), request("GET", "a", "/v1/x", &[]), "");
            let (response, exchange) = calling.answer(status, fields, said);
            assert_eq!(body(&response), expected, "{protocol}");
            assert!(exchange.context.integration_error.is_some());
        }
    }
    let bad = r#"502 {"message": "Internal server error"}"#;
    let internal = r#"500 {"message":"Internal Server Error"}"#;
    let failed = [("x-amz-function-error", "Unhandled")];
    check(200, &failed, r#"{"errorMessage":"secret"}"#, bad, internal);
    check(429, &[], "", bad, internal);
    check(
        504,
        &[],
        "upstream request timeout",
        r#"504 {"message": "Endpoint request timed out"}"#,
        r#"503 {"message":"Service Unavailable"}"#,
    );
    let mut gone = Calling::start(api("rest", "rest"), request("GET", "a", "/v1/x", &[]), "");
    let (response, _) = gone.end(None);
    assert_eq!(response.status, 504);
}

#[test]
fn a_rest_function_that_says_no_response_is_a_bad_gateway() {
    for said in ["\"text\"", "[]", "{\"statusCode\":\"a\"}", "not json"] {
        let calling = Calling::start(api("rest", "rest"), request("GET", "a", "/v1/x", &[]), "");
        let (response, _) = calling.answer(200, &[], said);
        assert_eq!(body(&response), r#"502 {"message": "Internal server error"}"#, "{said}");
    }
}

#[test]
fn each_stage_calls_the_function_that_its_variables_name() {
    let mut api = api("rest", "rest");
    api["integrations"][KEY]["lambda_proxy"]["proxy"]["function"]["name"] =
        json!("orders:${stageVariables.alias}");
    assert_eq!(
        compile(&definition(&[("a", api.clone())])).expect_err("refused").to_string(),
        "apis.a.routes.ANY /{proxy+}.integration `ANY /{proxy+}`: lambda_proxy.proxy (stage `v1`)\
         .function.name: the stage has no variable `alias`"
    );
    api["stages"] = json!({
        "v1": { "variables": { "alias": "live" } },
        "v2": { "variables": { "alias": "next" } },
    });
    for (stage, alias) in [("v1", "live"), ("v2", "next")] {
        let sent = request("GET", "a", &format!("/{stage}/x"), &[]);
        let calling = Calling::start(api.clone(), sent, "");
        let path = format!("/2015-03-31/functions/orders%3A{alias}/invocations");
        assert_eq!(calling.call.headers.get(":path"), Some(path.as_bytes()));
    }
}

#[test]
fn what_a_function_cannot_be_told_is_refused() {
    #[track_caller]
    fn check(protocol: &str, format: &str, changes: &Value, expected: &str) {
        let mut api = api(protocol, format);
        super::merge(&mut api["integrations"][KEY]["lambda_proxy"], changes);
        let error = compile(&definition(&[("a", api)])).expect_err("refused").to_string();
        let place = "apis.a.routes.ANY /{proxy+}.integration `ANY /{proxy+}`: lambda_proxy";
        assert_eq!(error, format!("{place}.{expected}"));
    }
    let none = json!({});
    check("http", "rest", &none, "proxy.format: must be `1.0` or `2.0` in an HTTP API");
    check("rest", "2.0", &none, "proxy.format: must be `rest` in a REST API");
    check(
        "http",
        "2.0",
        &json!({ "request_parameters": { "overwrite:path": "/x" } }),
        "request_parameters: of an event only header fields can be changed",
    );
    check(
        "rest",
        "rest",
        &json!({ "response_parameters": { "200": { "overwrite:statuscode": "201" } } }),
        "response_parameters: only an HTTP API changes what a proxied service answers",
    );
}

/// A request that a function answers with a stream, on its way to the client.
fn streaming(sent: Exchange, body: &str) -> (Gateway, Exchange, Notes) {
    let mut api = api("rest", "rest");
    api["integrations"][KEY]["lambda_proxy"]["proxy"]["transfer"] = json!("stream");
    let (gateway, host) = (gateway(&definition(&[("a", api)])), FakeHost::at(NOW));
    let (mut notes, mut exchange) = (Notes::default(), sent);
    let verdict = gateway.on_request(&mut notes, &mut exchange, &host);
    assert!(matches!(verdict, Verdict::Body), "{verdict:?}");
    let mut event = body.as_bytes().to_vec();
    let verdict = gateway.on_request_body(&mut notes, &mut exchange, &mut event, &host);
    assert!(matches!(verdict, Verdict::Continue), "{verdict:?}");
    let said = exchange.request.headers.get(EVENT_HEADER).map(<[u8]>::to_vec);
    assert_eq!(said.is_some(), body.is_empty());
    let event: Value = serde_json::from_slice(&said.unwrap_or(event)).expect("an event");
    assert_eq!(
        event["httpMethod"],
        String::from_utf8_lossy(exchange.request.headers.arrived(":method").expect("a method"))
            .as_ref()
    );
    (gateway, exchange, notes)
}

#[test]
fn a_function_that_streams_is_called_in_place_of_the_backend() {
    let sent = request("GET", "a", "/v1/x", &[("authorization", "secret"), ("accept", "*/*")]);
    let (_, exchange, _) = streaming(sent, "");
    let header =
        |name| exchange.request.headers.get(name).map(<[u8]>::to_vec).map(String::from_utf8);
    let header = |name| header(name).map(|value| value.expect("text"));
    assert_eq!(header(":method").as_deref(), Some("POST"));
    assert_eq!(
        header(":path").as_deref(),
        Some("/2021-11-15/functions/orders/response-streaming-invocations")
    );
    assert_eq!(header(CLUSTER_HEADER).as_deref(), Some("http://127.0.0.1:9001!stream"));
    assert_eq!(header(TRANSFER_HEADER).as_deref(), Some("stream"));
    assert_eq!(header("authorization"), None);
    streaming(request("POST", "a", "/v1/x", &[]), "{}");
}

#[test]
fn what_a_function_writes_goes_on_as_it_is_written() {
    let (gateway, mut exchange, mut notes) = streaming(request("GET", "a", "/v1/x", &[]), "");
    let host = FakeHost::at(NOW);
    let headers =
        Headers::from_iter([("content-type", "application/octet-stream"), ("x-lambda", "1")]);
    let mut response = Response { status: 200, headers, body: Vec::new() };
    let origin = Origin::Integration;
    let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
    assert!(matches!(verdict, Verdict::Continue) && gateway.reads_pieces(&notes), "{verdict:?}");
    let mut piece = |piece: &str, is_last| {
        let mut piece = piece.as_bytes().to_vec();
        let what = gateway.on_response_piece(
            &mut notes,
            &mut exchange,
            &mut response,
            &mut piece,
            is_last,
            &host,
        );
        (what, String::from_utf8(piece).expect("text"), response.clone())
    };
    let head = r#"{"statusCode":202,"headers":{"x-a":"1"},"cookies":["a=1","b=2"]}"#;
    assert!(matches!(piece(head, false).0, Piece::Hold));
    let (what, rest, told) = piece(&format!("{head}\0\0\0\0\0\0\0\0first"), false);
    assert!(matches!(what, Piece::GoOn), "{what:?}");
    assert_eq!((told.status, rest.as_str()), (202, "first"));
    assert_eq!(told.headers.get("x-lambda"), None);
    assert_eq!(told.headers.get("x-a"), Some(&b"1"[..]));
    assert_eq!(told.headers.get_all("set-cookie").count(), 2);
    assert!(told.headers.get("x-amzn-requestid").is_some());
    assert_eq!(piece("second", false).1, "second");
    assert!(matches!(piece("", true).0, Piece::GoOn));
}

#[test]
fn a_function_that_cannot_stream_is_a_bad_gateway() {
    let host = FakeHost::at(NOW);
    let begin = |status: u16, fields: &[(&str, &str)]| {
        let (gateway, mut exchange, mut notes) = streaming(request("GET", "a", "/v1/x", &[]), "");
        let headers: Headers = fields.iter().copied().collect();
        let mut response = Response { status, headers, body: Vec::new() };
        let origin = Origin::Integration;
        let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
        (gateway, exchange, notes, response, verdict)
    };
    for (status, fields) in [(429, &[][..]), (200, &[("x-amz-function-error", "Unhandled")])] {
        let (.., verdict) = begin(status, fields);
        let Verdict::Respond(response) = verdict else { panic!("{verdict:?}") };
        assert_eq!(body(&response), r#"502 {"message": "Internal server error"}"#);
    }
    let (gateway, mut exchange, mut notes, mut response, _) = begin(200, &[]);
    let mut piece = b"no head".to_vec();
    let what = gateway.on_response_piece(
        &mut notes,
        &mut exchange,
        &mut response,
        &mut piece,
        true,
        &host,
    );
    let Piece::Respond(response) = what else { panic!("{what:?}") };
    assert_eq!(body(&response), r#"502 {"message": "Internal server error"}"#);
    assert!(exchange.context.integration_error.is_some());
}

#[test]
fn a_reply_that_nobody_waits_for_lets_nothing_through() {
    let gateway = gateway(&definition(&[("a", api("rest", "rest"))]));
    let mut exchange = request("GET", "a", "/v1/x", &[]);
    let (mut notes, host) = (Notes::default(), FakeHost::at(NOW));
    let _ = gateway.on_request(&mut notes, &mut exchange, &host);
    let verdict = gateway.on_reply(&mut notes, &mut exchange, Some(Response::default()), &host);
    let Verdict::Respond(response) = verdict else { panic!("{verdict:?}") };
    assert_eq!(response.status, 500);
}
