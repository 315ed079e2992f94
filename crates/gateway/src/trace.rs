//! The trace that a request is part of.

use tollgate_policy::{Exchange, Headers};

use crate::hex;

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
    // A span has no name of zeroes.
    let nonce = if nonce as u64 == 0 { nonce | 1 } else { nonce };
    let mut made = [0; 40];
    if let Some((first, rest)) = made.split_first_chunk_mut() {
        *first = hex::digits(epoch as u32);
        rest.copy_from_slice(&hex::all_digits(nonce));
    }
    let made = std::str::from_utf8(&made).unwrap_or_default();
    let between = |start, end| made.get(start..end).unwrap_or_default();
    let [epoch, unique] = amazon
        .and_then(|trace| part(trace, "Root"))
        .and_then(root)
        .or_else(|| w3c?.0.split_at_checked(8).map(Into::into))
        .unwrap_or_else(|| [between(0, 8), between(8, 32)]);
    let span = between(24, 40);
    let sampled =
        amazon.and_then(|trace| part(trace, "Sampled")).filter(|said| matches!(*said, "0" | "1"));
    let sampled =
        sampled.or(w3c.map(|(_, sampled)| if sampled { "1" } else { "0" })).unwrap_or("0");
    let trace = ["Root=1-", epoch, "-", unique, ";Parent=", span, ";Sampled=", sampled].concat();
    let parent = w3c.is_none().then(|| ["00-", epoch, unique, "-", span, "-0", sampled].concat());
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

/// The time and the rest of `1-5759e988-bd862e3fe1be46a994272793`.
fn root(root: &str) -> Option<[&str; 2]> {
    let (epoch, unique) = root.strip_prefix("1-")?.split_once('-')?;
    let is_root = epoch.len() == 8 && unique.len() == 24 && is_hex(epoch) && is_hex(unique);
    is_root.then_some([epoch, unique])
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

fn is_hex(text: &str) -> bool {
    text.bytes().all(|byte| matches!(byte, b'0'..=b'9' | b'a'..=b'f'))
}
