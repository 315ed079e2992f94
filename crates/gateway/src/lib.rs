//! The API definition, and the chain of policies it compiles to.

pub mod definition;
pub mod router;
mod upstream;
mod variables;

pub use definition::Definition;
pub use upstream::{Upstream, upstreams};
