//! The header fields that a service gets from a REST API.

use tollgate_policy::Headers;

/// What API Gateway keeps to itself.
const UNWANTED: [&[u8]; 10] = [
    b"content-md5",
    b"expect",
    b"max-forwards",
    b"proxy-authenticate",
    b"server",
    b"te",
    b"trailer",
    b"upgrade",
    b"via",
    b"www-authenticate",
];

/// What says how the body is to be read.
const ABOUT_THE_BODY: [&[u8]; 4] =
    [b"content-encoding", b"content-length", b"content-type", b"transfer-encoding"];

/// Where the client comes from, which is the proxy's to say.
pub(crate) const OF_THE_PROXY: [&[u8]; 2] = [b"x-forwarded-for", b"x-forwarded-proto"];

/// Removes what a proxied service does not get. A service of gRPC answers nobody who does not say that
/// trailers are welcome.
pub(crate) fn drop_unwanted(headers: &mut Headers) {
    let is_grpc = is_grpc(headers);
    remove(headers, |name| UNWANTED.contains(&name) && !(is_grpc && name == b"te"));
}

fn is_grpc(headers: &Headers) -> bool {
    const GRPC: &[u8] = b"application/grpc";
    let said = headers.get("content-type").and_then(|said| said.split_at_checked(GRPC.len()));
    said.is_some_and(|(start, rest)| {
        start.eq_ignore_ascii_case(GRPC) && matches!(rest.first(), None | Some(b'+' | b';'))
    })
}

/// Removes everything of the client's but what its body needs: a service that is not proxied gets what
/// the mapping says.
pub(crate) fn begin_anew(headers: &mut Headers) {
    let is_control = |name: &[u8]| name.starts_with(b"x-tollgate-");
    let is_kept =
        |name: &[u8]| name.starts_with(b":") || ABOUT_THE_BODY.contains(&name) || is_control(name);
    remove(headers, |name| !is_kept(name) && !OF_THE_PROXY.contains(&name));
    headers.set("accept", "application/json");
}

/// Removes everything of the client's, and says this instead.
pub(crate) fn say(headers: &mut Headers, instead: &Headers) {
    let is_control = |name: &[u8]| name.starts_with(b"x-tollgate-");
    replace(headers, instead, |name| is_control(name) || OF_THE_PROXY.contains(&name));
}

/// Puts header fields in the place of all that are not to be kept.
pub(crate) fn replace(headers: &mut Headers, instead: &Headers, is_kept: impl Fn(&[u8]) -> bool) {
    remove(headers, |name| !name.starts_with(b":") && !is_kept(name));
    for (name, value) in instead.iter() {
        let text = String::from_utf8_lossy(name);
        if name.starts_with(b":") {
            headers.set(&text, value);
        } else {
            headers.append(&text, value);
        }
    }
}

/// Says which API is asking, and what for where the client does not.
pub(crate) fn introduce(headers: &mut Headers, api: &str) {
    headers.set("x-amzn-apigateway-api-id", api);
    if headers.get("user-agent").is_none() {
        headers.set("user-agent", format!("AmazonAPIGateway_{api}"));
    }
    if headers.get("accept").is_none() {
        headers.set("accept", "application/json");
    }
}

fn remove(headers: &mut Headers, is_unwanted: impl Fn(&[u8]) -> bool) {
    let names: Vec<_> = (headers.iter())
        .filter(|(name, _)| is_unwanted(name))
        .map(|(name, _)| String::from_utf8_lossy(name).into_owned())
        .collect();
    for name in names {
        headers.remove(&name);
    }
}
