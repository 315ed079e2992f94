//! Requests as their signers saw them, and as they go on.

use tollgate_policy::{Exchange, Request};
use tollgate_sigv4 as sigv4;

/// The parameters of a presigned request, which are for the verifier alone.
const PARAMETERS: [&[u8]; 7] = [
    b"X-Amz-Algorithm",
    b"X-Amz-Credential",
    b"X-Amz-Date",
    b"X-Amz-Expires",
    b"X-Amz-SignedHeaders",
    b"X-Amz-Signature",
    b"X-Amz-Security-Token",
];

/// Looks at a request as it arrived, whatever has been done to it since.
pub(crate) fn with_arrived<T>(
    exchange: &Exchange,
    look: impl FnOnce(&sigv4::Request<'_>) -> T,
) -> T {
    let headers = &exchange.request.headers;
    let pseudo = |name: &str| headers.arrived(name).unwrap_or_default();
    let target = pseudo(":path");
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let fields: Vec<_> = headers.arrivals().filter(|(name, _)| !name.starts_with(b":")).collect();
    look(&sigv4::Request {
        method: pseudo(":method"),
        path: parts.next().unwrap_or_default(),
        query: parts.next().unwrap_or_default(),
        authority: pseudo(":authority"),
        headers: &fields,
    })
}

/// Takes a signature out of a request that goes on: whoever has it could send the request again. The
/// session token goes with it. All else stays, the date and the digest of the body among it.
pub fn withdraw_signature(request: &mut Request) {
    request.headers.remove_alike("authorization");
    request.headers.remove_alike("x-amz-security-token");
    let Some(query) = request.query() else { return };
    let is_of_signature = |parameter: &&[u8]| {
        let name = parameter.split(|byte| *byte == b'=').next().unwrap_or_default();
        let name = sigv4::decode(name);
        PARAMETERS.iter().any(|known| name.eq_ignore_ascii_case(known))
    };
    let parameters: Vec<_> = query.split(|byte| *byte == b'&').collect();
    let kept: Vec<_> =
        parameters.iter().copied().filter(|parameter| !is_of_signature(parameter)).collect();
    if kept.len() == parameters.len() {
        return;
    }
    let query = kept.join(&b'&');
    let mut target = request.path().to_vec();
    if !query.is_empty() {
        target.push(b'?');
        target.extend(query);
    }
    request.headers.set(":path", target);
}
