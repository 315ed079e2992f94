use std::time::Duration;

use tollgate_policy::{Exchange, Headers, Request, Timestamp};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{AccessLog, Config};

#[cfg(not(target_arch = "wasm32"))]
mod properties;

/// API Gateway's presets, of HTTP APIs and of REST APIs.
pub(crate) const CLF: &str = r#"$context.identity.sourceIp - - [$context.requestTime] "$context.httpMethod $context.routeKey $context.protocol" $context.status $context.responseLength $context.requestId"#;
pub(crate) const JSON: &str = r#"{ "requestId":"$context.requestId", "ip": "$context.identity.sourceIp", "agent":"$context.identity.userAgent", "requestTime":"$context.requestTime", "httpMethod":"$context.httpMethod","routeKey":"$context.routeKey", "status":"$context.status","protocol":"$context.protocol", "responseLength":"$context.responseLength" }"#;
pub(crate) const XML: &str = r#"<request id="$context.requestId"><ip>$context.identity.sourceIp</ip><agent>$context.identity.userAgent</agent></request>"#;
pub(crate) const CSV: &str =
    "$context.identity.sourceIp,$context.identity.userAgent,$context.status,$context.requestId";

pub(crate) fn exchange(agent: &str) -> Exchange {
    let headers =
        Headers::from_iter([(":method", "GET"), (":path", "/pets"), ("user-agent", agent)]);
    let mut exchange = Exchange {
        request: Request { headers },
        arrived: Timestamp(Duration::from_secs(1_724_760_000)),
        source_address: Some("192.0.2.7".parse().expect("an address")),
        ..Exchange::default()
    };
    exchange.context.request_id = "id=".to_owned();
    exchange.context.route_key = "GET /pets".into();
    exchange.context.status = Some(200);
    exchange.context.response_length = Some(12);
    exchange
}

#[track_caller]
fn check(format: &str, agent: &str, expected: &str) {
    let log = AccessLog::compile(&Config { format: format.to_owned() }).expect("it compiles");
    assert_eq!(log.line(&exchange(agent)), expected);
}

#[test]
#[wasm_bindgen_test]
fn the_presets_are_written_as_api_gateway_writes_them() {
    check(
        CLF,
        "curl",
        r#"192.0.2.7 - - [27/Aug/2024:12:00:00 +0000] "GET GET /pets HTTP/1.1" 200 12 id="#,
    );
    check(
        JSON,
        "curl",
        r#"{ "requestId":"id=", "ip": "192.0.2.7", "agent":"curl", "requestTime":"27/Aug/2024:12:00:00 +0000", "httpMethod":"GET","routeKey":"GET /pets", "status":"200","protocol":"HTTP/1.1", "responseLength":"12" }"#,
    );
    check(CSV, "curl/8 (x)", "192.0.2.7,curl/8 (x),200,id=");
}

#[test]
#[wasm_bindgen_test]
fn no_header_field_forges_a_line() {
    let evil = "a\"},{\"x\n<b>,'\\&\u{1b}\u{2028}";
    check(
        r"{$context.requestId $context.identity.userAgent}",
        evil,
        r#"{id= a\"},{\"x\u000a<b>,'\\&\u001b\u2028}"#,
    );
    check(
        XML,
        evil,
        "<request id=\"id=\"><ip>192.0.2.7</ip><agent>a&quot;},{&quot;x\u{fffd}&lt;b&gt;,&apos;\\&amp;\u{fffd}\u{fffd}</agent></request>",
    );
    check(CSV, evil, "192.0.2.7,\"a\"\"},{\"\"x <b>,'\\&  \",200,id=");
    check(
        r#""$context.identity.userAgent" $context.requestId"#,
        evil,
        r#""a\"},{\"x\u000a<b>,'\\&\u001b\u2028" id="#,
    );
}

#[test]
#[wasm_bindgen_test]
fn what_is_json_already_stays_json() {
    let log = AccessLog::compile(&Config {
        format: r#"{"id":"$context.requestId","e":$context.error.messageString}"#.to_owned(),
    });
    let mut exchange = exchange("curl");
    exchange.context.error = Some(tollgate_policy::Fault::Throttled);
    exchange.context.error_message = Some("Too \"many\"\u{85}".to_owned());
    let line = log.expect("it compiles").line(&exchange);
    assert_eq!(line, r#"{"id":"id=","e":"Too \"many\"\u0085"}"#);
}

#[test]
#[wasm_bindgen_test]
fn what_is_not_there_is_a_dash() {
    check(
        "$context.requestId $context.error.message $context.authorizer.claims.sub $context.identity.caller",
        "",
        "id= - - -",
    );
}

#[test]
#[wasm_bindgen_test]
fn a_format_that_cannot_be_logged_is_refused() {
    let refuse = |format: &str| {
        let refused = AccessLog::compile(&Config { format: format.to_owned() });
        refused.expect_err("it is refused").to_string()
    };
    let id = "format: must have `$context.requestId` or `$context.extendedRequestId`";
    assert_eq!(refuse("$context.status"), id);
    assert_eq!(refuse("$context.requestIdentity"), id);
    assert_eq!(refuse("$context.requestId\n"), "format: must be one line");
    assert_eq!(
        refuse("$context.requestId $context.stagee"),
        "format: there is no `$context.stagee`"
    );
    assert_eq!(refuse(&"x".repeat(4000)), "format: must not be longer than 3,072 bytes");
}
