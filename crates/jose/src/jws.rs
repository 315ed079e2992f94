//! A signed token, taken apart and not yet believed.

use crate::header::Header;
use crate::{Algorithm, Part, Refusal, base64url};

/// How long a token may be. Proxies refuse header fields of this size anyway, and every byte is
/// decoded and digested before it is known who sent it.
pub const MAX_TOKEN_BYTES: usize = 16 * 1024;

/// A token in the compact serialization of RFC 7515 section 7.1.
///
/// It has been taken apart and is well formed; nothing in it is to be believed before
/// [`Key::verify`](crate::Key::verify) says so.
#[derive(Debug)]
pub struct Jws<'a> {
    header: Header,
    signing_input: &'a [u8],
    payload: Vec<u8>,
    signature: Vec<u8>,
}

impl<'a> Jws<'a> {
    /// Takes a token apart.
    ///
    /// # Errors
    /// [`Refusal`] for the first thing that is not as it must be.
    pub fn parse<T: AsRef<[u8]> + ?Sized>(token: &'a T) -> Result<Self, Refusal> {
        let token = token.as_ref();
        if token.len() > MAX_TOKEN_BYTES {
            return Err(Refusal::TooLong);
        }
        let mut parts = token.split(|byte| *byte == b'.');
        let (Some(header), Some(payload), Some(signature)) =
            (parts.next(), parts.next(), parts.next())
        else {
            return Err(Refusal::NotCompact);
        };
        match parts.count() {
            0 => {}
            2 => return Err(Refusal::Encrypted),
            _ => return Err(Refusal::NotCompact),
        }
        // INVARIANT: the last dot stands before the signature, so the input ends before both.
        let end = token.len().saturating_sub(signature.len()).saturating_sub(1);
        Ok(Self {
            header: Header::parse(&decode(header, Part::Header)?)?,
            signing_input: token.get(..end).unwrap_or_default(),
            payload: decode(payload, Part::Payload)?,
            signature: decode(signature, Part::Signature)?,
        })
    }

    /// The algorithm that the token says it was signed with.
    #[must_use]
    pub fn algorithm(&self) -> Algorithm {
        self.header.algorithm
    }

    /// The name of the key that the token says it was signed with.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.header.key_id.as_deref()
    }

    /// What was signed: the first two parts as they were sent.
    #[must_use]
    pub fn signing_input(&self) -> &'a [u8] {
        self.signing_input
    }

    /// The signature.
    #[must_use]
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// The payload. It may be empty, and need not be JSON.
    #[must_use]
    pub fn payload(&self) -> &[u8] {
        &self.payload
    }
}

fn decode(text: &[u8], part: Part) -> Result<Vec<u8>, Refusal> {
    base64url::decode(text).ok_or(Refusal::NotBase64Url(part))
}
