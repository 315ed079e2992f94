//! `request-validator.wasm`: [`tollgate_request_validator`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_request_validator::RequestValidator);
