//! How Lambda functions are called, and what the events they get have in common.
//!
//! A [`Function`] says which function is called and where the [Invoke] API is that calls it: that of
//! AWS, or of anything that speaks like it, such as the Runtime Interface Emulator. [`returned`] tells
//! what a function returned from all the ways in which it may not have.
//!
//! The two formats of events are [`event::V1`], which REST APIs have and HTTP APIs may have, and
//! [`event::V2`]. They are written straight from an exchange, field by field; what only some events have
//! is an `Option`. Formats: [Lambda proxy of HTTP APIs], [Lambda proxy of REST APIs].
//!
//! [Invoke]: https://docs.aws.amazon.com/lambda/latest/api/API_Invoke.html
//! [Lambda proxy of HTTP APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html
//! [Lambda proxy of REST APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html

mod callee;
mod config;
pub mod event;
mod invocation;
mod reference;

pub use callee::{Callee, cluster, streaming_cluster};
pub use config::Function;
pub use invocation::{Failure, returned};
pub use reference::{Functions, Place, Reference};

#[cfg(test)]
mod tests;
