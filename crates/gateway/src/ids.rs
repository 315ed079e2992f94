//! The names a request goes by.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE;
use tollgate_policy::{Context, Exchange, Headers};

use crate::definition::Protocol;
use crate::hex;

/// Names a request, in the form of the API's kind: `$context.requestId` and `extendedRequestId`.
pub(crate) fn assign(protocol: Protocol, exchange: &mut Exchange) {
    let extended = short(exchange.nonce);
    exchange.context.request_id = match protocol {
        Protocol::Http => extended.clone(),
        // A client may bring a UUID of its own; anything else is replaced.
        Protocol::Rest => (exchange.request.headers.get("x-amzn-requestid"))
            .filter(|id| is_uuid(id))
            .and_then(|id| String::from_utf8(id.to_vec()).ok())
            .unwrap_or_else(|| uuid(exchange.nonce)),
    };
    exchange.context.extended_request_id = extended;
}

/// The header fields by which a caller and the operator can speak of the same request.
pub(crate) fn tell(protocol: Protocol, context: &Context, headers: &mut Headers) {
    match protocol {
        Protocol::Http => headers.set("apigw-requestid", &context.request_id),
        Protocol::Rest => {
            headers.set("x-amzn-requestid", &context.request_id);
            headers.set("x-amz-apigw-id", &context.extended_request_id);
        }
    }
}

/// Eleven bytes in sixteen characters, such as `Mc7UVioPPHcEKPA=`.
fn short(nonce: u128) -> String {
    let bytes = nonce.to_be_bytes();
    URL_SAFE.encode(bytes.get(..11).unwrap_or(&bytes))
}

/// A random UUID, RFC 9562 section 5.4.
fn uuid(nonce: u128) -> String {
    const VERSION: u128 = 0xf << 76;
    const VARIANT: u128 = 0b11 << 62;
    let bits = nonce & !VERSION & !VARIANT | 4 << 76 | 0b10 << 62;
    let digits = hex::all_digits(bits);
    let mut text = Vec::with_capacity(36);
    for (start, end) in [(0, 8), (8, 12), (12, 16), (16, 20), (20, 32)] {
        if start > 0 {
            text.push(b'-');
        }
        text.extend_from_slice(digits.get(start..end).unwrap_or_default());
    }
    // INVARIANT: they are digits.
    String::from_utf8(text).unwrap_or_default()
}

fn is_uuid(text: &[u8]) -> bool {
    text.len() == 36
        && text.iter().enumerate().all(|(index, byte)| match index {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
}
