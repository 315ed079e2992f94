//! `tollgate explain`: what the gateway would do with a request, and why, without any server.

mod host;

use std::fs;
use std::net::IpAddr;

use anyhow::Context;
use clap::Args;
use serde::Serialize;
use serde_json::Value;
use tollgate_gateway::{Explanation, Gateway, Outcome, outward};
use tollgate_policy::{Claims, Compile, Exchange, Headers, Host, Request, Response};

use crate::arguments::{Format, Source};
use crate::document;
use crate::failure::{Code, Failure};
use crate::terminal;
use host::Alone;

/// `tollgate explain`
#[derive(Clone, Debug, Args)]
pub struct Arguments {
    #[command(flatten)]
    pub source: Source,
    /// The path and the query, as a client asks for them: the stage included, `/prod/orders?page=2`
    #[arg(value_name = "TARGET")]
    pub target: String,
    /// The method
    #[arg(short = 'X', long, default_value = "GET", value_name = "METHOD")]
    pub request: String,
    /// A header field; may be repeated
    #[arg(short = 'H', long, value_name = "NAME: VALUE", value_parser = field)]
    pub header: Vec<(String, String)>,
    /// The body, or `@FILE`
    #[arg(short = 'd', long, value_name = "BODY")]
    pub data: Option<String>,
    /// The host that the client asks for
    #[arg(long, default_value = "localhost", value_name = "HOST")]
    pub host: String,
    /// The address that the client has
    #[arg(long, default_value = "127.0.0.1", value_name = "ADDRESS")]
    pub source_ip: IpAddr,
    /// What an authorizer is taken to say of the caller, whose value is JSON or text: a claim of a token, or a
    /// value of a function's `context`; may be repeated
    #[arg(long, value_name = "NAME=VALUE", value_parser = crate::arguments::pair)]
    pub claim: Vec<(String, String)>,
    /// How to answer
    #[arg(long, default_value = "text")]
    pub format: Format,
}

/// The answer for machines.
#[derive(Debug, Serialize)]
struct Report {
    steps: Vec<Step>,
    #[serde(skip_serializing_if = "Option::is_none")]
    response: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    integration_request: Option<Message>,
    #[serde(skip_serializing_if = "Option::is_none")]
    unknown: Option<&'static str>,
}

#[derive(Debug, Serialize)]
struct Step {
    step: &'static str,
    decision: String,
}

/// The first line, the header fields and the body of a message.
#[derive(Debug, Serialize)]
struct Message {
    line: String,
    headers: Vec<(String, String)>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

/// Says what the gateway would do with a request.
pub fn explain(arguments: &Arguments) -> Result<(), Failure> {
    let definition = document::accepted(&arguments.source)?.definition;
    let gateway = Gateway::compile(definition).map_err(|invalid| {
        Failure::new(Code::Refused, format!("the definition is refused: {invalid}"))
    })?;
    if !arguments.target.starts_with('/') {
        let reason = format!("`{}` is no path: it begins with a slash", arguments.target);
        return Err(Failure::new(Code::Refused, reason));
    }
    let body = body(arguments)?;
    let host = Alone::new();
    let mut exchange = exchange(arguments, body.len(), &host);
    let explanation = gateway.explain(&mut exchange, &body, claims(arguments), &host);
    let report = Report::of(explanation);
    terminal::result(&match arguments.format {
        Format::Text => report.text(),
        Format::Json => serde_json::to_string_pretty(&report).context("cannot write JSON")?,
    })
}

fn body(arguments: &Arguments) -> Result<Vec<u8>, Failure> {
    match arguments.data.as_deref() {
        None => Ok(Vec::new()),
        Some(data) => match data.strip_prefix('@') {
            Some(path) => {
                let bytes = fs::read(path).with_context(|| format!("cannot read `{path}`"))?;
                Ok(bytes)
            }
            None => Ok(data.as_bytes().to_vec()),
        },
    }
}

fn exchange(arguments: &Arguments, body_bytes: usize, host: &Alone) -> Exchange {
    // As in curl, a field says so too.
    let is_host = |field: &&(String, String)| field.0.eq_ignore_ascii_case("host");
    let host_field = arguments.header.iter().find(is_host).map(|(_, value)| value.clone());
    let mut fields = vec![
        (":method".to_owned(), arguments.request.to_ascii_uppercase()),
        (":authority".to_owned(), host_field.unwrap_or_else(|| arguments.host.clone())),
        (":path".to_owned(), normalized(&arguments.target)),
        (":scheme".to_owned(), "https".to_owned()),
    ];
    fields.extend(
        arguments
            .header
            .iter()
            .filter(|field| !is_host(field))
            .map(|(name, value)| (name.to_ascii_lowercase(), value.clone())),
    );
    if body_bytes > 0 {
        fields.push(("content-length".to_owned(), body_bytes.to_string()));
    }
    Exchange {
        request: Request { headers: Headers::from_iter(fields) },
        arrived: host.now(),
        nonce: host.nonce(),
        source_address: Some(arguments.source_ip),
        ..Exchange::default()
    }
}

/// The claims that are given, if any are.
fn claims(arguments: &Arguments) -> Option<Claims> {
    let value =
        |text: &String| serde_json::from_str(text).unwrap_or_else(|_| Value::from(text.as_str()));
    let claims: Claims =
        arguments.claim.iter().map(|(name, text)| (name.clone(), value(text))).collect();
    (!claims.is_empty()).then_some(claims)
}

impl Report {
    fn of(explanation: Explanation) -> Self {
        let steps = explanation.steps.into_iter();
        let steps = steps.map(|step| Step { step: step.name, decision: step.decision }).collect();
        let mut report = Self { steps, response: None, integration_request: None, unknown: None };
        match explanation.outcome {
            Outcome::Answer(response) => report.response = Some(Message::of_response(&response)),
            Outcome::GoOn(request, body) => {
                report.integration_request = Some(Message::of_request(&request, &body));
            }
            Outcome::Unknown(why) => report.unknown = Some(why),
        }
        report
    }

    fn text(&self) -> String {
        let width = self.steps.iter().map(|step| step.step.len()).max().unwrap_or_default();
        let mut lines: Vec<_> = (self.steps.iter())
            .map(|step| format!("{:width$}  {}", step.step, step.decision))
            .collect();
        lines.push(String::new());
        let messages = [("< ", &self.response), ("> ", &self.integration_request)];
        for (mark, message) in messages {
            lines.extend(message.iter().flat_map(|message| message.lines(mark)));
        }
        lines.extend(self.unknown.map(|why| format!("what comes next is not known: {why}")));
        lines.join("\n")
    }
}

impl Message {
    fn of_response(response: &Response) -> Self {
        let body = String::from_utf8_lossy(&response.body).into_owned();
        Self {
            line: response.status.to_string(),
            headers: outward(&response.headers),
            body: Some(body).filter(|body| !body.is_empty()),
        }
    }

    fn of_request(request: &Request, body: &[u8]) -> Self {
        let text = |bytes: &[u8]| String::from_utf8_lossy(bytes).into_owned();
        let cluster = request.headers.get(tollgate_gateway::CLUSTER_HEADER).unwrap_or_default();
        let (method, target) = (text(request.method()), text(request.target()));
        Self {
            line: format!("{method} {target} to {}", text(cluster)),
            headers: std::iter::once(("host".to_owned(), text(request.authority())))
                .chain(outward(&request.headers).into_iter().map(|field| resized(field, body)))
                .collect(),
            body: Some(text(body)).filter(|body| !body.is_empty()),
        }
    }

    fn lines(&self, mark: &str) -> Vec<String> {
        let head = std::iter::once(self.line.clone());
        let fields = self.headers.iter().map(|(name, value)| format!("{name}: {value}"));
        let mut lines: Vec<_> = head.chain(fields).map(|line| format!("{mark}{line}")).collect();
        if let Some(body) = &self.body {
            lines.push(mark.trim_end().to_owned());
            lines.extend(body.lines().map(|line| format!("{mark}{line}")));
        }
        lines
    }
}

/// What the gateway makes of a body may have another length.
fn resized((name, value): (String, String), body: &[u8]) -> (String, String) {
    let value = if name == "content-length" { body.len().to_string() } else { value };
    (name, value)
}

/// The target, with the dot segments of its path resolved as Envoy resolves them before the gateway sees
/// it: RFC 3986 section 5.2.4.
fn normalized(target: &str) -> String {
    let (path, query) = match target.split_once('?') {
        Some((path, query)) => (path, Some(query)),
        None => (target, None),
    };
    let is_dot = |segment: &str| matches!(segment, "." | "..");
    if !path.split('/').any(is_dot) {
        return target.to_owned();
    }
    let ends_open = path.rsplit('/').next().is_some_and(is_dot);
    let mut kept: Vec<&str> = Vec::new();
    for segment in path.split('/').skip(1) {
        match segment {
            "." => {}
            ".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    if ends_open {
        kept.push("");
    }
    let path = format!("/{}", kept.join("/"));
    query.map_or(path.clone(), |query| format!("{path}?{query}"))
}

/// A `Name: value` argument, as curl has it.
fn field(text: &str) -> Result<(String, String), String> {
    match text.split_once(':') {
        Some((name, value)) if tollgate_policy::is_token(name.as_bytes()) => {
            Ok((name.to_owned(), value.trim().to_owned()))
        }
        _ => Err("must be `Name: value`".to_owned()),
    }
}

#[cfg(test)]
mod tests {
    use super::normalized;

    #[test]
    fn dot_segments_are_resolved_and_nothing_else_changes() {
        for (target, expected) in [
            ("/a/b", "/a/b"),
            ("/a/../b?x=../y", "/b?x=../y"),
            ("/a/./b/..", "/a/"),
            ("/../..", "/"),
            ("/a//b/../c", "/a//c"),
            ("/a/%2e%2e/b", "/a/%2e%2e/b"),
        ] {
            assert_eq!(normalized(target), expected, "{target}");
        }
    }
}
