//! Why a certificate was not read.

use std::fmt;

/// What was to be read and could not be.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Unreadable(pub(crate) &'static str);

impl fmt::Display for Unreadable {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "the certificate has {}", self.0)
    }
}

impl std::error::Error for Unreadable {}
