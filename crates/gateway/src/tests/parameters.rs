//! What an integration is told of the request, and the client of the response.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Headers, Origin, Policy, Response, Verdict};

use super::{NOW, Sent, compile, definition, gateway, merge, open_api, request, send};
use crate::Gateway;

const KEY: &str = "ANY /pets/{id}";

fn api(protocol: &str, uri: &str, changes: &Value) -> Value {
    let mut api = open_api(protocol, &[(KEY, uri)], &["v1"]);
    merge(&mut api["integrations"][KEY]["http_proxy"], changes);
    api["stages"]["v1"] = json!({ "variables": { "color": "blue" } });
    api
}

fn serving(protocol: &str, uri: &str, changes: &Value) -> Gateway {
    gateway(&definition(&[("a", api(protocol, uri, changes))]))
}

#[test]
fn an_http_api_maps_what_its_integration_is_told() {
    let parameters = json!({ "request_parameters": {
        "overwrite:path": "/v2/${request.path.id}/$5",
        "append:querystring.color": "$stageVariables.color",
        "remove:querystring.secret": "''",
        "overwrite:header.x-stage": "$context.stage",
        "append:header.x-id": "$request.path.id",
    } });
    let gateway = serving("http", "http://b/base", &parameters);
    let sent =
        send(&gateway, request("GET", "a", "/v1/pets/a%20b?secret=1&q=2", &[("x-stage", "no")]));
    assert_eq!(sent.to_string(), "GET http://b:80 /v2/a%20b/$5?q=2&color=blue");
    assert_eq!(sent.header("x-stage").as_deref(), Some("v1"));
    assert_eq!(sent.header("x-id").as_deref(), Some("a b"));
}

/// What API Gateway's users write for a private integration, which gets the stage otherwise.
#[test]
fn the_path_of_a_request_is_the_one_without_the_stage() {
    let parameters = json!({ "request_parameters": { "overwrite:path": "$request.path" } });
    let gateway = serving("http", "http://b/base", &parameters);
    let sent = send(&gateway, request("GET", "a", "/v1/pets/1?q=2", &[]));
    assert_eq!(sent.to_string(), "GET http://b:80 /pets/1?q=2");
}

#[test]
fn no_variable_of_a_path_leads_elsewhere() {
    let parameters =
        json!({ "request_parameters": { "overwrite:path": "/public/${request.header.x}" } });
    let gateway = serving("http", "http://b/base", &parameters);
    let to = |value| send(&gateway, request("GET", "a", "/v1/pets/1", &[("x", value)])).to_string();
    assert_eq!(to("a/b?c=d#e"), "GET http://b:80 /public/a/b%3Fc=d%23e");
    assert_eq!(to("../admin"), r#"400 {"message":"Bad Request"}"#);
    assert_eq!(to("%2e%2e/admin"), r#"400 {"message":"Bad Request"}"#);
}

/// As recorded of API Gateway.
#[test]
fn a_rest_api_fills_its_uri_and_adds_to_the_query() {
    let parameters = json!({ "request_parameters": {
        "integration.request.header.headerVar": "method.request.header.foobar",
        "integration.request.path.qsVar": "method.request.querystring.testVar",
        "integration.request.path.pathVar": "method.request.path.id",
        "integration.request.querystring.queryString": "method.request.querystring.testQueryString",
        "integration.request.querystring.testQs": "method.request.querystring.testQueryString",
        "integration.request.querystring.testEmptyQs": "method.request.header.emptyheader",
    } });
    let gateway = serving("rest", "http://b?testVar={pathVar}&testQs={qsVar}", &parameters);
    let path = "/v1/pets/foobar?testQueryString=foo&testVar=bar";
    let sent = send(&gateway, request("POST", "a", path, &[("foobar", "mapped-value")]));
    assert_eq!(
        sent.to_string(),
        "POST http://b:80 /?testVar=foobar&testQs=bar&testQueryString=foo&testVar=bar&queryString=foo&testQs=foo"
    );
    assert_eq!(sent.header("headervar").as_deref(), Some("mapped-value"));
    assert_eq!(sent.header("x-amzn-apigateway-api-id").as_deref(), Some("a"));
}

#[test]
fn a_mapping_of_the_body_waits_for_it() {
    let parameters =
        json!({ "request_parameters": { "overwrite:header.x-name": "$request.body.name" } });
    let gateway = serving("http", "http://b", &parameters);
    let Sent { mut exchange, mut notes, verdict } =
        send(&gateway, request("POST", "a", "/v1/pets/1", &[]));
    assert!(matches!(verdict, Verdict::Body));
    let mut body = br#"{"name":"Rex"}"#.to_vec();
    let host = FakeHost::at(NOW);
    let verdict = gateway.on_request_body(&mut notes, &mut exchange, &mut body, &host);
    assert!(matches!(verdict, Verdict::Continue));
    assert_eq!(exchange.request.headers.get("x-name"), Some(&b"Rex"[..]));
    assert_eq!(body, br#"{"name":"Rex"}"#);
}

#[test]
fn an_http_api_maps_what_the_client_is_told_by_status() {
    let parameters = json!({ "response_parameters": {
        "404": { "overwrite:statuscode": "410", "append:header.x-stage": "$context.stage", "remove:header.server": "" },
        "500": { "overwrite:header.x-why": "$response.body.why" },
    } });
    let gateway = serving("http", "http://b", &parameters);
    let answer = |status: u16, body: &[u8]| {
        let Sent { mut exchange, mut notes, .. } =
            send(&gateway, request("GET", "a", "/v1/pets/1", &[]));
        let host = FakeHost::at(NOW);
        let headers = Headers::from_iter([("server", "b")]);
        let mut response = Response { status, headers, ..Response::default() };
        let origin = Origin::Integration;
        let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
        if matches!(verdict, Verdict::Body) {
            response.body = body.to_vec();
            let _ = gateway.on_response_body(&mut notes, &mut exchange, &mut response, &host);
        }
        assert_eq!(exchange.context.integration_status, Some(status));
        assert_eq!(exchange.context.status, Some(response.status));
        response.headers.remove("apigw-requestid");
        let fields = response
            .headers
            .iter()
            .map(|(name, value)| format!(" {}={}", name.escape_ascii(), value.escape_ascii()));
        format!("{}{}", response.status, fields.collect::<String>())
    };
    assert_eq!(answer(200, b""), "200 server=b");
    assert_eq!(answer(404, b""), "410 x-stage=v1");
    assert_eq!(answer(500, br#"{"why":"dog"}"#), "500 server=b x-why=dog");
    assert_eq!(answer(500, b"no JSON"), "500 server=b");
}

/// On a connection that goes on, a body that nobody waits for would be the next answer.
#[test]
fn an_answer_has_a_body_only_where_the_client_waits_for_one() {
    let answer = |arrived: &str, changes: &Value, status: u16| {
        let gateway = serving("http", "http://b", changes);
        let Sent { mut exchange, mut notes, .. } =
            send(&gateway, request(arrived, "a", "/v1/pets/1", &[]));
        let headers = Headers::from_iter([("content-length", "9"), ("x-own", "1")]);
        let mut response = Response { status, headers, ..Response::default() };
        let (host, origin) = (FakeHost::at(NOW), Origin::Integration);
        match gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host) {
            Verdict::Continue => format!("{} goes on", response.status),
            Verdict::Respond(response) => {
                assert!(response.headers.get("content-length").is_none());
                assert!(response.headers.get("x-own").is_some() && response.body.is_empty());
                format!("{} without a body", response.status)
            }
            verdict => format!("{verdict:?}"),
        }
    };
    let method = |method: &str| json!({ "method": method });
    assert_eq!(answer("HEAD", &json!({}), 200), "200 goes on");
    assert_eq!(answer("HEAD", &method("GET"), 200), "200 without a body");
    assert_eq!(answer("GET", &method("HEAD"), 200), "200 without a body");
    assert_eq!(answer("GET", &method("POST"), 200), "200 goes on");
    let status = json!({ "response_parameters": { "200": { "overwrite:statuscode": "204" } } });
    assert_eq!(answer("GET", &status, 200), "204 without a body");
    assert_eq!(answer("GET", &status, 304), "304 goes on");
}

#[test]
fn what_a_mapping_makes_too_long_is_refused_and_never_cut() {
    let parameters = json!({ "request_parameters": {
        "append:querystring.note": "$request.body",
        "append:querystring.user": "me",
    } });
    let gateway = serving("http", "http://b", &parameters);
    let sent = |bytes: usize| {
        let Sent { mut exchange, mut notes, .. } =
            send(&gateway, request("POST", "a", "/v1/pets/1", &[]));
        let mut body = vec![b'a'; bytes];
        let host = FakeHost::at(NOW);
        match gateway.on_request_body(&mut notes, &mut exchange, &mut body, &host) {
            Verdict::Continue => exchange.request.target().ends_with(b"&user=me").to_string(),
            Verdict::Respond(response) => response.status.to_string(),
            verdict => format!("{verdict:?}"),
        }
    };
    assert_eq!(sent(10_000), "true");
    assert_eq!(sent(30_000), "414");
}

#[test]
fn nothing_else_is_said_in_a_field_that_carries_a_claim() {
    let mut api = api(
        "http",
        "http://b",
        &json!({
            "request_parameters": { "append:header.X_User": "$request.header.x" },
        }),
    );
    api["authorizers"] = json!({ "tokens": super::jwt(&json!({})) });
    api["routes"][KEY]["authorization"] = json!({ "jwt": { "authorizer": "tokens" } });
    api["routes"][KEY]["claims_to_headers"] = json!({ "x-user": "sub" });
    let refused = compile(&definition(&[("a", api)])).expect_err("it is refused").to_string();
    assert_eq!(
        refused,
        "apis.a.routes.ANY /pets/{id}.request_parameters: `x_user` carries a claim, and nothing else may be \
         said in it"
    );
}

#[test]
fn a_mapping_that_names_what_there_is_not_is_refused_with_its_place() {
    let refuse = |protocol: &str, changes: &Value| {
        let api = api(protocol, "http://b", changes);
        compile(&definition(&[("a", api)])).expect_err("it is refused").to_string()
    };
    assert_eq!(
        refuse("http", &json!({ "request_parameters": { "overwrite:header.x": "$request.x" } })),
        "apis.a.routes.ANY /pets/{id}.integration `ANY /pets/{id}`: \
         http_proxy.request_parameters.overwrite:header.x: there is no `$request.x`"
    );
    assert_eq!(
        refuse("rest", &json!({ "response_parameters": { "200": {} } })),
        "apis.a.routes.ANY /pets/{id}.integration `ANY /pets/{id}`: \
         http_proxy.response_parameters: only an HTTP API changes what a proxied service answers"
    );
    assert!(
        refuse("http", &json!({ "response_parameters": { "99": {} } }))
            .ends_with("`99` is not a status from 200 to 599")
    );
}
