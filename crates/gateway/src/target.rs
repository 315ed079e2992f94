//! Where a request goes on to: an integration, as one stage and one route see it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::rc::Rc;

use tollgate_parameter_mapping::Changes;
use tollgate_policy::{Endpoint, Exchange, Invalid, Scheme};

use crate::definition::{HttpProxy, Protocol, ResponseTransferMode};
use crate::router::{RouteKey, Segment};
use crate::upstream::Upstream;
use crate::variables;

/// The header field by which the proxy is told where a request goes on to.
pub const CLUSTER_HEADER: &str = "x-tollgate-cluster";

/// The header field by which the proxy is told how long that may take, in milliseconds.
pub(crate) const TIMEOUT_HEADER: &str = "x-envoy-upstream-rq-timeout-ms";

/// The header field by which the proxy is told what to send once more.
const RETRY_HEADER: &str = "x-envoy-retry-on";

/// What a service says of a request that it has not looked at: it closes the connection. API Gateway
/// repeats nothing, and nothing is repeated here. RFC 9113, section 8.7.
const REFUSED: &str = "refused-stream";

/// The longest body that the proxy keeps for that: no more than may be on its way through a connection.
const MAX_KEPT_BYTES: u64 = 32 << 10;

/// API Gateway's least time-out of an integration.
const MIN_TIMEOUT_MILLIS: u32 = 50;

/// The proxy's own time-out for every route, which those that differ from it must override. For responses
/// that come as a stream it is the one below.
pub const PROXY_TIMEOUT_MILLIS: u32 = 30_000;

/// The longest time for a response that comes as a stream: API Gateway's 15 minutes.
pub const STREAM_TIMEOUT_MILLIS: u32 = 900_000;

/// An HTTP service, as one stage and one route see it.
#[derive(Debug)]
pub(crate) struct Target {
    cluster: String,
    authority: String,
    path: Vec<Part>,
    query: Option<Vec<Part>>,
    /// Whether the whole path of the request follows that of the URI: so it is for `$default`.
    appends_path: bool,
    method: Option<String>,
    timeout_millis: Option<String>,
    /// Whether the service may be spoken to in HTTP/2, in which it can refuse a request unseen.
    may_refuse: bool,
}

#[derive(Debug)]
enum Part {
    Text(String),
    Variable(Rc<str>),
}

impl Target {
    /// `mapped` are the variables of the URI that a mapping gives a value.
    pub(crate) fn compile(
        proxy: &HttpProxy,
        variables: &BTreeMap<String, String>,
        key: &RouteKey,
        mapped: &[&str],
        protocol: Protocol,
    ) -> Result<Self, Invalid> {
        let at = |field: &'static str| move |invalid: Invalid| invalid.within(field);
        let uri = variables::substitute(&proxy.uri, variables).map_err(at("uri"))?;
        let (endpoint, rest) = Endpoint::split(&uri).map_err(at("uri"))?;
        if let Some(byte) = rest.bytes().find(|byte| !byte.is_ascii_graphic()) {
            let reason = format!("`{uri}` has the byte {byte:#04x}, which must be percent-encoded");
            return Err(Invalid::new("uri", reason));
        }
        let (path, query) = match rest.split_once('?') {
            Some((path, query)) => (path, Some(query)),
            None => (rest, None),
        };
        let path = parts(path, key, mapped).map_err(at("uri"))?;
        let query = query.map(|query| parts(query, key, mapped)).transpose().map_err(at("uri"))?;
        let method = match proxy.method.as_deref() {
            None => None,
            Some(method) if is_method(method) => Some(method.to_owned()),
            Some(method) => {
                let reason = format!("`{method}` is not a method, such as `GET`");
                return Err(Invalid::new("method", reason));
            }
        };
        let timeout = timeout(proxy, protocol)?;
        let usual = match proxy.response_transfer_mode {
            ResponseTransferMode::Buffered => PROXY_TIMEOUT_MILLIS,
            ResponseTransferMode::Stream => STREAM_TIMEOUT_MILLIS,
        };
        check_encryption(proxy, &endpoint, protocol)?;
        let upstream = Upstream::of_service(endpoint, proxy);
        let may_refuse = upstream.endpoint.scheme == Scheme::Https || proxy.http2;
        Ok(Self {
            may_refuse,
            cluster: upstream.cluster,
            authority: upstream.endpoint.authority(),
            path,
            query,
            appends_path: matches!(key, RouteKey::Default),
            method,
            timeout_millis: (timeout != usual).then(|| timeout.to_string()),
        })
    }

    /// The proxy's name for the service.
    pub(crate) fn cluster(&self) -> &str {
        &self.cluster
    }

    /// Turns the request towards the service, with this query. `path` is what the route was found by.
    pub(crate) fn apply(
        &self,
        exchange: &mut Exchange,
        path: &str,
        changes: &Changes,
        query: Option<&[u8]>,
    ) {
        let parameters = &exchange.context.path_parameters;
        let value = |name: &Rc<str>| {
            let mapped = changes.path_variables.get(&**name).map(String::as_str);
            mapped.or_else(|| parameters.get(name).map(String::as_str)).unwrap_or_default()
        };
        let target = self.render(value, changes.path.as_deref(), path, query);
        let is_sent_again = self.may_refuse && is_short(exchange);
        let headers = &mut exchange.request.headers;
        if headers.get(":path") != Some(target.as_slice()) {
            headers.set(":path", target);
        }
        if headers.get(":authority") != Some(self.authority.as_bytes()) {
            headers.set(":authority", &self.authority);
        }
        if let Some(method) = &self.method
            && headers.get(":method") != Some(method.as_bytes())
        {
            headers.set(":method", method);
        }
        if let Some(timeout) = &self.timeout_millis {
            headers.set(TIMEOUT_HEADER, timeout);
        }
        if is_sent_again {
            headers.set(RETRY_HEADER, REFUSED);
        }
        headers.set(CLUSTER_HEADER, &self.cluster);
    }

    fn render<'v>(
        &self,
        value: impl Fn(&Rc<str>) -> &'v str,
        instead: Option<&str>,
        path: &str,
        query: Option<&[u8]>,
    ) -> Vec<u8> {
        let mut target = String::with_capacity(256);
        target.push_str(instead.unwrap_or_default());
        for part in self.path.iter().filter(|_| instead.is_none()) {
            match part {
                Part::Text(text) => target.push_str(text),
                // INVARIANT: the value is still percent-encoded and has no dot segments, so it
                // cannot lead out of its place.
                Part::Variable(name) => target.push_str(value(name)),
            }
        }
        if self.appends_path && instead.is_none() {
            if target.ends_with('/') {
                target.pop();
            }
            target.push_str(path);
        }
        if !target.starts_with('/') {
            target.insert(0, '/');
        }
        if self.query.is_some() {
            target.push('?');
        }
        for part in self.query.iter().flatten() {
            match part {
                Part::Text(text) => target.push_str(text),
                Part::Variable(name) => encode_in_query(value(name), &mut target),
            }
        }
        let mut target = target.into_bytes();
        if let Some(query) = query {
            target.push(if self.query.is_some() { b'&' } else { b'?' });
            target.extend_from_slice(query);
        }
        target
    }
}

/// A piece of a path, where a query has separators of its own.
fn encode_in_query(value: &str, target: &mut String) {
    for byte in value.chars() {
        match byte {
            '&' | '=' | '+' | ';' | '#' | '?' => {
                // Writing to a string does not fail.
                let _ = write!(target, "%{:02X}", u32::from(byte));
            }
            plain => target.push(plain),
        }
    }
}

fn parts(text: &str, key: &RouteKey, mapped: &[&str]) -> Result<Vec<Part>, Invalid> {
    let mut parts = Vec::new();
    let mut rest = text;
    while let Some((before, after)) = rest.split_once('{') {
        let Some((name, after)) = after.split_once('}') else {
            return Err(Invalid::new("", format!("`{text}` has a `{{` that is never closed")));
        };
        let found = mapped.contains(&name).then(|| name.into()).or_else(|| variable(key, name));
        let Some(name) = found else {
            return Err(Invalid::new(
                "",
                format!("`{{{name}}}` is not a path variable of `{key}`"),
            ));
        };
        if !before.is_empty() {
            parts.push(Part::Text(before.to_owned()));
        }
        parts.push(Part::Variable(name));
        rest = after;
    }
    if !rest.is_empty() {
        parts.push(Part::Text(rest.to_owned()));
    }
    Ok(parts)
}

fn variable(key: &RouteKey, name: &str) -> Option<Rc<str>> {
    let RouteKey::Path(_, template) = key else { return None };
    template.segments().iter().find_map(|segment| match segment {
        Segment::Variable(variable) | Segment::Greedy(variable) if &**variable == name => {
            Some(variable.clone())
        }
        Segment::Literal(_) | Segment::Variable(_) | Segment::Greedy(_) => None,
    })
}

fn is_method(method: &str) -> bool {
    matches!(method, "GET" | "POST" | "PUT" | "PATCH" | "DELETE" | "HEAD" | "OPTIONS")
}

/// Whether the body is known to be no longer than what is kept of it.
fn is_short(exchange: &Exchange) -> bool {
    let said = exchange.request.headers.get("content-length");
    let length = said.and_then(|said| std::str::from_utf8(said).ok()?.parse::<u64>().ok());
    exchange.is_bodiless || length.is_some_and(|length| length <= MAX_KEPT_BYTES)
}

/// Whatever is said of encryption must be about something.
fn check_encryption(
    proxy: &HttpProxy,
    endpoint: &Endpoint,
    protocol: Protocol,
) -> Result<(), Invalid> {
    let refuse = |field: &str, reason: String| Err(Invalid::new(field, reason));
    if proxy.insecure_skip_verification && protocol == Protocol::Http {
        let reason = "only a REST API can leave a certificate unchecked";
        return refuse("insecure_skip_verification", reason.to_owned());
    }
    if proxy.insecure_skip_verification && proxy.server_name_to_verify.is_some() {
        let reason = "a certificate that nobody checks needs no name: leave out one of them";
        return refuse("server_name_to_verify", reason.to_owned());
    }
    match endpoint.scheme {
        Scheme::Http if proxy.insecure_skip_verification => {
            let reason = format!("`{endpoint}` has no certificate to leave unchecked: use `https`");
            refuse("insecure_skip_verification", reason)
        }
        Scheme::Https if proxy.http2 => {
            let reason = format!("with `{endpoint}` the protocol is agreed on: leave it out");
            refuse("http2", reason)
        }
        Scheme::Http | Scheme::Https => Ok(()),
    }
}

fn timeout(proxy: &HttpProxy, protocol: Protocol) -> Result<u32, Invalid> {
    let usual = match protocol {
        Protocol::Http => 30_000,
        Protocol::Rest => 29_000,
    };
    let most = match proxy.response_transfer_mode {
        ResponseTransferMode::Buffered => usual,
        ResponseTransferMode::Stream => STREAM_TIMEOUT_MILLIS,
    };
    match proxy.timeout_millis {
        None => Ok(usual),
        Some(millis) if (MIN_TIMEOUT_MILLIS..=most).contains(&millis) => Ok(millis),
        Some(millis) => {
            let reason = format!("`{millis}` is not from {MIN_TIMEOUT_MILLIS} to {most}");
            Err(Invalid::new("timeout_millis", reason))
        }
    }
}
