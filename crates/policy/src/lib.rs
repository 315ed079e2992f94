//! The kernel: what a policy is, what it sees, and what it may answer.
//!
//! A [`Policy`] is a pure value. It is handed an [`Exchange`] and returns a [`Verdict`]; it never
//! waits, never reads a clock and never opens a socket. What it needs from elsewhere it asks for
//! by returning it: a [`Call`] for one exchange, a [`Fetch`] for all of them. What answers at once
//! (the time, the memory the workers share) it asks its [`Host`].

mod context;
mod endpoint;
mod exchange;
pub mod fake;
mod headers;
mod host;
mod invalid;
mod json_path;
mod metric;
mod policy;
mod verdict;

pub use context::{Authorizer, AuthorizerKind, Claims, ClientCert, Context, Fault, Identity, text};
pub use endpoint::{Endpoint, Scheme};
pub use exchange::{Exchange, Origin, Request, Response};
pub use headers::{Edit, Headers, is_steering, is_token, reads_as, vary_on};
pub use host::{Conflict, Digest, Expect, Host, Kind, Level, Metric, Shared, Timestamp};
pub use invalid::Invalid;
pub use metric::NamedMetric;
pub use policy::{ANSWERED_HEADER, Compile, Needs, Policy, SOURCE_ADDRESS_HEADER, load};
pub use verdict::{Call, Fetch, Piece, Verdict, Work};

#[cfg(test)]
mod tests;
