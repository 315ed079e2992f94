//! `usage-plan.wasm`: [`tollgate_usage_plan`] as an Envoy filter.

tollgate_adapter::filter!(tollgate_usage_plan::UsagePlan);
