//! What gateways are told of the client, in `CloudFront`'s header fields, and what the client is told.

use super::{Cache, Edge, Http3, cache, origins};
use crate::connection;
use crate::listener::CONTROL_HEADERS;
use crate::yaml::{Node, map};

/// Header fields, by how their names begin, that only the edge may send.
const OURS: [&str; 3] = ["x-forwarded-", "cloudfront-", "x-amz-cf-"];

/// The same, by their whole names: what one proxy or another says of a client.
const OURS_EXACTLY: [&str; 17] = [
    "forwarded",
    "forwarded-for",
    "x-forwarded",
    "x-real-ip",
    "x-client-ip",
    "x-cluster-client-ip",
    "x-originating-ip",
    "x-remote-addr",
    "x-remote-ip",
    "x-original-for",
    "x-original-forwarded-for",
    "true-client-ip",
    "cf-connecting-ip",
    "cf-connecting-ipv6",
    "fastly-client-ip",
    "x-azure-clientip",
    "x-azure-socketip",
];

/// What a proxy tells frameworks was asked for, where they see something else. What is kept is kept
/// for the host, path and query that were asked for, and for nothing that these say.
const ELSEWHERE: [&str; 10] = [
    "front-end-https",
    "x-host",
    "x-http-host-override",
    "x-original-host",
    "x-original-proto",
    "x-original-uri",
    "x-original-url",
    "x-rewrite-url",
    "x-scheme",
    "x-url-scheme",
];

/// Removes what clients say of themselves, and of what they have asked for.
pub(super) fn without_claims() -> Node {
    let names = OURS_EXACTLY.into_iter().chain(ELSEWHERE);
    connection::without(CONTROL_HEADERS.into_iter().chain(OURS), names)
}

pub(super) fn filter(edge: &Edge) -> Node {
    let request = vec![
        set(ADDRESS, "%DOWNSTREAM_REMOTE_ADDRESS_WITHOUT_PORT%"),
        set("cloudfront-viewer-address", "%DOWNSTREAM_REMOTE_ADDRESS%"),
        set("cloudfront-viewer-http-version", VERSION),
        set("cloudfront-viewer-tls", "%DOWNSTREAM_TLS_VERSION%:%DOWNSTREAM_TLS_CIPHER%"),
        set("cloudfront-forwarded-proto", "https"),
        set("x-amz-cf-id", "%UNIQUE_ID%"),
        set(origins::TIMEOUT.0, origins::TIMEOUT.1),
    ];
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
/// client's. And on the way back: what a backend says to Envoy is not for this one, which would obey if
/// it were told that the gateway is not well.
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
                "response_mutations": [map! {
                    "remove_on_match": map! { "key_matcher": map! { "prefix": "x-envoy-" } },
                }],
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
