//! The trace that a request is part of.

use tollgate_policy::{Exchange, Headers};

/// The trace header of X-Ray, and of API Gateway.
const AMAZON: &str = "x-amzn-trace-id";

/// That of W3C Trace Context.
const W3C: &str = "traceparent";

/// The longest value that is read. What is longer is not a trace.
const MAX_BYTES: usize = 512;

/// Continues the trace of a request, or begins one: what the integration gets in `X-Amzn-Trace-Id`, and
/// in `traceparent` where the client sent none. A `traceparent` of the client's goes on as it is, and its
/// trace is that of both.
///
/// The root is that of the client's `X-Amzn-Trace-Id`; else that of its `traceparent`; else a new one.
/// See [X-Ray](https://docs.aws.amazon.com/xray/latest/devguide/xray-concepts.html#xray-concepts-tracingheader)
/// and [W3C](https://www.w3.org/TR/trace-context/).
pub(crate) fn go_on(exchange: &mut Exchange) {
    if let Some(parent) = begin(exchange) {
        exchange.request.headers.set(W3C, parent);
    }
}

/// The same without `traceparent`, which functions are not told. Returns what it would say, where the
/// client sent none.
pub(crate) fn begin(exchange: &mut Exchange) -> Option<String> {
    let headers = &exchange.request.headers;
    let (epoch, nonce) = (exchange.arrived.as_secs(), exchange.nonce);
    let (amazon, w3c) = (text(headers, AMAZON), text(headers, W3C).and_then(parent));
    let root = amazon
        .and_then(|trace| part(trace, "Root"))
        .filter(|root| is_root(root))
        .map(str::to_owned)
        .or_else(|| w3c.and_then(|(trace, _)| of_w3c(trace)))
        .unwrap_or_else(|| format!("1-{:08x}-{:024x}", epoch as u32, nonce >> 32));
    let span = format!("{:016x}", (nonce as u64).max(1));
    let sampled =
        amazon.and_then(|trace| part(trace, "Sampled")).filter(|said| matches!(*said, "0" | "1"));
    let sampled =
        sampled.or(w3c.map(|(_, sampled)| if sampled { "1" } else { "0" })).unwrap_or("0");
    let trace = format!("Root={root};Parent={span};Sampled={sampled}");
    let parent = w3c.is_none().then(|| {
        let id: String = root.chars().skip(2).filter(|char| *char != '-').collect();
        format!("00-{id}-{span}-0{sampled}")
    });
    exchange.request.headers.set(AMAZON, &trace);
    exchange.context.trace_id = Some(trace);
    parent
}

fn text<'h>(headers: &'h Headers, name: &str) -> Option<&'h str> {
    let value = headers.get(name).filter(|value| value.len() <= MAX_BYTES)?;
    std::str::from_utf8(value).ok()
}

fn part<'t>(trace: &'t str, name: &str) -> Option<&'t str> {
    let mut parts = trace.split(';').filter_map(|part| part.trim().split_once('='));
    parts.find(|(key, _)| *key == name).map(|(_, value)| value)
}

/// `1-5759e988-bd862e3fe1be46a994272793`
fn is_root(root: &str) -> bool {
    let mut parts = root.split('-');
    let hex =
        |part: Option<&str>, digits| part.is_some_and(|part| part.len() == digits && is_hex(part));
    parts.next() == Some("1")
        && hex(parts.next(), 8)
        && hex(parts.next(), 24)
        && parts.next().is_none()
}

/// The trace of a `traceparent`, and whether it is sampled.
fn parent(text: &str) -> Option<(&str, bool)> {
    let mut parts = text.split('-');
    let [version, trace, span, flags] =
        [parts.next()?, parts.next()?, parts.next()?, parts.next()?];
    let is_well_formed = version.len() == 2
        && version != "ff"
        && trace.len() == 32
        && span.len() == 16
        && flags.len() == 2
        && [version, trace, span, flags].into_iter().all(is_hex)
        && [trace, span].into_iter().all(|id| id.bytes().any(|byte| byte != b'0'))
        && (version != "00" || parts.next().is_none());
    let flags = u8::from_str_radix(flags, 16).ok()?;
    is_well_formed.then_some((trace, flags & 1 == 1))
}

fn of_w3c(trace: &str) -> Option<String> {
    let (epoch, rest) = trace.split_at_checked(8)?;
    Some(format!("1-{epoch}-{rest}"))
}

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
