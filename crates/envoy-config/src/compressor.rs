//! Compression of responses from a size on: API Gateway's `minimumCompressionSize`.
//!
//! A compressor has one size, so there is one for each that the definition has when the proxy starts.
//! None does anything unless the gateway says so in a header field, by which a route is found that
//! switches one on.

use std::collections::BTreeSet;

use tollgate_gateway::COMPRESSION_HEADER;

use crate::yaml::{Node, map};

/// The names of the compressors, and so how many sizes there may be: each is a filter that every
/// request goes through.
const NAMES: [&str; 4] = ["compressor-1", "compressor-2", "compressor-3", "compressor-4"];

/// How many sizes there may be.
pub(crate) const MAX_SIZES: usize = NAMES.len();

/// The compressors, in the order of their sizes.
pub(crate) fn filters(sizes: &BTreeSet<u32>) -> Vec<Node> {
    let all = sizes.iter().zip(NAMES);
    all.map(|(size, name)| filter(name, *size)).collect()
}

fn filter(name: &str, size: u32) -> Node {
    map! {
        "name": name,
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.Compressor",
            "response_direction_config": map! {
                "common_config": map! {
                    "min_content_length": size,
                    /// API Gateway compresses whatever it is.
                    "content_type_matcher": [map! { "contains": "/" }],
                },
                /// A part is counted in bytes of the whole as it is.
                "uncompressible_response_codes": [Node::from(206_u32)],
                "weaken_etag_on_compress": true,
            },
            "compressor_library": map! {
                "name": "gzip",
                "typed_config": map! {
                    "@type": "type.googleapis.com/envoy.extensions.compression.gzip.compressor.v3.Gzip",
                },
            },
        },
    }
}

/// Switches every compressor off, where no route switches one on.
pub(crate) fn switched_off(sizes: &BTreeSet<u32>) -> Option<Node> {
    let off = || {
        map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.CompressorPerRoute",
            "disabled": true,
        }
    };
    let all = sizes.iter().zip(NAMES).map(|(_, name)| (name, off()));
    (!sizes.is_empty()).then(|| Node::object(all))
}

/// The routes that switch a compressor on, with this action.
pub(crate) fn routes(sizes: &BTreeSet<u32>, action: &Node) -> Vec<Node> {
    let route = |(size, name): (&u32, &'static str)| {
        let on = map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.compressor.v3.CompressorPerRoute",
            "overrides": map! { "response_direction_config": Node::object([]) },
        };
        map! {
            "match": map! {
                "prefix": "/",
                "headers": [map! {
                    "name": COMPRESSION_HEADER,
                    "string_match": map! { "exact": size.to_string() },
                }],
            },
            "route": action.clone(),
            "typed_per_filter_config": Node::object([(name, on)]),
        }
    };
    sizes.iter().zip(NAMES).map(route).collect()
}
