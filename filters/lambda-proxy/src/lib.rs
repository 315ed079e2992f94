//! `lambda-proxy.wasm`: [`tollgate_lambda_proxy`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_lambda_proxy::standalone::LambdaProxy);
