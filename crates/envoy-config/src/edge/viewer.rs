//! What gateways are told of the client, in `CloudFront`'s header fields, and what the client is told.

use super::{Cache, Edge, Http3, cache, origins};
use crate::connection;
use crate::listener::CONTROL_HEADERS;
use crate::yaml::{Node, map};

/// Header fields, by how their names begin, that only the edge may send.
const OURS: [&str; 3] = ["x-forwarded-", "cloudfront-", "x-amz-cf-"];

/// The same, by their whole names: what one proxy or another says of a client.
const OURS_EXACTLY: [&str; 6] = [
    "forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "true-client-ip",
    "x-original-forwarded-for",
];

/// Removes what clients say of themselves.
pub(super) fn without_claims() -> Node {
    connection::without(CONTROL_HEADERS.into_iter().chain(OURS), OURS_EXACTLY)
}

pub(super) fn filter(edge: &Edge) -> Node {
    let mut request = vec![
        set(ADDRESS, "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
        set("cloudfront-viewer-address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        set("cloudfront-viewer-http-version", VERSION),
        set("cloudfront-viewer-tls", "%DOWNSTREAM_TLS_VERSION%:%DOWNSTREAM_TLS_CIPHER%"),
        set("cloudfront-forwarded-proto", "https"),
        set("x-amz-cf-id", "%UNIQUE_ID%"),
    ];
    request.extend(origins::orders().map(|(name, value)| set(name, value)));
    let mut response = vec![
        set("x-amz-cf-id", "%REQ(x-amz-cf-id)%"),
        set("x-amz-cf-pop", &edge.node),
        map! { "remove": "x-envoy-upstream-service-time" },
    ];
    if edge.cache != Cache::Off {
        response.push(set("x-cache", &cache::outcome(&edge.node)));
    }
    if let Http3::At(port) = edge.http3 {
        response.push(set("alt-svc", &format!("h3=\":{port}\"; ma=86400")));
    }
    map! {
        "name": "edge.viewer",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": map! { "request_mutations": request, "response_mutations": response },
        },
    }
}

/// As `CloudFront` writes it: `2.0`, not `HTTP/2`.
const VERSION: &str = "%CEL({'HTTP/1.0': '1.0', 'HTTP/1.1': '1.1', 'HTTP/2': '2.0', 'HTTP/3': '3.0'}[request.protocol])%";

/// In which the client's address goes to where a request leaves the edge.
const ADDRESS: &str = "x-tollgate-viewer";

/// A filter on the way to a gateway: `x-forwarded-for` is the client, and nothing else. On its way
/// through the cache a request gets the edge's own address too, which the gateway would take for the
/// client's.
pub(super) fn address() -> Node {
    map! {
        "name": "edge.address",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.header_mutation.v3.HeaderMutation",
            "mutations": map! {
                "request_mutations": [
                    set("x-forwarded-for", &format!("%REQ({ADDRESS})%")),
                    map! { "remove": ADDRESS },
                    map! { "remove": "x-envoy-internal" },
                    map! { "remove": "x-envoy-expected-rq-timeout-ms" },
                ],
            },
        },
    }
}

fn set(name: &str, value: &str) -> Node {
    map! {
        "append": map! {
            "header": map! { "key": name, "value": value },
            "append_action": "OVERWRITE_IF_EXISTS_OR_ADD",
        },
    }
}
