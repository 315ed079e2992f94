//! Amends requests and responses by expressions, as the parameter mappings of API Gateway do.
//!
//! A [`RequestMapping`] changes header fields, the query string and the path of a request on its way to
//! the integration; a [`ResponseMapping`] the header fields and the status of what comes back. Both are
//! written as API Gateway has them, HTTP APIs in one way and REST APIs in another: see
//! [HTTP APIs][http] and [REST APIs][rest].
//!
//! All values are worth what they were before anything was changed. Then fields are overwritten,
//! appended to and removed, in that order, which API Gateway does not say.
//!
//! [http]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-parameter-mapping.html
//! [rest]: https://docs.aws.amazon.com/apigateway/latest/developerguide/request-response-data-mappings.html

mod key;
mod query;
mod request;
mod reserved;
mod response;

pub use request::{Changes, RequestMapping};
pub use reserved::check_header;
pub use response::{ResponseChanges, ResponseMapping};

#[cfg(test)]
mod tests;
