//! The API definition, and the chain of policies it compiles to.
//!
//! A [`Definition`] says what is served; a [`Gateway`] is what it compiles to, and is itself a
//! policy. A request takes one pass through it, in this order:
//!
//! 1. control header fields a client has sent are removed;
//! 2. the host names the API, or a domain's mapping does; the first segment of the path the stage,
//!    and its canary may answer in its place;
//! 3. a path that two readers could read differently is refused;
//! 4. the route is found, and is not one that leads round another's authorization by doubled or
//!    encoded slashes;
//! 5. the throttles of the client, the route and the account have a token each, so that what follows
//!    is protected by them;
//! 6. the resource policy and the authorizer, together, admit the caller: by a token, by a signature, or
//!    by what a function says;
//! 7. the API key is that of a usage plan, whose throttles and quota have a token each;
//! 8. parameters and body are what the validator asks for;
//! 9. the request is turned to the integration (path, host, method, header fields), or becomes the
//!    event of a function.
//!
//! Whatever refuses, what the client sees is made in one place, in the words of the API's kind.

mod api;
mod authorization;
mod canary;
mod client_certificate;
pub mod definition;
mod domain;
mod entry;
mod explain;
mod fault;
mod gateway;
mod hex;
mod ids;
mod integration;
mod integration_response;
mod limits;
mod meter;
mod outbound;
mod path;
mod remap;
mod request;
mod response;
mod route;
pub mod router;
mod select;
mod snapshot;
mod target;
mod trace;
mod upstream;
mod variables;
mod view;
mod vpc_endpoint;

pub use definition::Definition;
pub use domain::check_routing_rule;
pub use explain::{Explanation, Outcome, Step, outward};
pub use gateway::{Gateway, Notes};
pub use request::{COMPRESSION_HEADER, EVENT_HEADER, SHADOW_HEADER, STREAM, TRANSFER_HEADER};
pub use target::{CLUSTER_HEADER, PROXY_TIMEOUT_MILLIS, STREAM_TIMEOUT_MILLIS};
pub use upstream::{HttpVersion, Upstream, Verification, compression_sizes, upstreams};

#[cfg(test)]
mod tests;
