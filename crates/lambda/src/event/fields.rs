//! Header fields, as events have them.

use std::borrow::Cow;

use super::Source;
use super::multi::Multi;
use super::query::{lossy, readable};

/// What belongs to one connection, or to the gateway and the proxy, and so to no event.
const OF_THE_WAY: [&[u8]; 8] = [
    b"connection",
    b"keep-alive",
    b"proxy-authenticate",
    b"proxy-connection",
    b"te",
    b"trailer",
    b"transfer-encoding",
    b"upgrade",
];

/// What a REST API keeps to itself besides.
const OF_REST: [&[u8]; 6] =
    [b"content-length", b"content-md5", b"expect", b"max-forwards", b"server", b"www-authenticate"];

const CONTROL: [&[u8]; 2] = [b"x-tollgate-", b"x-envoy-"];

/// The fields of a REST API's event, under the names that API Gateway writes at its edge: each part
/// begins with a capital letter. (The proxy tells nobody how the client wrote them.)
pub(crate) fn of_rest<'a>(source: Source<'a>) -> Multi<'a> {
    let sent = sent(source).filter(|(name, _)| !OF_REST.contains(name));
    let sent = sent.map(|(name, value)| (name, readable(value)));
    sent.chain(known(source)).map(|(name, value)| (capitalized(name).into(), value)).collect()
}

/// The fields of an HTTP API's event of format 1.0, of a request whose body is of so many bytes where
/// that is known.
pub(crate) fn of_http<'a>(source: Source<'a>, bytes: Option<usize>) -> Multi<'a> {
    let sent = sent(source).map(|(name, value)| (name, readable(value)));
    let all = sent.chain(known(source)).chain(length(source, bytes));
    all.map(|(name, value)| {
        let is_lower = LOWER.iter().any(|lower| name.starts_with(lower));
        let name = if is_lower { readable(name) } else { capitalized(name).into() };
        (name, value)
    })
    .collect()
}

/// What begins the names that an HTTP API leaves in lower case, in which clients send them that speak
/// HTTP/2.
const LOWER: [&[u8]; 10] = [
    b"accept",
    b"authorization",
    b"cache-control",
    b"cookie",
    b"origin",
    b"pragma",
    b"priority",
    b"referer",
    b"sec-",
    b"upgrade-insecure-requests",
];

/// The fields of an event of format 2.0, without cookies.
pub(crate) fn of_v2<'a>(source: Source<'a>, bytes: Option<usize>) -> Multi<'a> {
    let sent = sent(source).filter(|(name, _)| *name != b"cookie");
    let sent = sent.map(|(name, value)| (name, readable(value)));
    let all = sent.chain(known(source)).chain(length(source, bytes));
    all.map(|(name, value)| {
        let name = readable(name);
        let is_lower = !name.bytes().any(|byte| byte.is_ascii_uppercase());
        (if is_lower { name } else { name.to_ascii_lowercase().into() }, value)
    })
    .collect()
}

/// The cookies of an event of format 2.0.
pub(crate) fn cookies<'a>(source: Source<'a>) -> Vec<Cow<'a, str>> {
    (source.exchange.request.headers.get_all("cookie"))
        .flat_map(|cookies| cookies.split(|&byte| byte == b';'))
        .map(<[u8]>::trim_ascii)
        .filter(|cookie| !cookie.is_empty())
        .map(readable)
        .collect()
}

/// What the client sent, and what mappings have made of it.
fn sent<'a>(source: Source<'a>) -> impl Iterator<Item = (&'a [u8], &'a [u8])> {
    source.exchange.request.headers.iter().filter(|(name, _)| {
        let is_control = CONTROL.iter().any(|prefix| name.starts_with(prefix));
        let is_ours = matches!(*name, b"host" | b"x-forwarded-port");
        !name.starts_with(b":") && !is_control && !is_ours && !OF_THE_WAY.contains(name)
    })
}

/// What the gateway knows of how the request came.
fn known<'a>(source: Source<'a>) -> [(&'static [u8], Cow<'a, str>); 2] {
    let host = source.field(":authority").unwrap_or_default();
    [(b"x-forwarded-port", port(source, &host).into()), (b"host", host)]
}

/// What an HTTP API says of the length of the body where the client does not, even if there is none.
fn length<'a>(source: Source<'a>, bytes: Option<usize>) -> Option<(&'static [u8], Cow<'a, str>)> {
    let headers = &source.exchange.request.headers;
    if headers.get("content-length").is_some() {
        return None;
    }
    let is_unknown = bytes.is_none() && headers.get("transfer-encoding").is_some();
    let bytes = bytes.unwrap_or_default().to_string();
    (!is_unknown).then(|| (&b"content-length"[..], bytes.into()))
}

/// The port that the client asked for: what it says, or what belongs to the scheme.
fn port(source: Source<'_>, host: &str) -> String {
    let said = host.rsplit_once(':').map(|(_, port)| port);
    let said = said.filter(|port| {
        !port.is_empty() && port.len() <= 5 && port.bytes().all(|byte| byte.is_ascii_digit())
    });
    let of_scheme = || match source.exchange.request.headers.get("x-forwarded-proto") {
        Some(b"http") => "80",
        _ => "443",
    };
    said.unwrap_or_else(of_scheme).to_owned()
}

/// A name as API Gateway writes it at its edge.
fn capitalized(name: &[u8]) -> String {
    /// What the edge itself says, with capital letters within.
    const OF_THE_EDGE: [(&[u8], &str); 4] = [
        (b"cloudfront-is-smarttv-viewer", "CloudFront-Is-SmartTV-Viewer"),
        (b"cloudfront-viewer-asn", "CloudFront-Viewer-ASN"),
        (b"x-amz-cf-id", "X-Amz-Cf-Id"),
        (b"dnt", "DNT"),
    ];
    if let Some((_, known)) = OF_THE_EDGE.iter().find(|(lower, _)| *lower == name) {
        return (*known).to_owned();
    }
    let mut written = name.to_vec();
    let mut begins = true;
    for byte in &mut written {
        if begins {
            byte.make_ascii_uppercase();
        }
        begins = *byte == b'-';
    }
    let written = lossy(written.into()).into_owned();
    match written.strip_prefix("Cloudfront-") {
        Some(rest) => format!("CloudFront-{rest}"),
        None => written,
    }
}
