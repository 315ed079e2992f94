//! Who is let in, and what it takes.

mod answers;
mod cache;
mod compile;
mod events;
mod flights;
mod headers;
mod http;
mod identity;
#[cfg(not(target_arch = "wasm32"))]
mod properties;

use serde_json::{Value, json};
use tollgate_policy::fake::FakeHost;
use tollgate_policy::{
    Call, Exchange, Headers, Invalid, Policy, Request, Response, Timestamp, Verdict, load,
};

use crate::Notes;
use crate::standalone::LambdaAuthorizer;

const ARN: &str = "arn:aws:execute-api:us-east-1:123456789012:tollgate/prod/GET/pets";

/// An authorizer of this kind, with these changes to it.
fn config(kind: &Value, changes: &Value) -> Value {
    let function = json!({"name": "auth", "endpoint": "http://127.0.0.1:9000"});
    let mut config = json!({
        "authorizer": {"service": {"lambda": function}, "kind": kind},
        "stage": "prod",
    });
    for (name, value) in changes.as_object().unwrap() {
        match name.as_str() {
            "context_to_headers" | "cluster" | "api_id" => config[name] = value.clone(),
            name => config["authorizer"][name] = value.clone(),
        }
    }
    config
}

fn compile(config: &Value) -> Result<LambdaAuthorizer, Invalid> {
    load(config.to_string().as_bytes())
}

#[track_caller]
fn authorizer(kind: &Value, changes: &Value) -> LambdaAuthorizer {
    compile(&config(kind, changes)).unwrap()
}

fn token() -> Value {
    json!({"token": {}})
}

/// Of this format, by these sources.
fn request(format: &str, sources: &[&str]) -> Value {
    json!({"request": {"format": format, "identity_sources": sources}})
}

fn simple() -> Value {
    json!({"request": {
        "format": "2.0",
        "identity_sources": ["$request.header.authorization"],
        "simple_responses": true,
    }})
}

fn exchange(target: &str, fields: &[(&str, &[u8])]) -> Exchange {
    let head: [(&str, &[u8]); 3] =
        [(":method", b"GET"), (":path", target.as_bytes()), (":authority", b"api.example.com")];
    Exchange {
        request: Request { headers: head.iter().chain(fields).copied().collect() },
        source_address: Some("203.0.113.7".parse().unwrap()),
        arrived: Timestamp::from_secs(1_769_860_800),
        ..Exchange::default()
    }
}

/// A request for `/pets` with this token.
fn bearing(token: &str) -> Exchange {
    exchange("/pets", &[("authorization", token.as_bytes())])
}

/// A worker: an authorizer, and a clock.
struct Worker {
    authorizer: LambdaAuthorizer,
    host: FakeHost,
}

/// A request on its way.
struct Sent {
    exchange: Exchange,
    notes: Notes,
}

impl Worker {
    fn new(kind: &Value, changes: &Value) -> Self {
        Self {
            authorizer: authorizer(kind, changes),
            host: FakeHost::at(Timestamp::from_secs(1_769_860_800)),
        }
    }

    fn send(&self, exchange: Exchange) -> (Sent, Verdict) {
        let mut sent = Sent { exchange, notes: Notes::default() };
        let verdict = self.authorizer.on_request(&mut sent.notes, &mut sent.exchange, &self.host);
        (sent, verdict)
    }

    fn wake(&self, sent: &mut Sent) -> Verdict {
        self.authorizer.on_wake(&mut sent.notes, &mut sent.exchange, &self.host)
    }

    fn reply(&self, sent: &mut Sent, reply: Option<Response>) -> Verdict {
        self.authorizer.on_reply(&mut sent.notes, &mut sent.exchange, reply, &self.host)
    }

    /// What becomes of a request, about which the service would be told this. Whether it was asked.
    fn judge(&self, exchange: Exchange, reply: Option<Response>) -> (Exchange, String, bool) {
        let (mut sent, verdict) = self.send(exchange);
        let (verdict, asked) = match verdict {
            Verdict::Call(_) => (self.reply(&mut sent, reply), true),
            verdict => (verdict, false),
        };
        (sent.exchange, text(&verdict), asked)
    }
}

/// `admitted`, or what is told; `asks` and `waits`.
fn text(verdict: &Verdict) -> String {
    match verdict {
        Verdict::Continue => "admitted".to_owned(),
        Verdict::Respond(response) => {
            format!("{} {}", response.status, String::from_utf8_lossy(&response.body))
        }
        Verdict::Call(_) => "asks".to_owned(),
        Verdict::Wait(_) => "waits".to_owned(),
        Verdict::Body => "wants the body".to_owned(),
    }
}

#[track_caller]
fn call(verdict: Verdict) -> Call {
    match verdict {
        Verdict::Call(call) => call,
        other => panic!("{other:?}"),
    }
}

/// What Lambda replies where the function has returned this.
#[expect(clippy::unnecessary_wraps, reason = "it is what a call comes to")]
fn returns(value: impl Into<Vec<u8>>) -> Option<Response> {
    let headers = Headers::from_iter([("x-amzn-requestid", "1")]);
    Some(Response { status: 200, headers, body: value.into() })
}

#[expect(clippy::unnecessary_wraps, reason = "it is what a call comes to")]
fn status(status: u16) -> Option<Response> {
    Some(Response { status, ..Response::default() })
}

/// What Lambda replies where the function has failed with this message.
fn fails(message: &str) -> Option<Response> {
    let said = json!({"errorMessage": message, "errorType": "Error"});
    let mut reply = returns(said.to_string());
    reply.as_mut().unwrap().headers.set("x-amz-function-error", "Unhandled");
    reply
}

fn statement(effect: &str, resource: &str) -> Value {
    json!({"Effect": effect, "Action": "execute-api:Invoke", "Resource": resource})
}

/// An answer of these statements.
fn policy(statements: &[Value]) -> Value {
    json!({
        "principalId": "user-1",
        "policyDocument": {"Version": "2012-10-17", "Statement": statements},
    })
}

fn allow(resource: &str) -> Value {
    policy(&[statement("Allow", resource)])
}

fn deny(resource: &str) -> Value {
    policy(&[statement("Deny", resource)])
}

fn with(mut answer: Value, name: &str, value: Value) -> Value {
    answer[name] = value;
    answer
}
