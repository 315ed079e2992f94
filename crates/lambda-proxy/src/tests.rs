//! What functions get, and what is made of what they return.

mod compile;
mod failures;
#[cfg(not(target_arch = "wasm32"))]
mod properties;
mod recorded;
mod requests;
mod responses;
mod standalone;
mod streams;

use serde_json::{Value, json};
use tollgate_lambda::Function;
use tollgate_payload::BinaryMediaTypes;
use tollgate_policy::{Exchange, Headers, Request, Response};

use crate::{Bad, Config, Format, LambdaProxy, Transfer};

fn config(format: Format, transfer: Transfer) -> Config {
    let function = Function {
        name: "pets".to_owned(),
        endpoint: "http://127.0.0.1:9000".to_owned(),
        signing_region: None,
    };
    Config { function, format, timeout_millis: None, transfer }
}

fn proxy(format: Format) -> LambdaProxy {
    LambdaProxy::compile(&config(format, Transfer::Buffered)).unwrap()
}

/// A request with these fields.
fn exchange(fields: &[(&str, &[u8])]) -> Exchange {
    let head: [(&str, &[u8]); 3] =
        [(":method", b"POST"), (":path", b"/prod/pets"), (":authority", b"api.example.com")];
    let headers: Headers = head.iter().chain(fields).copied().collect();
    Exchange { request: Request { headers }, ..Exchange::default() }
}

/// What Lambda itself replies where a function has returned this.
fn reply(body: impl Into<Vec<u8>>) -> Response {
    let headers = Headers::from_iter([
        ("content-type", "application/json"),
        ("x-amzn-requestid", "1"),
        ("x-amz-executed-version", "$LATEST"),
    ]);
    Response { status: 200, headers, body: body.into() }
}

/// What a client that accepts this is told where a function has returned that.
fn answer_to(
    accept: Option<&str>,
    binary: &[&str],
    format: Format,
    returned: &[u8],
) -> Result<Response, Bad> {
    let accept: Vec<_> = accept.iter().map(|it| ("accept", it.as_bytes())).collect();
    let binary: Vec<_> = binary.iter().map(|it| (*it).to_owned()).collect();
    let binary = BinaryMediaTypes::compile(&binary).unwrap();
    proxy(format).answer(&exchange(&accept), Some(reply(returned)), &binary)
}

fn answer(format: Format, returned: &Value) -> Result<Response, Bad> {
    answer_to(None, &[], format, returned.to_string().as_bytes())
}

/// All fields in one text each, in alphabetical order.
fn fields(headers: &Headers) -> Vec<String> {
    let text = |bytes: &[u8]| bytes.escape_ascii().to_string();
    let mut fields: Vec<_> =
        headers.iter().map(|(name, value)| format!("{}: {}", text(name), text(value))).collect();
    fields.sort();
    fields
}

/// The members of a response with this one besides.
fn with(name: &str, value: &Value) -> Value {
    let mut members = json!({"statusCode": 200});
    members[name] = value.clone();
    members
}
