//! What is handed out for Istio and for Compose, checked as far as that goes without either.
#![expect(
    clippy::expect_used,
    clippy::indexing_slicing,
    clippy::panic,
    reason = "a test fails by panicking"
)]

mod alerts;
mod compose;
mod istio;
mod mesh;
mod metrics;
mod oci;
mod places;
mod schema;
mod served;
mod stack;
mod yaml;
