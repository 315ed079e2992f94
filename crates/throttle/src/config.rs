//! What the operator says about limits.

use serde::{Deserialize, Serialize};
use tollgate_rate_limit::{Counters, ResponseHeaders, Throttle};

/// The limits of a proxy.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Config {
    /// The limits, in the order in which they are asked. 1 to 1,000.
    pub limits: Vec<Level>,
    /// The server that counts for a fleet of proxies. Without it each proxy counts by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub counters: Option<Counters>,
    /// Whether responses say how the limit stands that is closest to being exceeded.
    #[serde(default)]
    pub response_headers: ResponseHeaders,
}

/// One limit.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Level {
    /// A name that no other limit has: 1 to 128 letters, digits and `-_./`. It is what metrics, response
    /// headers and the counters know the limit by.
    pub name: String,
    /// How fast requests may come.
    pub throttle: Throttle,
    /// Whose requests are counted together: everybody's, where this is absent.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub per: Option<Key>,
    /// Which requests fall under the limit, as `GET /orders/{id}` or `ANY /admin/{proxy+}`; all of them,
    /// where this is empty. Up to 100.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub routes: Vec<String>,
}

/// What clients are told apart by.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Key {
    /// The client's address, as the proxy knows it: the peer, or what trusted proxies before it say
    /// (Envoy's `xff_num_trusted_hops`). Of IPv6 the first 64 bits.
    SourceIp,
    /// The first value of a header field. Only as good as whoever sets it: a client that chooses the
    /// value freely has as many limits as it likes.
    Header(String),
    /// A claim of the caller's token. Only the gateway knows it.
    Claim(String),
}
