//! The fields of a certificate that name it and those it is about.

use std::fmt::Write as _;

use crate::der::{CONTEXT_0, INTEGER, Reader, SEQUENCE};
use crate::{Unreadable, name, pem, time};

/// The longest certificate that is read. One with a key of RSA of 4,096 bits has about 2 KB; this is
/// room for hundreds of names besides.
pub const MAX_CERTIFICATE_BYTES: usize = 16 << 10;

/// What a certificate says of itself.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Certificate {
    /// The number its issuer gave it, in hexadecimal, a colon between two bytes: `a1:0b`. A number of a
    /// single byte has no leading zero.
    pub serial_number: String,
    /// Who issued it: the distinguished name, its parts in the order of the certificate.
    pub issuer: String,
    /// From when it is good: `May 28 12:30:02 2019 GMT`.
    pub not_before: String,
    /// Until when it is good.
    pub not_after: String,
    /// Whom it is for: the distinguished name, its parts in the order of the certificate.
    pub subject: String,
}

impl Certificate {
    /// Reads a certificate in PEM, of which there must be exactly one.
    ///
    /// # Errors
    /// [`Unreadable`] says what is not as RFC 7468 and 5280 have it.
    pub fn from_pem(text: &[u8]) -> Result<Self, Unreadable> {
        Self::from_der(&pem::decode(text)?)
    }

    /// Reads a certificate in DER.
    ///
    /// # Errors
    /// [`Unreadable`] says what is not as RFC 5280 has it.
    pub fn from_der(bytes: &[u8]) -> Result<Self, Unreadable> {
        if bytes.len() > MAX_CERTIFICATE_BYTES {
            return Err(Unreadable("more bytes than are read"));
        }
        let mut whole = Reader::new(bytes);
        let mut certificate = whole.enter(SEQUENCE)?;
        whole.end()?;
        let mut fields = certificate.enter(SEQUENCE)?;
        // The version, which changes nothing of what follows.
        fields.take_if(CONTEXT_0)?;
        let serial_number = number(fields.take(INTEGER)?)?;
        // The algorithm of the signature.
        fields.take(SEQUENCE)?;
        let issuer = name::read(fields.enter(SEQUENCE)?)?;
        let mut validity = fields.enter(SEQUENCE)?;
        let (not_before, not_after) = (time::read(&mut validity)?, time::read(&mut validity)?);
        validity.end()?;
        let subject = name::read(fields.enter(SEQUENCE)?)?;
        Ok(Self { serial_number, issuer, not_before, not_after, subject })
    }
}

fn number(bytes: &[u8]) -> Result<String, Unreadable> {
    let zeros = bytes.iter().take_while(|byte| **byte == 0).count();
    match bytes.get(zeros..).unwrap_or_default() {
        [] if bytes.is_empty() => Err(Unreadable("no number")),
        [] => Ok("0".to_owned()),
        [single] => Ok(format!("{single:x}")),
        many => {
            let mut text = String::with_capacity(many.len().saturating_mul(3));
            for byte in many {
                if !text.is_empty() {
                    text.push(':');
                }
                // Writing to a string does not fail.
                let _ = write!(text, "{byte:02x}");
            }
            Ok(text)
        }
    }
}
