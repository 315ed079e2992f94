//! What a proxy can verify faster than this crate can.

use crate::Digest;

/// Something that may verify PKCS #1 v1.5 and ECDSA signatures in this crate's stead.
///
/// It is asked only about a key and a signature this crate has already found well formed. The
/// other algorithms never leave this crate.
pub trait Native {
    /// Whether the signature is good, or `None` to let this crate find out.
    ///
    /// The key is a DER `SubjectPublicKeyInfo`; an ECDSA signature is a DER `ECDSA-Sig-Value`, not
    /// the concatenation that JWS has.
    fn verify(
        &self,
        digest: Digest,
        public_key_der: &[u8],
        signature: &[u8],
        message: &[u8],
    ) -> Option<bool>;
}

/// Has nothing native: every signature is verified by this crate.
#[derive(Clone, Copy, Debug, Default)]
pub struct PureRust;

impl Native for PureRust {
    fn verify(&self, _: Digest, _: &[u8], _: &[u8], _: &[u8]) -> Option<bool> {
        None
    }
}
