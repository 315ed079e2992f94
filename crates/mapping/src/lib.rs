//! What the variables of API Gateway stand for: `$context`, `$request`, `method.request`,
//! `$stageVariables`.
//!
//! An [`Expression`] is what a parameter mapping names, in the words of an HTTP API or of a REST API;
//! a [`Template`] is text in which such names stand. Both are read once, when a configuration is
//! loaded, and a name that stands for nothing is refused then. What a variable of `$context` is worth
//! is said in one place, [`Variable`], for logs, mappings, responses and events alike.
//!
//! Syntax: [parameter mapping of HTTP APIs], [data mapping of REST APIs], [`$context`].
//!
//! [parameter mapping of HTTP APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
//! [data mapping of REST APIs]: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html
//! [`$context`]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-mapping-template-reference.html

mod bodies;
mod context;
mod expression;
mod json_path;
mod names;
mod query;
mod scene;
mod template;
mod time;

pub use bodies::Bodies;
pub use context::{Form, Variable, domain};
pub use expression::{Dialect, Expression};
pub use json_path::JsonPath;
pub use query::{decode, decode_path, encode};
pub use scene::Scene;
pub use template::Template;
pub use time::clf;

#[cfg(test)]
mod tests;
