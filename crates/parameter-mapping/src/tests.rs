use std::collections::BTreeMap;
use std::rc::Rc;

use tollgate_mapping::{Dialect, Scene};
use tollgate_policy::{Context, Exchange, Headers, Request, Response};
use wasm_bindgen_test::wasm_bindgen_test;

use crate::{RequestMapping, ResponseMapping};

#[cfg(not(target_arch = "wasm32"))]
mod properties;

fn exchange() -> Exchange {
    let headers = Headers::from_iter([
        (":method", "GET"),
        (":path", "/pets/a%2Fb?kind=cat&page=1&kind=dog"),
        ("x-one", "1"),
        ("x-two", "2"),
    ]);
    let context = Context {
        stage: "prod".into(),
        path_parameters: BTreeMap::from([(Rc::from("id"), "a%2Fb".to_owned())]),
        ..Context::default()
    };
    Exchange { request: Request { headers }, context, ..Exchange::default() }
}

fn map(entries: &[(&str, &str)]) -> BTreeMap<String, String> {
    entries.iter().map(|(key, value)| ((*key).to_owned(), (*value).to_owned())).collect()
}

/// The header fields, the query and the path of the request after it was mapped.
fn mapped(dialect: Dialect, entries: &[(&str, &str)]) -> (String, Option<String>, Option<String>) {
    let mut exchange = exchange();
    let mapping = RequestMapping::compile(&map(entries), dialect).expect("it compiles");
    let body = br#"{"a":"from the body"}"#;
    let changes = mapping.changes(&Scene::new(&exchange).with_body(body));
    let query = exchange.request.query().map(<[u8]>::to_vec);
    let query = changes.apply(&mut exchange.request.headers, query.as_deref());
    let fields = exchange.request.headers.iter();
    let fields = fields.filter(|(name, _)| !name.starts_with(b":")).map(|(name, value)| {
        format!("{}={}", String::from_utf8_lossy(name), String::from_utf8_lossy(value))
    });
    let query = query.map(|query| String::from_utf8(query).expect("text"));
    (fields.collect::<Vec<_>>().join(" "), query, changes.path)
}

#[track_caller]
fn check(entries: &[(&str, &str)], fields: &str, query: Option<&str>, path: Option<&str>) {
    let (found, found_query, found_path) = mapped(Dialect::Http, entries);
    assert_eq!(
        (found.as_str(), found_query.as_deref(), found_path.as_deref()),
        (fields, query, path)
    );
}

const QUERY: Option<&str> = Some("kind=cat&page=1&kind=dog");

#[test]
#[wasm_bindgen_test]
fn an_http_api_appends_overwrites_and_removes() {
    check(&[], "x-one=1 x-two=2", QUERY, None);
    check(
        &[("append:header.x-one", "$request.header.x-two")],
        "x-one=1 x-two=2 x-one=2",
        QUERY,
        None,
    );
    check(&[("overwrite:header.X-One", "${context.stage}!")], "x-two=2 x-one=prod!", QUERY, None);
    check(&[("remove:header.x-one", "''")], "x-two=2", QUERY, None);
    // Nobody says what the gateway wanted to say and cannot.
    check(&[("overwrite:header.x-one", "$request.header.none")], "x-two=2", QUERY, None);
    check(&[("append:header.x-one", "$request.header.none")], "x-one=1 x-two=2", QUERY, None);
    check(
        &[("append:querystring.q", "a&b"), ("remove:querystring.kind", "")],
        "x-one=1 x-two=2",
        Some("page=1&q=a%26b"),
        None,
    );
    check(
        &[("overwrite:querystring.kind", "$request.body.a")],
        "x-one=1 x-two=2",
        Some("page=1&kind=from%20the%20body"),
        None,
    );
    check(
        &[("overwrite:path", "/v2/${request.path.id}")],
        "x-one=1 x-two=2",
        QUERY,
        Some("/v2/a/b"),
    );
    check(
        &[("overwrite:path", "a b?c#d%41%")],
        "x-one=1 x-two=2",
        QUERY,
        Some("/a%20b%3Fc%23d%41%25"),
    );
}

#[test]
#[wasm_bindgen_test]
fn a_parameter_hides_behind_no_semicolon() {
    let mapping =
        RequestMapping::compile(&map(&[("overwrite:querystring.user", "me")]), Dialect::Http);
    let mapping = mapping.expect("it compiles");
    let exchange = exchange();
    let changes = mapping.changes(&Scene::new(&exchange));
    let query = changes.apply(&mut Headers::new(), Some(b"a=1;user=evil&b=2&user=x"));
    assert_eq!(query.as_deref(), Some(&b"b=2&user=me"[..]));
}

#[test]
#[wasm_bindgen_test]
fn values_are_those_of_the_request_that_came() {
    check(
        &[
            ("overwrite:header.x-one", "$request.header.x-two"),
            ("overwrite:header.x-two", "$request.header.x-one"),
        ],
        "x-one=2 x-two=1",
        QUERY,
        None,
    );
}

#[test]
#[wasm_bindgen_test]
fn a_rest_api_overwrites_header_fields_and_appends_to_the_query() {
    let (fields, query, _) = mapped(
        Dialect::Rest,
        &[
            ("integration.request.header.x-one", "'fixed'"),
            ("integration.request.header.authorization", "context.stage"),
            ("integration.request.querystring.kind", "method.request.header.x-two"),
        ],
    );
    assert_eq!(fields, "x-two=2 authorization=prod x-one=fixed");
    assert_eq!(query.as_deref(), Some("kind=cat&page=1&kind=dog&kind=2"));
}

#[test]
#[wasm_bindgen_test]
fn variables_of_the_uri_get_values_that_stay_in_their_place() {
    let entries = map(&[
        ("integration.request.path.id", "method.request.path.id"),
        ("integration.request.path.kind", "method.request.querystring.kind"),
        ("integration.request.path.evil", "'../a?b'"),
        ("integration.request.path.none", "method.request.header.none"),
    ]);
    let mapping = RequestMapping::compile(&entries, Dialect::Rest).expect("it compiles");
    let exchange = exchange();
    let variables = mapping.changes(&Scene::new(&exchange)).path_variables;
    let expected = map(&[("evil", "..%2Fa%3Fb"), ("id", "a%2Fb"), ("kind", "dog"), ("none", "")]);
    assert_eq!(variables, expected);
    assert!(!mapping.needs_body());
}

#[test]
#[wasm_bindgen_test]
fn a_response_is_changed_too() {
    let exchange = exchange();
    let mut response = Response {
        status: 404,
        headers: Headers::from_iter([("a", "1"), ("b", "2")]),
        body: br#"{"code":"410"}"#.to_vec(),
    };
    let entries = map(&[
        ("overwrite:statuscode", "$response.body.code"),
        ("append:header.a", "$context.stage"),
        ("remove:header.b", ""),
        ("overwrite:header.c", "$response.header.b"),
    ]);
    let mapping = ResponseMapping::compile(&entries, Dialect::Http).expect("it compiles");
    assert!(mapping.needs_body());
    let scene = Scene::new(&exchange).with_response(&response);
    mapping.changes(&scene).apply(&mut { response.clone() });
    let changes = mapping.changes(&scene);
    changes.apply(&mut response);
    assert_eq!(response.status, 410);
    let fields: Vec<_> = response.headers.iter().collect();
    assert_eq!(fields, [(&b"a"[..], &b"1"[..]), (b"c", b"2"), (b"a", b"prod")]);
}

#[test]
#[wasm_bindgen_test]
fn what_cannot_be_mapped_is_refused() {
    let refuse = |dialect, key: &str, value: &str| {
        let refused = RequestMapping::compile(&map(&[(key, value)]), dialect);
        refused.expect_err("it is refused").to_string()
    };
    let http = |key: &str, value: &str| refuse(Dialect::Http, key, value);
    assert_eq!(
        http("overwrite:header.x", "$request.nothing"),
        "overwrite:header.x: there is no `$request.nothing`"
    );
    assert_eq!(
        http("overwrite:header.Host", "a"),
        "overwrite:header.Host: the header field `host` is reserved"
    );
    for reserved in ["x-amzn-trace-id", "access-control-allow-origin", "X-Tollgate-Cluster"] {
        let key = format!("append:header.{reserved}");
        assert!(refuse(Dialect::Http, &key, "a").contains("is reserved"));
    }
    for key in
        ["header.x", "overwrite:cookie.x", "append:path", "overwrite:querystring.", "set:header.x"]
    {
        assert!(http(key, "a").contains("is not what can be mapped"), "{key}");
    }
    assert!(http("overwrite:statuscode", "200").contains("a request has no status"));
    assert!(http("overwrite:header.a b", "x").contains("`a b` is not a header field"));
    assert!(http("overwrite:header.a", "$response.header.b").contains("is not there before"));
    let rest = |key: &str, value: &str| refuse(Dialect::Rest, key, value);
    assert!(rest("integration.request.header.Content-Length", "'1'").contains("is reserved"));
    assert!(rest("integration.request.cookie.a", "'1'").contains("is not what can be mapped"));
    assert!(rest("integration.request.header.a", "true").contains("`true` names nothing"));
    let response = ResponseMapping::compile(&map(&[("overwrite:statuscode", "99")]), Dialect::Http);
    assert_eq!(
        response.expect_err("it is refused").to_string(),
        "overwrite:statuscode: `99` is not a status from 200 to 599"
    );
}
