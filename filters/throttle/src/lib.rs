//! `throttle.wasm`: [`tollgate_throttle`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_throttle::Throttle);
