//! `cors.wasm`: [`tollgate_cors`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_cors::Cors);
