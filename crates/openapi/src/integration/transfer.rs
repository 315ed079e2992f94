//! `responseTransferMode`: whether a response comes as a whole or as a stream.

use tollgate_gateway::STREAM_TIMEOUT_MILLIS;
use tollgate_gateway::definition::{Protocol, ResponseTransferMode};
use tollgate_source::{Fields, Findings};

/// Reads it, where it stands in an integration of this type. There is nothing if it is wrong.
pub(super) fn read(
    fields: &mut Fields<'_>,
    kind: &str,
    protocol: Protocol,
    out: &mut Findings,
) -> Option<ResponseTransferMode> {
    let Some(at) = fields.take("responseTransferMode") else {
        return Some(ResponseTransferMode::Buffered);
    };
    match (at.string(out)?.to_ascii_uppercase().as_str(), protocol) {
        ("BUFFERED", _) => Some(ResponseTransferMode::Buffered),
        ("STREAM", Protocol::Rest) if kind == "http" => {
            let reason = "only the responses of an `http_proxy` or an `aws_proxy` come as a stream: \
                          those of an `http` are made of what `responses` say";
            out.refuse(&at, reason);
            None
        }
        ("STREAM", Protocol::Rest) => Some(ResponseTransferMode::Stream),
        ("STREAM", Protocol::Http) => {
            out.refuse(&at, "only a REST API says that responses come as a stream");
            None
        }
        _ => {
            out.refuse(&at, "`BUFFERED` or `STREAM` belongs here");
            None
        }
    }
}

/// The longest time-out, in milliseconds.
pub(super) const fn longest(protocol: Protocol, mode: ResponseTransferMode) -> u32 {
    match (protocol, mode) {
        (Protocol::Http, _) => 30_000,
        (Protocol::Rest, ResponseTransferMode::Buffered) => 29_000,
        (Protocol::Rest, ResponseTransferMode::Stream) => STREAM_TIMEOUT_MILLIS,
    }
}
