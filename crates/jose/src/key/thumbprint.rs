//! What tells one key from every other.

use std::fmt;

use sha2::{Digest, Sha256};

use crate::base64url;

/// The SHA-256 thumbprint of a key, RFC 7638.
///
/// It depends on the key alone, not on its name. That of a shared secret is for comparing only:
/// a short secret can be guessed from it.
#[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Thumbprint([u8; 32]);

impl Thumbprint {
    /// The thumbprint of a key with these members, which are in lexicographic order.
    pub(super) fn of(members: &[(&str, String)]) -> Self {
        // INVARIANT: names and values are base64url or registered names, which JSON has no need
        // to escape.
        let members: Vec<_> =
            members.iter().map(|(name, value)| format!("\"{name}\":\"{value}\"")).collect();
        let text = format!("{{{}}}", members.join(","));
        Self(Sha256::digest(text).into())
    }

    /// The thumbprint as bytes.
    #[must_use]
    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for Thumbprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&base64url::encode(&self.0))
    }
}

impl fmt::Debug for Thumbprint {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(out, "Thumbprint({self})")
    }
}
