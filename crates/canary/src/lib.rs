//! Splits traffic between a release and its canary, as API Gateway's canary releases do.
//!
//! A [`Split`] says of every request whether the release answers it, the *base*, or the canary. By
//! default each request is drawn for itself, as API Gateway draws. Callers can be kept where they are
//! instead ([`Sticky`]), and testers may choose ([`Override`]).
//!
//! [`Canary`] is the same as a filter of its own: it says in a header field which of the two a request
//! is for, and whatever routes the request goes by that. [`Meter`] counts what became of the requests
//! of each, so that the canary can be compared with the base.

mod config;
mod filter;
mod meter;
mod release;
mod split;
mod sticky;

pub use config::{Config, Override, Sticky};
pub use filter::{Canary, Notes};
pub use meter::{Meter, Meters};
pub use release::Release;
pub use split::{Percent, Shadow, Split, Variant};

#[cfg(test)]
mod tests;
