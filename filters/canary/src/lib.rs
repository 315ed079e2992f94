//! `canary.wasm`: [`tollgate_canary`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_canary::Canary);
