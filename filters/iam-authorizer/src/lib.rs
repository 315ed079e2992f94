//! `iam-authorizer.wasm`: [`tollgate_iam_authorizer`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_iam_authorizer::Filter);
