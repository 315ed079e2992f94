//! `jwt-authorizer.wasm`: [`tollgate_jwt_authorizer`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_jwt_authorizer::JwtAuthorizer);
