//! How a function is called.

use std::time::Duration;

use tollgate_policy::Endpoint;
#[cfg(target_arch = "wasm32")]
use wasm_bindgen_test::wasm_bindgen_test as test;

use crate::{Callee, Function, cluster};

const AWS: &str = "https://lambda.us-east-1.amazonaws.com";

fn function(name: &str, endpoint: &str, region: Option<&str>) -> Function {
    let signing_region = region.map(str::to_owned);
    Function { name: name.to_owned(), endpoint: endpoint.to_owned(), signing_region }
}

/// The path under which a function is called, and the cluster and host where.
#[track_caller]
fn check(function: &Function, path: &str, cluster: &str, authority: &str) {
    let callee = Callee::compile(function).expect("a function");
    let call = callee.call(b"{}".to_vec(), Some("Root=1"), Duration::from_secs(3));
    let field = |name| call.headers.get(name).map(|value| str::from_utf8(value).unwrap());
    assert_eq!(field(":path"), Some(path));
    assert_eq!(field(":method"), Some("POST"));
    assert_eq!(field(":authority"), Some(authority));
    assert_eq!(field("content-length"), Some("2"));
    assert_eq!(field("content-type"), Some("application/json"));
    assert_eq!(field("x-amzn-trace-id"), Some("Root=1"));
    assert_eq!((call.cluster.as_str(), call.timeout), (cluster, Duration::from_secs(3)));
    assert_eq!(call.body, b"{}");
}

#[test]
fn a_name_is_part_of_the_path_whatever_it_has_within() {
    let aws = "https://lambda.us-east-1.amazonaws.com:443";
    let host = "lambda.us-east-1.amazonaws.com";
    let path = |name: &str| format!("/2015-03-31/functions/{name}/invocations");
    check(&function("pets", AWS, None), &path("pets"), aws, host);
    check(&function("pets:$LATEST", AWS, None), &path("pets%3A%24LATEST"), aws, host);
    check(
        &function("arn:aws:lambda:us-east-1:123456789012:function:pets:live", AWS, None),
        &path("arn%3Aaws%3Alambda%3Aus-east-1%3A123456789012%3Afunction%3Apets%3Alive"),
        aws,
        host,
    );
    let region = Some("us-east-1");
    check(
        &function("pets", AWS, region),
        &path("pets"),
        "https://lambda.us-east-1.amazonaws.com:443#lambda.us-east-1",
        host,
    );
}

#[test]
fn what_stands_in_for_lambda_may_have_a_path() {
    let path = "/2015-03-31/functions/pets/invocations";
    let local = |url| function("pets", url, None);
    check(&local("http://127.0.0.1:9000"), path, "http://127.0.0.1:9000", "127.0.0.1:9000");
    check(&local("http://127.0.0.1:9000/"), path, "http://127.0.0.1:9000", "127.0.0.1:9000");
    let below = format!("/lambda/x{path}");
    check(&local("http://sam:3001/lambda/x/"), &below, "http://sam:3001", "sam:3001");
}

#[test]
fn a_function_that_streams_is_called_in_another_way() {
    let callee = Callee::streaming(&function("pets", AWS, None)).unwrap();
    let call = callee.call(Vec::new(), None, Duration::from_secs(1));
    let path = b"/2021-11-15/functions/pets/response-streaming-invocations";
    assert_eq!(call.headers.get(":path"), Some(&path[..]));
    assert_eq!(call.headers.get("x-amzn-trace-id"), None);
    assert_eq!(call.headers.get("content-length"), Some(&b"0"[..]));
}

#[test]
fn the_same_api_signed_is_another_cluster() {
    let (endpoint, _) = Endpoint::split(AWS).unwrap();
    assert_ne!(cluster(&endpoint, None), cluster(&endpoint, Some("us-east-1")));
    assert_ne!(cluster(&endpoint, Some("eu-west-1")), cluster(&endpoint, Some("us-east-1")));
}

#[track_caller]
fn check_refused(function: &Function, field: &str, reason: &str) {
    let invalid = Callee::compile(function).unwrap_err();
    assert_eq!(invalid.field, field);
    assert!(invalid.reason.contains(reason), "{}", invalid.reason);
    assert!(Callee::streaming(function).is_err());
}

#[test]
fn what_can_be_no_function_is_refused() {
    let no_name = "is neither the name of a function nor its ARN";
    for name in ["", " ", "a b", "..", "/", "pets?x", "pets\r\nhost: x", "p\u{e9}ts", "${stage}"] {
        check_refused(&function(name, AWS, None), "name", no_name);
    }
    check_refused(&function(&"a".repeat(257), AWS, None), "name", no_name);
    assert!(Callee::compile(&function(&"a".repeat(256), AWS, None)).is_ok());
}

#[test]
fn what_can_be_no_place_is_refused() {
    check_refused(&function("pets", "lambda", None), "endpoint", "is not a URL");
    check_refused(&function("pets", "https://a/b?c", None), "endpoint", "without a query");
    check_refused(&function("pets", "https://a/b c", None), "endpoint", "in ASCII");
    check_refused(&function("pets", "https://u:p@a", None), "endpoint", "user information");
    for region in ["", "us east", "US-EAST-1", "a#b", &"a".repeat(33)] {
        check_refused(&function("pets", AWS, Some(region)), "signing_region", "is not a region");
    }
    let open = function("pets", "http://lambda.example.com", Some("us-east-1"));
    check_refused(&open, "endpoint", "sent over `https`");
    assert!(Callee::compile(&function("pets", "http://127.0.0.1:1", Some("us-east-1"))).is_ok());
}
