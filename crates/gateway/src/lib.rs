//! The API definition, and the chain of policies it compiles to.

pub mod router;
