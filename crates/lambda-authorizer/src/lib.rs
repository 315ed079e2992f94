//! Lets a Lambda function, or any HTTP service, decide who may call.
//!
//! What tells one caller from another, the identity sources, is read from the request. The function is
//! asked about it, once for all requests that are the same to it, and its answer is kept for as long as
//! the operator says. An answer is a policy, which is asked anew about each method that is called, or a
//! plain yes or no: see [REST APIs] and [HTTP APIs].
//!
//! [`LambdaAuthorizer`] leaves to its caller what an answer comes to together with what else is known,
//! such as a resource policy: [`ask`](LambdaAuthorizer::ask) until there is an answer,
//! [`decide`](LambdaAuthorizer::decide), [`conclude`](LambdaAuthorizer::conclude). [`standalone`] is the
//! authorizer on its own.
//!
//! Whatever goes wrong, nobody is let in. What a function answers is taken from nobody's friend: it has
//! bounds, and an answer that is not understood whole is none.
//!
//! [REST APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/apigateway-use-lambda-authorizer.html
//! [HTTP APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-lambda-authorizer.html

mod answer;
mod authorizer;
mod cache;
mod config;
mod event;
mod flight;
mod identity;
mod key;
mod notes;
mod refusal;
mod service;
pub mod standalone;
mod token;

pub use authorizer::LambdaAuthorizer;
pub use config::{Config, Format, Http, Kind, Request, Sends, Service, Token};
pub use notes::Notes;

#[cfg(test)]
mod tests;
