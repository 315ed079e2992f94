//! Bodies in a coding, and bodies that are bytes, of a REST API.

#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{Headers, Origin, Policy, Response, Verdict};

use super::{NOW, Sent, compile, definition, gateway, merge, open_api, request, send};
use crate::Gateway;

const KEY: &str = "ANY /x";

/// `{"a":1}`, as gzip writes it.
const GZIP: &[u8] = &[
    31, 139, 8, 0, 0, 0, 0, 0, 2, 3, 171, 86, 74, 84, 178, 50, 172, 5, 0, 175, 172, 27, 86, 7, 0,
    0, 0,
];

fn api(protocol: &str, changes: &Value, integration: &Value) -> Value {
    let mut api = open_api(protocol, &[(KEY, "http://b")], &["v1"]);
    merge(&mut api, changes);
    merge(&mut api["integrations"][KEY]["http_proxy"], integration);
    api
}

fn serving(protocol: &str, changes: &Value, integration: &Value) -> Gateway {
    gateway(&definition(&[("a", api(protocol, changes, integration))]))
}

/// What the integration gets, or the client.
fn sent(gateway: &Gateway, fields: &[(&str, &str)], body: &[u8]) -> (String, Option<String>) {
    let Sent { mut exchange, mut notes, mut verdict } =
        send(gateway, request("POST", "a", "/v1/x", fields));
    let mut body = body.to_vec();
    if matches!(verdict, Verdict::Body) {
        let host = FakeHost::at(NOW);
        verdict = gateway.on_request_body(&mut notes, &mut exchange, &mut body, &host);
    }
    let coding = exchange.request.headers.get("content-encoding");
    let coding = coding.map(|coding| String::from_utf8_lossy(coding).into_owned());
    match verdict {
        Verdict::Continue => (body.escape_ascii().to_string(), coding),
        Verdict::Respond(response) => (response.status.to_string(), coding),
        verdict => (format!("{verdict:?}"), coding),
    }
}

#[test]
fn a_coded_body_is_decoded_before_anything_reads_it() {
    let gateway = serving("rest", &json!({}), &json!({}));
    let with = |coding: &'static str| [("content-encoding", coding)];
    assert_eq!(sent(&gateway, &with("gzip"), GZIP), (r#"{\"a\":1}"#.to_owned(), None));
    assert_eq!(sent(&gateway, &with("gzip"), b"").1, None);
    assert_eq!(sent(&gateway, &with("gzip"), b"no gzip").0, "415");
    assert_eq!(sent(&gateway, &with("br"), b"").0, "415");
    assert_eq!(sent(&gateway, &[], GZIP).0, GZIP.escape_ascii().to_string());
    // An HTTP API passes it on.
    let gateway = serving("http", &json!({}), &json!({}));
    let passed = (GZIP.escape_ascii().to_string(), Some("gzip".to_owned()));
    assert_eq!(sent(&gateway, &with("gzip"), GZIP), passed);
}

#[test]
fn a_body_is_converted_as_the_integration_says() {
    let binary = json!({ "binary_media_types": ["image/*"] });
    let image = [("content-type", "image/png")];
    let handling = |name: &str| json!({ "content_handling": name });
    let gateway = serving("rest", &binary, &handling("convert_to_text"));
    assert_eq!(sent(&gateway, &image, &[0, 0xff]).0, "AP8=");
    assert_eq!(sent(&gateway, &[], b"text").0, "text");
    let gateway = serving("rest", &binary, &handling("convert_to_binary"));
    assert_eq!(sent(&gateway, &[], b"AP8=").0, "\\x00\\xff");
    assert_eq!(sent(&gateway, &[], b"no base64").0, "500");
    assert_eq!(sent(&gateway, &image, &[0, 0xff]).0, "\\x00\\xff");
}

#[test]
fn an_answer_is_converted_by_what_the_client_accepts() {
    let gateway = serving("rest", &json!({ "binary_media_types": ["image/*"] }), &json!({}));
    let answer = |accept: &str, media_type: &str, body: &[u8]| {
        let fields = [("accept", accept)];
        let Sent { mut exchange, mut notes, .. } =
            send(&gateway, request("GET", "a", "/v1/x", &fields));
        let headers = Headers::from_iter([("content-type", media_type)]);
        let mut response = Response { status: 200, headers, ..Response::default() };
        let (host, origin) = (FakeHost::at(NOW), Origin::Integration);
        let verdict = gateway.on_response(&mut notes, &mut exchange, &mut response, &origin, &host);
        if matches!(verdict, Verdict::Continue) {
            return "as it is".to_owned();
        }
        response.body = body.to_vec();
        match gateway.on_response_body(&mut notes, &mut exchange, &mut response, &host) {
            Verdict::Respond(response) => response.status.to_string(),
            _ => response.body.escape_ascii().to_string(),
        }
    };
    assert_eq!(answer("image/png", "image/png", b""), "as it is");
    assert_eq!(answer("text/html", "text/html", b""), "as it is");
    assert_eq!(answer("*/*", "image/png", &[0, 0xff]), "AP8=");
    assert_eq!(answer("image/png, */*", "text/plain", b"AP8="), "\\x00\\xff");
    assert_eq!(answer("image/png", "text/plain", b"no base64"), "500");
}

#[test]
fn what_cannot_be_converted_is_refused() {
    let refuse = |protocol: &str, changes: &Value, integration: &Value| {
        let api = api(protocol, changes, integration);
        compile(&definition(&[("a", api)])).expect_err("it is refused").to_string()
    };
    assert_eq!(
        refuse("rest", &json!({ "binary_media_types": ["image"] }), &json!({})),
        "apis.a.binary_media_types[0]: `image` is not a media type such as `image/*`"
    );
    let handling = json!({ "content_handling": "convert_to_text" });
    assert!(
        refuse("http", &json!({}), &handling)
            .ends_with("http_proxy.content_handling: only a REST API converts bodies")
    );
}
