//! What functions are told, how they are called, and what becomes of it.

mod authorizers;
mod callee;
mod fields;
mod invocation;
mod paths;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod recorded;
mod reference;

use std::collections::BTreeMap;
use std::rc::Rc;
use std::time::Duration;

use serde_json::Value;
use tollgate_mapping::Dialect;
use tollgate_policy::{Context, Exchange, Headers, Request, Timestamp};

use crate::event::{Body, Source, V1, V2};

/// A request for `/pets/7` of the stage `prod`, with these fields besides.
fn exchange(target: &str, fields: &[(&str, &[u8])]) -> Exchange {
    let head: [(&str, &[u8]); 3] = [
        (":method", b"GET"),
        (":path", target.as_bytes()),
        (":authority", b"abc123.execute-api.eu-west-1.amazonaws.com"),
    ];
    let headers: Headers = head.iter().chain(fields).copied().collect();
    let context = Context {
        account_id: Some("123456789012".into()),
        api_id: "abc123".into(),
        stage: "prod".into(),
        deployment_id: Some("d1".into()),
        route_key: "GET /pets/{id}".into(),
        resource_path: "/pets/{id}".into(),
        resource_id: Some("r1".into()),
        request_id: "request=".into(),
        extended_request_id: "extended=".into(),
        path_parameters: BTreeMap::from([(Rc::from("id"), "7".to_owned())]),
        ..Context::default()
    };
    Exchange {
        request: Request { headers },
        context,
        arrived: Timestamp(Duration::from_millis(1_724_760_000_123)),
        source_address: Some("192.0.2.7".parse().unwrap()),
        ..Exchange::default()
    }
}

fn v1(exchange: &Exchange, path: &str, dialect: Dialect) -> Value {
    let source = Source { exchange, path };
    serde_json::to_value(V1::with_body(source, dialect, Body::default())).unwrap()
}

fn rest(exchange: &Exchange) -> Value {
    v1(exchange, "/pets/7", Dialect::Rest)
}

fn v2(exchange: &Exchange) -> Value {
    let source = Source { exchange, path: "/pets/7" };
    serde_json::to_value(V2::with_body(source, Body::default())).unwrap()
}

/// The names of an object's members, in alphabetical order.
fn names(object: &Value) -> Vec<&str> {
    let mut names: Vec<_> = object.as_object().unwrap().keys().map(String::as_str).collect();
    names.sort_unstable();
    names
}
