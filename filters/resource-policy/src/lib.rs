//! `resource-policy.wasm`: [`tollgate_resource_policy`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_resource_policy::Filter);
