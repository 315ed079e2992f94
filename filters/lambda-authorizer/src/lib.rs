//! `lambda-authorizer.wasm`: [`tollgate_lambda_authorizer`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_lambda_authorizer::standalone::LambdaAuthorizer);
