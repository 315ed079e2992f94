//! The answers Envoy gives before the gateway sees a request, in API Gateway's words.

use tollgate_policy::ANSWERED_HEADER;

use crate::yaml::{Node, map};

/// Statuses that Envoy answers with, and API Gateway's message for each.
const MESSAGES: [(u16, &str); 10] = [
    (400, "Bad Request"),
    (403, "Forbidden"),
    (404, "Not Found"),
    (408, "Request Timeout"),
    (413, "Request Entity Too Large"),
    (426, "Upgrade Required"),
    (431, "Request Header Fields Too Large"),
    (500, "Internal Server Error"),
    (503, "Service Unavailable"),
    (504, "Gateway Timeout"),
];

/// Every answer of Envoy's own says in its details what was wrong. The gateway's answers say
/// `tollgate` and keep the body they have. An answer with words of its own is told apart before.
pub(crate) fn config(special: Option<Node>) -> Node {
    let messages = MESSAGES.map(|(status, message)| format!("{status}: '{message}'")).join(", ");
    let statuses = MESSAGES.map(|(status, _)| status.to_string()).join(", ");
    let general = map! {
        /// Envoy's own answers, not the gateway's.
        "filter": matching(&format!(
            "response.code_details != 'tollgate' && response.code in [{statuses}]"
        )),
        "body_format_override": map! {
            "text_format_source": map! {
                "inline_string": format!(
                    "{{\"message\":\"%CEL({{{messages}}}[response.code])%\"}}"
                ),
            },
            "content_type": "application/json",
        },
    };
    map! { "mappers": special.into_iter().chain([general]).collect::<Vec<_>>() }
}

/// Takes Envoy's own answers of which this expression of CEL is true. It takes its time, so that what a
/// filter has answered, and what is no error, is told apart before.
pub(crate) fn matching(expression: &str) -> Node {
    let is_error = map! {
        "status_code_filter": map! {
            "comparison": map! {
                "op": "GE",
                "value": map! { "default_value": 400_u32, "runtime_key": "tollgate.errors" },
            },
        },
    };
    let is_envoys_own = map! {
        "header_filter": map! {
            "header": map! { "name": ANSWERED_HEADER, "present_match": false },
        },
    };
    let is_true = map! {
        "extension_filter": map! {
            "name": "envoy.access_loggers.extension_filters.cel",
            "typed_config": map! {
                "@type": "type.googleapis.com/envoy.extensions.access_loggers.filters.cel.v3.ExpressionFilter",
                "expression": expression,
            },
        },
    };
    map! { "and_filter": map! { "filters": [is_error, is_envoys_own, is_true] } }
}
