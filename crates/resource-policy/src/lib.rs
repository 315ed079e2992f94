//! Admits and refuses by the resource policy of a REST API.
//!
//! [`ResourcePolicy`] says of an exchange what the policy says of it; what that comes to together with
//! what an authorizer says is for the gateway. [`Filter`] is the policy on its own, where whoever is not
//! allowed is refused.

mod config;
mod filter;
mod policy;

pub use config::Config;
pub use filter::Filter;
pub use policy::ResourcePolicy;
pub use tollgate_iam::denied_message;

#[cfg(test)]
mod tests;
