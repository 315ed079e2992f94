//! What callers see where the gateway itself refuses or fails, as the gateway responses of API Gateway
//! have it.
//!
//! Every error that a gateway makes is a [`Fault`](tollgate_policy::Fault), and [`GatewayResponses`] is
//! the one place that turns it into a status, header fields and a body: those that API Gateway has for
//! it, or what the operator says instead. See [gateway responses] and, for HTTP APIs, whose errors have
//! fixed words, the [table of errors].
//!
//! [gateway responses]: https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-gatewayResponse-definition.html
//! [table of errors]: https://docs.aws.amazon.com/apigateway/latest/developerguide/http-api-troubleshooting.html

mod config;
mod custom;
mod responses;
mod standard;

pub use config::{Config, GatewayResponse, TYPES};
pub use responses::GatewayResponses;
pub use standard::Style;

#[cfg(test)]
mod tests;
