//! The messages of the Rate Limit Service, as far as this server speaks of them.
//!
//! The numbers and types are those of `envoy.service.ratelimit.v3` and
//! `envoy.extensions.common.ratelimit.v3`. What is not listed is skipped when read, as protobuf
//! has it, and never written.

/// `RateLimitRequest`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Request {
    /// Whose counters these are.
    #[prost(string, tag = "1")]
    pub domain: String,
    /// What is asked for: all of it, or nothing.
    #[prost(message, repeated, tag = "2")]
    pub descriptors: Vec<Descriptor>,
    /// How much of each; 0 for 1.
    #[prost(uint32, tag = "3")]
    pub hits_addend: u32,
}

/// `RateLimitDescriptor`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Descriptor {
    /// What is counted.
    #[prost(message, repeated, tag = "1")]
    pub entries: Vec<Entry>,
    /// Up to how many.
    #[prost(message, optional, tag = "2")]
    pub limit: Option<Limit>,
    /// How much of this one, before what the request says. It may be zero.
    #[prost(message, optional, tag = "3")]
    pub hits_addend: Option<u64>,
    /// Whether it is given back instead of taken.
    #[prost(bool, tag = "4")]
    pub is_negative_hits: bool,
}

/// `RateLimitDescriptor.Entry`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Entry {
    /// What it tells.
    #[prost(string, tag = "1")]
    pub key: String,
    /// What is told.
    #[prost(string, tag = "2")]
    pub value: String,
}

/// `RateLimitDescriptor.RateLimitOverride`, and the same fields of `RateLimitResponse.RateLimit`.
#[derive(Clone, PartialEq, prost::Message)]
pub struct Limit {
    /// Up to how many.
    #[prost(uint32, tag = "1")]
    pub requests_per_unit: u32,
    /// In what time.
    #[prost(int32, tag = "2")]
    pub unit: i32,
}

/// `RateLimitResponse`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Response {
    /// Whether everything was granted: [`OK`] or [`OVER_LIMIT`].
    #[prost(int32, tag = "1")]
    pub overall_code: i32,
    /// One for each descriptor.
    #[prost(message, repeated, tag = "2")]
    pub statuses: Vec<Status>,
}

/// `RateLimitResponse.DescriptorStatus`
#[derive(Clone, PartialEq, prost::Message)]
pub struct Status {
    /// Whether this descriptor had enough left.
    #[prost(int32, tag = "1")]
    pub code: i32,
    /// The limit that it was held against.
    #[prost(message, optional, tag = "2")]
    pub current_limit: Option<Limit>,
    /// What is left now.
    #[prost(uint32, tag = "3")]
    pub limit_remaining: u32,
    /// How long until there is all of it again.
    #[prost(message, optional, tag = "4")]
    pub duration_until_reset: Option<Duration>,
}

/// `google.protobuf.Duration`
#[derive(Clone, Copy, PartialEq, Eq, prost::Message)]
pub struct Duration {
    /// Whole seconds.
    #[prost(int64, tag = "1")]
    pub seconds: i64,
    /// And a part of one.
    #[prost(int32, tag = "2")]
    pub nanos: i32,
}

/// Everything was granted.
pub const OK: i32 = 1;
/// Nothing was.
pub const OVER_LIMIT: i32 = 2;
