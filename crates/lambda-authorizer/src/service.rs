//! Who is asked: how, and what a reply comes to.

use std::borrow::Cow;
use std::time::Duration;

use tollgate_lambda::event::Source;
use tollgate_lambda::{Callee, Failure, returned};
use tollgate_policy::{Call, Endpoint, Exchange, Headers, Invalid, Response, Scheme, is_token};

use crate::answer::{Answer, Shape};
use crate::config::{self, Http, Sends};
use crate::event::Told;
use crate::refusal::Refusal;

/// How many header fields may be sent to a service: each is looked up for every call.
const MAX_HEADERS: usize = 20;

/// Who is asked.
#[derive(Debug)]
pub(crate) enum Service {
    Lambda(Callee),
    Http(Target),
}

/// An HTTP service.
#[derive(Debug)]
pub(crate) struct Target {
    cluster: String,
    authority: String,
    path: String,
    sends: Sends,
}

impl Service {
    pub(crate) fn compile(service: &config::Service) -> Result<Self, Invalid> {
        match service {
            config::Service::Lambda(function) => Callee::compile(function)
                .map(Self::Lambda)
                .map_err(|invalid| invalid.within("lambda")),
            config::Service::Http(http) => {
                Target::compile(http).map(Self::Http).map_err(|invalid| invalid.within("http"))
            }
        }
    }

    /// The call that asks about a caller who is known by these values.
    pub(crate) fn call(
        &self,
        told: Told,
        source: Source<'_>,
        arn: &str,
        values: &[Cow<'_, [u8]>],
        timeout: Duration,
    ) -> Call {
        let trace = source.exchange.context.trace_id.as_deref();
        match self {
            Self::Lambda(callee) => callee.call(told.event(source, arn, values), trace, timeout),
            Self::Http(target) => match &target.sends {
                Sends::Event => target.post(told.event(source, arn, values), timeout),
                Sends::Headers(names) => target.get(names, source.exchange, timeout),
            },
        }
    }

    /// What a reply to the call says.
    pub(crate) fn read(&self, reply: Option<Response>, shape: Shape) -> Result<Answer, Refusal> {
        let body = match self {
            Self::Lambda(_) => returned(reply)?,
            Self::Http(_) => match reply {
                None => return Err(Failure::Unreachable.into()),
                Some(reply) => match reply.status {
                    200..=299 => reply.body,
                    401 => {
                        return Err(Refusal::unauthorized("the service does not know the caller"));
                    }
                    403 => return Ok(Answer::refusal()),
                    503 => return Err(unavailable()),
                    504 => return Err(Refusal::bad_answer("the service did not answer in time")),
                    status => {
                        let reason = format!("the service answers with status {status}");
                        return Err(Refusal::bad_answer(reason));
                    }
                },
            },
        };
        Answer::parse(&body, shape).map_err(Refusal::bad_answer)
    }
}

/// The proxy says the same of a service that cannot be reached as a service says of itself.
fn unavailable() -> Refusal {
    let reason = "the service cannot be reached, or is unavailable";
    Refusal { reason: reason.into(), ..Failure::Unreachable.into() }
}

impl Target {
    fn compile(http: &Http) -> Result<Self, Invalid> {
        let at = |invalid: Invalid| invalid.within("uri");
        let (endpoint, target) = Endpoint::split(&http.uri).map_err(at)?;
        if endpoint.scheme == Scheme::Http && !endpoint.is_loopback() && !http.plain_http {
            let reason = format!(
                "`{endpoint}` is reached in the clear, where whoever is on the way can let anyone in: \
                 use `https`, or allow it with `http.plain_http`"
            );
            return Err(at(Invalid::new("", reason)));
        }
        if !target.bytes().all(|byte| byte.is_ascii_graphic()) {
            let shown = target.escape_debug();
            let reason = format!("`{shown}` has characters that must be percent-encoded");
            return Err(at(Invalid::new("", reason)));
        }
        if let Sends::Headers(names) = &http.sends {
            check_headers(names).map_err(|invalid| invalid.within("sends.headers"))?;
        }
        Ok(Self {
            cluster: endpoint.cluster(),
            authority: endpoint.authority(),
            path: if target.starts_with('/') { target.to_owned() } else { format!("/{target}") },
            sends: http.sends.clone(),
        })
    }

    fn post(&self, event: Vec<u8>, timeout: Duration) -> Call {
        let mut headers = self.head("POST");
        headers.append("content-type", "application/json");
        headers.append("content-length", event.len().to_string());
        Call { cluster: self.cluster.clone(), headers, body: event, timeout }
    }

    fn get(&self, names: &[String], exchange: &Exchange, timeout: Duration) -> Call {
        let mut headers = self.head("GET");
        let sent = &exchange.request.headers;
        headers.append("x-forwarded-method", sent.arrived(":method").unwrap_or_default());
        headers.append("x-forwarded-uri", sent.arrived(":path").unwrap_or_default());
        for name in names {
            for value in sent.get_all(name) {
                headers.append(name, value);
            }
        }
        Call { cluster: self.cluster.clone(), headers, body: Vec::new(), timeout }
    }

    fn head(&self, method: &str) -> Headers {
        Headers::from_iter([
            (":method", method),
            (":path", &self.path),
            (":authority", &self.authority),
            ("accept", "application/json"),
            ("user-agent", "tollgate"),
        ])
    }
}

fn check_headers(names: &[String]) -> Result<(), Invalid> {
    /// Fields of the message, and those that are sent in any case.
    const RESERVED: [&str; 13] = [
        "accept",
        "connection",
        "content-length",
        "expect",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "user-agent",
        "x-forwarded-method",
        "x-forwarded-uri",
    ];
    if !(1..=MAX_HEADERS).contains(&names.len()) {
        return Err(Invalid::new("", format!("must be 1 to {MAX_HEADERS}")));
    }
    for (index, name) in names.iter().enumerate() {
        let lower = name.to_ascii_lowercase();
        if !is_token(name.as_bytes()) || RESERVED.contains(&lower.as_str()) {
            let reason = format!("`{}` cannot be sent on", name.escape_default());
            return Err(Invalid::new(format!("[{index}]"), reason));
        }
    }
    Ok(())
}
