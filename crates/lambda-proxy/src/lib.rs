//! Turns requests into the events of Lambda functions, and what they return into responses.
//!
//! API Gateway's `AWS_PROXY` integrations with functions: see [REST APIs] and [HTTP APIs]. A function
//! gets the whole request as an event and says the whole response; this crate makes the one and reads
//! the other, and calls nobody itself: it returns the [`Call`](tollgate_policy::Call) to make.
//!
//! What a function returns is taken from nobody's friend: a status that is none, a field that could end
//! the head of a response, or more of them than fit, is a bad response, and the client is told nothing
//! of it.
//!
//! [REST APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/set-up-lambda-proxy-integrations.html
//! [HTTP APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-develop-integrations-lambda.html

mod config;
mod frames;
mod proxy;
mod request;
mod response;
pub mod standalone;
mod stream;

pub use config::{Config, Format, Transfer};
pub use proxy::{Bad, LambdaProxy};
pub use stream::{Progress, Stream};

#[cfg(test)]
mod tests;
