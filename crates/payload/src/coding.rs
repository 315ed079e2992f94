//! Content codings: RFC 9110 section 8.4.

use std::io::Read as _;

use flate2::read::{DeflateDecoder, MultiGzDecoder, ZlibDecoder};
use tollgate_policy::Headers;

/// How the body of a request is coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// It is as it is.
    Identity,
    /// RFC 1952.
    Gzip,
    /// RFC 1950, or RFC 1951 without it, since some send that.
    Deflate,
    /// One that API Gateway does not know, or several.
    Unknown,
}

/// Why a body cannot be decoded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Undecodable {
    /// It is not what it says it is.
    Malformed,
    /// It is larger than it may be.
    TooLarge,
}

impl Coding {
    /// What a message says about its body.
    #[must_use]
    pub fn of(headers: &Headers) -> Self {
        let mut coding = Self::Identity;
        for value in headers.get_all("content-encoding") {
            for name in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
                let is = |known: &str| name.eq_ignore_ascii_case(known.as_bytes());
                coding = match coding {
                    _ if name.is_empty() || is("identity") => coding,
                    Self::Identity if is("gzip") || is("x-gzip") => Self::Gzip,
                    Self::Identity if is("deflate") => Self::Deflate,
                    _ => Self::Unknown,
                };
            }
        }
        coding
    }

    /// The body without its coding, of up to `most` bytes. No more than these are ever made, whatever
    /// the body would become.
    ///
    /// # Errors
    /// [`Undecodable`] for a body that is not what it says, or becomes larger.
    pub fn decode(self, body: &[u8], most: usize) -> Result<Vec<u8>, Undecodable> {
        match self {
            Self::Identity => Ok(body.to_vec()),
            Self::Unknown => Err(Undecodable::Malformed),
            Self::Gzip => read(MultiGzDecoder::new(body), most),
            Self::Deflate => match read(ZlibDecoder::new(body), most) {
                Err(Undecodable::Malformed) => read(DeflateDecoder::new(body), most),
                decoded => decoded,
            },
        }
    }
}

fn read(from: impl std::io::Read, most: usize) -> Result<Vec<u8>, Undecodable> {
    let limit = u64::try_from(most).unwrap_or(u64::MAX).saturating_add(1);
    let mut body = Vec::new();
    from.take(limit).read_to_end(&mut body).map_err(|_| Undecodable::Malformed)?;
    if body.len() > most { Err(Undecodable::TooLarge) } else { Ok(body) }
}
