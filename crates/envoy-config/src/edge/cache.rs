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

/// Header fields that ask for something else than the whole answer to this method, whatever it is.
/// Envoy keeps an answer for its host, path and query, and so would give the part to whoever asks for
/// the whole, what it has kept to whoever does not want it, or what a framework makes of another method
/// to whoever means `GET`. (The other conditions Envoy itself leaves to the gateways.)
const OTHERWISE: [&str; 6] = [
    "range",
    "if-match",
    "if-unmodified-since",
    "x-http-method",
    "x-http-method-override",
    "x-method-override",
];

pub(super) fn filter(edge: &Edge) -> Option<Node> {
    let Cache::Folder { path, max_bytes } = &edge.cache else { return None };
    let path = format!("{}/", path.trim_end_matches('/'));
    Some(map! {
        "name": NAME,
        "typed_config": map! {
            "@type": "type.googleapis.com/envoy.extensions.filters.http.cache.v3.CacheConfig",
            /// What a client would rather have is not what the gateways have to bear.
            "ignore_request_cache_control_header": true,
            /// An answer whose `vary` names anything else is not kept.
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

/// Routes past everything that is kept: for requests that say who the caller is, an answer to which
/// may forget to say that it is for the caller alone, and for those that ask otherwise.
pub(super) fn routes_past(edge: &Edge, route: &Node) -> Vec<Node> {
    if edge.cache == Cache::Off {
        return Vec::new();
    }
    let named = edge.credential_headers.iter().map(String::as_str);
    let names = CREDENTIALS.into_iter().chain(OTHERWISE).chain(named);
    let past = |name: &str| {
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
    names.map(past).collect()
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

/// The client may keep it as before. What forbids others to keep it already stays as it is, and what
/// an answer says in quotes is no order: a comma there does not end one.
const COOKIES: &str = r#"local for_everybody = { ["public"] = true, ["s-maxage"] = true }
local for_one = { ["private"] = true, ["no-store"] = true }

function envoy_on_response(handle)
  local headers = handle:headers()
  if not headers:get("set-cookie") then return end
  local said = headers:get("cache-control") or ""
  local orders = { "private" }
  said = said:gsub('"[^"]*"', function(quoted) return (quoted:gsub(",", "\0")) end)
  for order in said:gmatch("[^,]+") do
    order = order:match("^%s*(.-)%s*$")
    if for_one[order:lower()] then return end
    if order ~= "" and not for_everybody[order:lower():match("^[^%s=]*")] then
      orders[#orders + 1] = order
    end
  end
  headers:replace("cache-control", (table.concat(orders, ", "):gsub("%z", ",")))
end"#;

/// Whether an answer was kept, as `CloudFront` says it.
pub(super) fn outcome(node: &str) -> String {
    format!(
        "%CEL(response.code_details == 'cache.response_from_cache_filter' ? 'Hit from {node}' : 'Miss from {node}')%"
    )
}
