//! The Rate Limit Service protocol of Envoy, as far as a client needs it.
//!
//! [`Question`] becomes the body of a unary gRPC call to [`PATH`], and the body that comes back
//! becomes an [`Answer`]. The messages are `RateLimitRequest` and `RateLimitResponse` of
//! `envoy.service.ratelimit.v3`; of them only what is needed to ask for several tokens of one limit
//! at once. Fields that are not known are passed over, as protobuf has it.

mod answer;
mod question;
mod wire;

pub use answer::{Answer, Verdict};
pub use question::{Question, Unit};

/// The `:path` of the call.
pub const PATH: &str = "/envoy.service.ratelimit.v3.RateLimitService/ShouldRateLimit";

/// The header fields of the call besides the pseudo-fields.
pub const HEADERS: [(&str, &str); 2] = [("content-type", "application/grpc"), ("te", "trailers")];

#[cfg(test)]
mod tests;
