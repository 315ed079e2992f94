//! What a client, a backend and an operator see of a real Envoy with the filters in it.
//!
//! A module for each capability, under the name it has everywhere.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    clippy::unwrap_used,
    reason = "a test fails by panicking"
)]

mod access_log;
mod canary;
mod cli;
mod client_certificates;
mod compression;
mod cors;
mod edge;
mod errors;
mod fleet;
mod functions;
mod gateway;
mod gateway_response;
mod grpc;
mod headers;
mod iam_authorizer;
mod integrations;
mod jwks;
mod jwt_authorizer;
mod jwt_filter;
mod lambda_authorizer;
mod lambda_proxy;
mod parameter_mapping;
mod paths;
mod payload;
mod private;
mod regional;
mod releases;
mod reload;
mod request_validator;
mod resource_policy;
mod robustness;
mod routing;
mod services;
mod signatures;
mod streaming;
mod suites;
mod throttle;
mod topology;
mod usage_plan;
