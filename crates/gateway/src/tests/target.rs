//! What a request is turned into for its integration.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::Exchange;

use super::{Sent, definition, gateway, merge, open_api, request, send};

fn sent(route: &str, proxy: &Value, target: &str) -> Sent {
    let mut api = open_api("http", &[(route, "http://b")], &["$default"]);
    merge(&mut api["integrations"][route]["http_proxy"], proxy);
    api["stages"]["$default"] =
        json!({ "variables": { "host": "c.example", "port": "8443", "base": "x/y" } });
    send(&gateway(&definition(&[("a", api)])), request("PUT", "client.example", target, &[]))
}

#[track_caller]
fn check(route: &str, uri: &str, target: &str, expected: &str) {
    let sent = sent(route, &json!({ "uri": uri }), target);
    assert_eq!(sent.to_string(), format!("PUT {expected}"), "{route} {uri} {target}");
}

#[test]
fn path_variables_stay_as_they_were_sent() {
    check("ANY /p/{id}", "http://b/q/{id}", "/p/a%2Fb%20c", "http://b:80 /q/a%2Fb%20c");
    check("ANY /p/{id}", "http://b/q-{id}.json", "/p/7", "http://b:80 /q-7.json");
    check("ANY /{a}/{b}", "http://b/{b}/{a}/{b}", "/1/2", "http://b:80 /2/1/2");
    check("ANY /{r+}", "http://b/x/{r}", "/1/2//3", "http://b:80 /x/1/2//3");
    check("ANY /p", "http://b", "/p", "http://b:80 /");
    check("ANY /p", "http://b/", "/p", "http://b:80 /");
    check("ANY /p/{id}", "http://b/fixed", "/p/7", "http://b:80 /fixed");
}

#[test]
fn the_query_of_the_client_follows_that_of_the_uri() {
    check("ANY /p", "http://b/x", "/p?a=1&b", "http://b:80 /x?a=1&b");
    check("ANY /p", "http://b/x?k=v", "/p?a=1", "http://b:80 /x?k=v&a=1");
    check("ANY /p", "http://b/x?k=v", "/p", "http://b:80 /x?k=v");
    check("ANY /p", "http://b?k=v", "/p?a=1?b", "http://b:80 /?k=v&a=1?b");
    check("ANY /p", "http://b/x", "/p?", "http://b:80 /x?");
    check("ANY /p", "http://b/x", "/p?a=%zz&b=../", "http://b:80 /x?a=%zz&b=../");
}

#[test]
fn the_query_of_the_client_goes_on_byte_for_byte() {
    let api = open_api("http", &[("ANY /p", "http://b/x")], &["$default"]);
    let mut exchange = request("GET", "a", "/", &[]);
    exchange.request.headers.set(":path", b"/p?a=\xff\xfe");
    let sent = send(&gateway(&definition(&[("a", api)])), exchange);
    assert_eq!(sent.to_string(), "GET http://b:80 /x?a=\\xff\\xfe");
}

#[test]
fn a_path_variable_cannot_add_to_a_query() {
    let uri = "http://b/x?id={id}&k=v";
    check("ANY /p/{id}", uri, "/p/7", "http://b:80 /x?id=7&k=v");
    check("ANY /p/{id}", uri, "/p/7&k=w", "http://b:80 /x?id=7%26k%3Dw&k=v");
    check("ANY /p/{id}", uri, "/p/1+2;3", "http://b:80 /x?id=1%2B2%3B3&k=v");
    check("ANY /p/{id}", uri, "/p/7%26k=w", "http://b:80 /x?id=7%26k%3Dw&k=v");
    check("ANY /p/{id}", "http://b/{id}?{id}", "/p/a=b", "http://b:80 /a=b?a%3Db");
}

#[test]
fn the_default_route_appends_the_whole_path() {
    check("$default", "https://b", "/store/checkout?a=1", "https://b:443 /store/checkout?a=1");
    check("$default", "https://b/base/", "/store", "https://b:443 /base/store");
    check("$default", "https://b/base", "/", "https://b:443 /base/");
    check("$default", "https://b/base?k=v", "/store?a=1", "https://b:443 /base/store?k=v&a=1");
    check("$default", "https://b", "//a//", "https://b:443 //a//");
}

#[test]
fn stage_variables_stand_anywhere_in_a_uri() {
    let uri = "https://${stageVariables.host}:${stageVariables.port}/${stageVariables.base}?p=${stageVariables.port}";
    check("ANY /p", uri, "/p", "https://c.example:8443 /x/y?p=8443");
}

#[test]
fn the_integration_sees_its_own_host() {
    let host = |uri: &str| sent("ANY /p", &json!({ "uri": uri }), "/p").header(":authority");
    assert_eq!(host("https://B.example/x").as_deref(), Some("b.example"));
    assert_eq!(host("https://b.example:443").as_deref(), Some("b.example"));
    assert_eq!(host("http://b.example:8080").as_deref(), Some("b.example:8080"));
    assert_eq!(host("http://[::1]:8080").as_deref(), Some("[::1]:8080"));
}

#[test]
fn an_integration_may_have_a_method_and_a_time_limit_of_its_own() {
    let method = sent("ANY /p", &json!({ "method": "POST" }), "/p");
    assert_eq!(method.header(":method").as_deref(), Some("POST"));
    let timeout =
        |proxy: &Value| sent("ANY /p", proxy, "/p").header("x-envoy-upstream-rq-timeout-ms");
    assert_eq!(timeout(&json!({ "timeout_millis": 50 })).as_deref(), Some("50"));
    // The proxy's own limit needs no word.
    assert_eq!(timeout(&json!({ "timeout_millis": 30_000 })), None);
    assert_eq!(timeout(&json!({})), None);
    let rest = open_api("rest", &[("GET /p", "http://b")], &["v1"]);
    let sent = send(&gateway(&definition(&[("a", rest)])), request("GET", "a", "/v1/p", &[]));
    assert_eq!(sent.header("x-envoy-upstream-rq-timeout-ms").as_deref(), Some("29000"));
    assert_eq!(sent.header("x-amzn-apigateway-api-id").as_deref(), Some("a"));
}

#[test]
fn a_certificate_of_another_name_has_a_cluster_of_its_own() {
    let proxy = json!({ "uri": "https://b/x", "server_name_to_verify": "c.example" });
    let sent = sent("ANY /p", &proxy, "/p");
    assert_eq!(sent.to_string(), "PUT https://b:443#c.example /x");
}

#[test]
fn a_service_that_is_spoken_to_otherwise_has_a_cluster_of_its_own() {
    let proxy = json!({ "uri": "http://b/x", "http2": true });
    assert_eq!(sent("ANY /p", &proxy, "/p").to_string(), "PUT http://b:80!http2 /x");
    assert_eq!(rest(&json!({ "uri": "https://b/x" })).to_string(), "GET https://b:443 /x");
    let unchecked = json!({ "uri": "https://b/x", "insecure_skip_verification": true });
    assert_eq!(rest(&unchecked).to_string(), "GET https://b:443!insecure /x");
}

/// What a REST API makes of a request for a service.
fn rest(proxy: &Value) -> Sent {
    let mut api = open_api("rest", &[("GET /p", "http://b")], &["v1"]);
    merge(&mut api["integrations"]["GET /p"]["http_proxy"], proxy);
    api["binary_media_types"] = json!(["*/*"]);
    api["minimum_compression_size"] = 0.into();
    let fields = [("accept-encoding", "gzip"), ("x-tollgate-transfer", "stream")];
    send(&gateway(&definition(&[("a", api)])), request("GET", "a", "/v1/p", &fields))
}

#[test]
fn a_response_that_comes_as_a_stream_has_a_time_limit_of_its_own_and_is_left_as_it_is() {
    let check = |proxy: &Value, transfer: Option<&str>, timeout: Option<&str>| {
        let sent = rest(proxy);
        assert_eq!(sent.header("x-tollgate-transfer").as_deref(), transfer, "{proxy}");
        assert_eq!(sent.header("x-envoy-upstream-rq-timeout-ms").as_deref(), timeout, "{proxy}");
        assert_eq!(sent.header("x-tollgate-compression"), None);
        sent.header("accept-encoding")
    };
    let streaming =
        |millis: u32| json!({ "response_transfer_mode": "stream", "timeout_millis": millis });
    // What the backend does with it is between it and the client.
    let gzip = Some("gzip".to_owned());
    assert_eq!(check(&streaming(50), Some("stream"), Some("50")), gzip);
    // It is the time-out of other responses that the proxy has for them.
    assert_eq!(check(&streaming(30_000), Some("stream"), Some("30000")), gzip);
    assert_eq!(check(&streaming(900_000), Some("stream"), None), gzip);
    let usual = json!({ "response_transfer_mode": "stream" });
    assert_eq!(check(&usual, Some("stream"), Some("29000")), gzip);
    // Of the others the body is read.
    assert_eq!(check(&json!({}), None, Some("29000")), None);
}

#[test]
fn what_a_service_has_not_looked_at_is_sent_once_more_where_it_is_short() {
    #[track_caller]
    fn check(proxy: &Value, fields: &[(&str, &str)], is_bodiless: bool, expected: Option<&str>) {
        let mut api = open_api("http", &[("ANY /p", "http://b")], &["$default"]);
        merge(&mut api["integrations"]["ANY /p"]["http_proxy"], proxy);
        let exchange = Exchange { is_bodiless, ..request("PUT", "a", "/p", fields) };
        let sent = send(&gateway(&definition(&[("a", api)])), exchange);
        assert_eq!(sent.header("x-envoy-retry-on").as_deref(), expected, "{proxy} {fields:?}");
    }
    let again = Some("refused-stream");
    let (clear, secure) = (json!({ "uri": "http://b/" }), json!({ "uri": "https://b/" }));
    let clear2 = json!({ "uri": "http://b/", "http2": true });
    check(&secure, &[], true, again);
    check(&clear2, &[], true, again);
    // HTTP/1.1 has no such refusal.
    check(&clear, &[], true, None);
    check(&secure, &[("content-length", "0")], false, again);
    check(&secure, &[("content-length", "32768")], false, again);
    // How long it is is known only afterwards, or it is too long to keep.
    check(&secure, &[], false, None);
    check(&secure, &[("content-length", "32769")], false, None);
    check(&secure, &[("content-length", "x")], false, None);
    // A client has no say in it.
    check(&clear, &[("x-envoy-retry-on", "5xx")], true, None);
    check(&secure, &[("x-envoy-retry-on", "5xx")], false, None);
}
