//! Whose tokens they are.

use std::fmt::Write as _;
use std::net::IpAddr;

use sha2::{Digest, Sha256};

/// Whose tokens they are, where everybody has their own.
///
/// Known by the first half of a SHA-256, which nobody can find another value for. The value itself is
/// kept nowhere, as it may be a secret.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash)]
pub struct Subject<'a> {
    pub(crate) id: [u8; 16],
    /// What an RLS server may know it by.
    pub(crate) name: &'a str,
}

impl Subject<'_> {
    /// Everybody together.
    pub const EVERYBODY: Self = Self { id: [0; 16], name: "" };

    /// Who sends this value.
    #[must_use]
    pub fn of(value: &[u8]) -> Self {
        Self { id: half(&Sha256::digest(value)), name: "" }
    }

    /// Who has this address. Of IPv6 the first 64 bits count: whoever has one address has all of
    /// those.
    #[must_use]
    pub fn address(address: IpAddr) -> Self {
        match address.to_canonical() {
            IpAddr::V4(address) => Self::of(&address.octets()),
            IpAddr::V6(address) => Self::of(address.octets().get(..8).unwrap_or_default()),
        }
    }
}

impl<'a> Subject<'a> {
    /// Who has a credential of this SHA-256, and is known by a name that is no secret.
    #[must_use]
    pub fn named(digest: &[u8; 32], name: &'a str) -> Self {
        Self { id: half(digest), name }
    }
}

impl Subject<'_> {
    /// What an RLS server knows it by.
    pub(crate) fn label(&self) -> String {
        if !self.name.is_empty() {
            return self.name.to_owned();
        }
        if *self == Self::EVERYBODY {
            return "*".to_owned();
        }
        self.id.iter().fold(String::with_capacity(32), |mut text, byte| {
            // Writing to a string does not fail.
            let _ = write!(text, "{byte:02x}");
            text
        })
    }
}

fn half(digest: &[u8]) -> [u8; 16] {
    digest.first_chunk().copied().unwrap_or_default()
}
