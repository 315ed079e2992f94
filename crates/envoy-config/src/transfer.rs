//! Responses that come as a stream: API Gateway's `responseTransferMode`.

use std::time::Duration;

use tollgate_gateway::{EVENT_HEADER, STREAM, STREAM_TIMEOUT_MILLIS, TRANSFER_HEADER};

use crate::yaml::{Node, map};

/// API Gateway's own: how long nothing may come of a stream.
const IDLE: Duration = Duration::from_secs(5 * 60);

/// The time for the request, and for the client to read what has come: as much as with other responses.
const BESIDES: Duration = Duration::from_secs(4 * 60 + 30);

/// A request without a body gets the event as its body, which a filter of ours cannot give it.
const EVENT_CODE: &str = r#"function envoy_on_request(request)
  local event = request:headers():get("x-tollgate-event")
  if event ~= nil then
    request:headers():remove("x-tollgate-event")
    request:body(true):setBytes(event)
  end
end"#;

/// Stands before a service that takes events.
pub(crate) fn filter() -> Node {
    debug_assert!(EVENT_CODE.contains(EVENT_HEADER));
    map! {
        "name": "event",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": map! { "inline_string": Node::Lines(EVENT_CODE.to_owned()) },
        },
    }
}

/// The longest that a response may take, the longest that nothing may come of it, and the longest for all
/// of the exchange.
pub(crate) const fn times() -> [Duration; 3] {
    let longest = Duration::from_millis(STREAM_TIMEOUT_MILLIS as u64);
    [longest, IDLE, longest.saturating_add(BESIDES)]
}

/// The route of requests whose responses come as a stream, with this action.
pub(crate) fn route(action: Node) -> Node {
    map! {
        "match": map! {
            "prefix": "/",
            "headers": [map! {
                "name": TRANSFER_HEADER,
                "string_match": map! { "exact": STREAM },
            }],
        },
        "route": action,
    }
}
