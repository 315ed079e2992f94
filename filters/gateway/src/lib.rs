//! `gateway.wasm`: [`tollgate_gateway`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_gateway::Gateway);
