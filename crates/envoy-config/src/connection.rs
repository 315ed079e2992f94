//! How connections of clients are read, whoever listens: what is let in, and how long anything may
//! take.

use std::time::Duration;

use crate::settings::Underscores;
use crate::yaml::{Node, map};

/// Nobody is internal and may steer Envoy.
pub(crate) fn nobody_is_internal() -> Node {
    map! {
        "cidr_ranges": [map! { "address_prefix": "255.255.255.255", "prefix_len": 32_u32 }],
    }
}

/// How long an exchange may take, from its first byte to its last.
pub(crate) const WHOLE: Duration = Duration::from_secs(300);

/// What holds in every version of HTTP.
pub(crate) fn common(underscores: Underscores) -> Node {
    map! {
        /// Longer than the 60 s that load balancers keep a connection they may use again.
        "idle_timeout": Duration::from_secs(75),
        /// The time for the request, for the backend, and to read the answer.
        "max_stream_duration": WHOLE,
        /// The bytes are what API Gateway limits.
        "max_headers_count": 200_u32,
        /// To many services `x_user` is `x-user`, which may be what the gateway says of the caller.
        "headers_with_underscores_action": match underscores {
            Underscores::Drop => "DROP_HEADER",
            Underscores::Keep => "ALLOW",
        },
    }
}

pub(crate) fn http1() -> Node {
    map! {
        "accept_http_10": true,
        /// Two lengths for one body are how requests are smuggled.
        "allow_chunked_length": false,
        /// An offer to speak something else is not taken up. RFC 9110, 7.8.
        "ignore_http_11_upgrade": [map! { "safe_regex": map! { "regex": ".*" } }],
    }
}

pub(crate) fn http2() -> Node {
    map! {
        "max_concurrent_streams": 100_u32,
        "initial_stream_window_size": 64_u32 << 10,
        "initial_connection_window_size": 1_u32 << 20,
    }
}

/// Removes header fields before anything reads them.
pub(crate) fn without<'a>(
    prefixes: impl IntoIterator<Item = &'a str>,
    names: impl IntoIterator<Item = &'a str>,
) -> Node {
    let remove = |matcher: Node| map! { "remove_on_match": map! { "key_matcher": matcher } };
    let prefixes = prefixes.into_iter().map(|prefix| remove(map! { "prefix": prefix }));
    let names = names.into_iter().map(|name| remove(map! { "exact": name }));
    map! {
        "name": "envoy.http.early_header_mutation.header_mutation",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.http.early_header_mutation.header_mutation.v3.HeaderMutation",
            "mutations": prefixes.chain(names).collect::<Vec<_>>(),
        },
    }
}

/// What sends a request on.
pub(crate) fn router() -> Node {
    map! {
        "name": "envoy.filters.http.router",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.router.v3.Router",
            "suppress_envoy_headers": true,
        },
    }
}
