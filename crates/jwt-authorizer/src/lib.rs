//! Admits requests that carry a JSON Web Token, as API Gateway's JWT authorizer does.

mod config;

pub use config::{AdditionalClaim, Audiences, Config, Discovery, Issuer, JwksUri, KeyId, Keys};
