//! What an X.509 certificate says of itself, as people read it.
//!
//! A [`Certificate`] is what RFC 5280 calls the first fields of a `TBSCertificate`: its number, who
//! issued it, to whom, and for how long. Nothing is verified here: that the certificate is good is for
//! whoever shook hands with its owner.
//!
//! Implemented: distinguished names in the characters of RFC 4514, the text encoding of RFC 7468.
//! Not read: keys, extensions and signatures.
//!
//! Everything is a function of its arguments, and all of them may be hostile.

mod certificate;
mod der;
mod name;
mod pem;
mod time;
mod unreadable;

pub use certificate::{Certificate, MAX_CERTIFICATE_BYTES};
pub use unreadable::Unreadable;

#[cfg(test)]
mod tests;
