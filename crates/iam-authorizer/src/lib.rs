//! Admits callers who sign their requests with AWS Signature Version 4: API Gateway's `AWS_IAM`.
//!
//! [`IamAuthorizer`] knows the access keys, and finds out whose request it is. What the caller may do is
//! then in the policies of the [`Signer`]; what those come to together with the policy of the API is for
//! the gateway. [`Filter`] is both on its own, where whoever is not allowed by a policy of theirs is
//! refused.
//!
//! The signature says that a request was made by who has the key, in the last five minutes, and that it
//! has not been changed. It does not say that it has not been sent before: within those five minutes it
//! may be sent again, as it may be to AWS. A presigned request is good as long as it says.

mod answer;
mod authorizer;
mod config;
mod credential;
mod exchange;
mod filter;
mod secret;
mod signer;

pub use answer::Style;
pub use authorizer::{IamAuthorizer, MAX_CREDENTIALS, Notes, refuse_unreadable};
pub use config::{Config, Credential, Owner};
pub use exchange::withdraw_signature;
pub use filter::Filter;
pub use secret::Secret;
pub use signer::Signer;

#[cfg(test)]
mod tests;
