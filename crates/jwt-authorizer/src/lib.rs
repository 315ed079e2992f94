//! Admits requests that carry a JSON Web Token, as API Gateway's JWT authorizer does.
//!
//! A token is taken from its identity source, taken apart, matched with one of the issuers by its
//! `iss`, judged by its claims and by the issuer's keys, and remembered. What the issuer says of
//! the caller then reaches later steps as `$context.authorizer`, and the integration through
//! header fields.
//!
//! Keys are fetched in the background, kept fresh before they expire, and kept while the issuer is
//! down; a token with an unknown `kid` has them fetched again, once in a while. Requests that come
//! before the first keys wait for them, for a bounded time, and are refused after it.
//!
//! With [`UserPools`] it is an authorizer of Cognito's user pools instead, which tells ID tokens from
//! access tokens.
//!
//! Unlike API Gateway, which only knows RSA on HTTP APIs, tokens may also be signed with ECDSA and
//! `EdDSA`, and may come in a cookie.

mod answer;
mod authorizer;
mod bounds;
mod cache;
mod config;
mod identity;
mod issuer;
mod keyring;
mod user_pools;
mod verified;

pub use authorizer::{JwtAuthorizer, Notes};
pub use bounds::{check_claims_to_headers, check_scopes};
pub use config::{
    AdditionalClaim, Audiences, Config, Discovery, Issuer, JwksUri, KeyId, Keys, UserPools,
};

#[cfg(test)]
mod tests;
