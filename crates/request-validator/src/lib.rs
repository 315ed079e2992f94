//! Checks the parameters and the body of a request, as the request validators of API Gateway do.
//!
//! A [`Validator`] is what one method asks of its requests: parameters that must be there, and models
//! that the body must satisfy. [`Models`] are JSON Schemas of draft-04 by name, as
//! [`tollgate_json_schema`] reads them. [`RequestValidator`] is the same as a filter of its own.
//!
//! Parameters are checked before the body, and only for being there: neither their types nor their
//! values count. What a client is told of a body is only that it is invalid; what is wrong with it is
//! for logs and for whoever writes the answer, under `$context.error.validationErrorString`.
//!
//! # Bodies
//!
//! A body is JSON in UTF-8. Of members of the same name the last counts, as it does for API Gateway. A
//! body is invalid, whatever the model says, if it is no JSON, if a number in it is beyond a double, if
//! it is more than 127 levels deep, or if its values would take more than [`MAX_BODY_MEMORY`]. A body
//! in a coding such as `gzip` is no JSON.

mod body;
mod config;
mod decode;
mod filter;
mod listing;
mod models;
mod parameter;
mod template;
mod validator;

pub use body::MAX_BODY_MEMORY;
pub use config::{Config, Rule, Unmatched, Validation};
pub use filter::{MAX_RULES, Notes, RequestValidator};
pub use models::Models;
pub use validator::Validator;

#[cfg(test)]
mod tests;
