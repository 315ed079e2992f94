//! What is kept of the answers: what they say may be kept for everybody, and nothing that is for
//! somebody.

use super::{Cache, Edge};
use crate::yaml::{Node, map};

/// The longest answer that is kept: the longest API Gateway gives.
pub(super) const MAX_ENTRY_BYTES: u64 = 10 << 20;

/// How many answers are kept. Every one is a file.
const MAX_ENTRIES: u32 = 100_000;

const NAME: &str = "edge.cache";

/// Header fields that say who the caller is.
const CREDENTIALS: [&str; 3] = ["authorization", "cookie", "x-api-key"];

pub(super) fn filter(edge: &Edge) -> Option<Node> {
    let Cache::Folder { path, max_bytes } = &edge.cache else { return None };
    let path = format!("{}/", path.trim_end_matches('/'));
    Some(map! {
        "name": NAME,
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cache.v3.CacheConfig",
            /// What a client would rather have is not what the gateways have to bear.
            "ignore_request_cache_control_header": true,
            /// An answer that varies by anything else is not kept.
            "allowed_vary_headers": [
                map! { "exact": "accept" },
                map! { "exact": "accept-encoding" },
                map! { "exact": "accept-language" },
                map! { "exact": "origin" },
            ],
            "typed_config": map! {
                "@type": "type.googleapis.com/envoy.extensions.http.cache.file_system_http_cache.v3.FileSystemHttpCacheConfig",
                "manager_config": map! { "thread_pool": map! { "thread_count": 1_u32 } },
                "cache_path": path,
                "max_cache_size_bytes": *max_bytes,
                "max_individual_cache_entry_size_bytes": MAX_ENTRY_BYTES,
                "max_cache_entry_count": MAX_ENTRIES,
            },
        },
    })
}

/// Routes for requests that say who the caller is, past everything that is kept. An answer to one may
/// forget to say that it is for the caller alone.
pub(super) fn private_routes(edge: &Edge, route: &Node) -> Vec<Node> {
    if edge.cache == Cache::Off {
        return Vec::new();
    }
    let named = edge.credential_headers.iter().map(String::as_str);
    let names = CREDENTIALS.into_iter().chain(named);
    let private = |name: &str| {
        map! {
            "match": map! {
                "prefix": "/",
                "headers": [map! { "name": name, "present_match": true }],
            },
            "route": route.clone(),
            "typed_per_filter_config": map! {
                "edge.cache": map! {
                    "@type": "type.googleapis.com/envoy.config.route.v3.FilterConfig",
                    "disabled": true,
                },
            },
        }
    };
    names.map(private).collect()
}

/// A filter on the way from a gateway: an answer that sets a cookie is for the caller alone, whatever
/// else it says. It stands behind the cache, which would not see what is said after it.
pub(super) fn cookies_are_private() -> Node {
    map! {
        "name": "edge.cookies",
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.lua.v3.Lua",
            "default_source_code": map! { "inline_string": Node::Lines(COOKIES.to_owned()) },
        },
    }
}

/// The client may still keep it, for as long as the answer says.
const COOKIES: &str = r#"function envoy_on_response(handle)
  local headers = handle:headers()
  if headers:get("set-cookie") then
    local age = (headers:get("cache-control") or ""):match("max%-age=%d+")
    headers:replace("cache-control", age and "private, " .. age or "private, no-store")
    headers:remove("expires")
  end
end"#;

/// Whether an answer was kept, as `CloudFront` says it.
pub(super) fn outcome(node: &str) -> String {
    format!(
        "%CEL(response.code_details == 'cache.response_from_cache_filter' ? 'Hit from {node}' : 'Miss from {node}')%"
    )
}
