//! Canonical requests: the texts that are digested and signed.
//!
//! A path and a query have a *standard* form each, the one AWS verifies. For clients that write another
//! one, that is accepted as well, where it cannot be the standard form of anything else:
//!
//! 1. The standard path: dot segments and repeated slashes are taken out, and what is left is
//!    percent-encoded as it was sent, so that `%2F` becomes `%252F`.
//! 2. The path with its dot segments and repeated slashes, encoded the same way. It is tried only where
//!    it has any, so it is no standard form.
//! 3. The standard query: parameters decoded as an API decodes them (`+` is a space), encoded, and
//!    sorted by name and then by value.
//! 4. The query as it was sent, sorted. It is tried only where it is not its own standard form, so it
//!    is nobody's: what is decoded and encoded a second time stays as it is.
//!
//! A session token may be signed or may be added to what is signed already: AWS's services differ in
//! that. It is no more than a part of the access key, whose owner it must belong to.
//!
//! A signature therefore holds for one request and for those that AWS reads as the same one. What curl
//! 7 signs of paths that need encoding, and of queries that are not in order, is none of these; neither
//! does AWS accept it.

use crate::Request;
use crate::encode::{decode, percent};
use crate::form::{SIGNATURE, TOKEN};

/// Which parameters of a query are not signed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum LeftOut {
    /// None: the signature lies elsewhere.
    Nothing,
    /// The signature, which lies in the query.
    Signature,
    /// The signature, and the session token that was added after it.
    SignatureAndToken,
}

impl LeftOut {
    fn has(self, name: &[u8]) -> bool {
        match self {
            Self::Nothing => false,
            Self::Signature => name == SIGNATURE.as_bytes(),
            Self::SignatureAndToken => name == SIGNATURE.as_bytes() || name == TOKEN.as_bytes(),
        }
    }
}

/// The forms of a request's path, the standard one first.
pub fn paths(path: &[u8]) -> impl Iterator<Item = Vec<u8>> {
    let normal = normalized(path);
    let other = (*normal != *path && !path.is_empty()).then(|| encoded(path));
    std::iter::once(encoded(&normal)).chain(other)
}

/// The forms of a request's query, the standard one first.
pub fn queries(query: &[u8], left_out: LeftOut) -> impl Iterator<Item = Vec<u8>> {
    let mut sent: Vec<_> = (query.split(|byte| *byte == b'&'))
        .filter(|parameter| !parameter.is_empty())
        .map(|parameter| (halves(parameter), parameter))
        .filter(|((name, _), _)| !left_out.has(&decode(name)))
        .collect();
    let again = |text: &[u8]| {
        let mut out = Vec::with_capacity(text.len());
        percent(&mut out, &decode(text), b"");
        out
    };
    let mut standard: Vec<_> =
        sent.iter().map(|((name, value), _)| (again(name), again(value))).collect();
    standard.sort_unstable();
    let standard: Vec<_> =
        standard.into_iter().map(|(name, value)| [name, value].join(&b'=')).collect();
    let standard = standard.join(&b'&');
    sent.sort_unstable();
    let sent: Vec<_> = sent.into_iter().map(|(_, parameter)| parameter).collect();
    let sent = sent.join(&b'&');
    let other = (sent != standard).then_some(sent);
    std::iter::once(standard).chain(other)
}

/// The name and the value of a parameter.
fn halves(parameter: &[u8]) -> (&[u8], &[u8]) {
    let mut halves = parameter.splitn(2, |byte| *byte == b'=');
    (halves.next().unwrap_or_default(), halves.next().unwrap_or_default())
}

/// All of a canonical request but its path and its query: what stands before them, and what stands
/// after them.
pub(crate) struct Frame {
    tail: Vec<u8>,
}

impl Frame {
    /// The fields in the order of their names, and the digest of the body in hexadecimal digits.
    pub(crate) fn new<S: AsRef<str>>(request: &Request<'_>, signed: &[S], payload: &[u8]) -> Self {
        let mut tail = Vec::with_capacity(512);
        for name in signed {
            let name = name.as_ref();
            tail.extend_from_slice(name.as_bytes());
            tail.push(b':');
            if name == "host" {
                fold(&mut tail, request.authority);
            } else {
                for (index, value) in request.values(name).enumerate() {
                    if index > 0 {
                        tail.push(b',');
                    }
                    fold(&mut tail, value);
                }
            }
            tail.push(b'\n');
        }
        tail.push(b'\n');
        for (index, name) in signed.iter().enumerate() {
            if index > 0 {
                tail.push(b';');
            }
            tail.extend_from_slice(name.as_ref().as_bytes());
        }
        tail.push(b'\n');
        tail.extend_from_slice(payload);
        Self { tail }
    }

    /// The canonical request with this path and this query.
    pub(crate) fn around(&self, method: &[u8], path: &[u8], query: &[u8]) -> Vec<u8> {
        [method, b"\n", path, b"\n", query, b"\n", &self.tail].concat()
    }
}

/// Takes dot segments and empty segments out of a path.
fn normalized(path: &[u8]) -> Vec<u8> {
    let mut kept: Vec<&[u8]> = Vec::new();
    for segment in path.split(|byte| *byte == b'/') {
        match segment {
            b"" | b"." => {}
            b".." => {
                kept.pop();
            }
            segment => kept.push(segment),
        }
    }
    let mut normal = vec![b'/'];
    normal.extend(kept.join(&b'/'));
    if path.ends_with(b"/") && !kept.is_empty() {
        normal.push(b'/');
    }
    normal
}

fn encoded(path: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(path.len());
    percent(&mut out, path, b"/");
    out
}

/// Appends a value without the spaces around it, and with one for each row of them inside.
fn fold(out: &mut Vec<u8>, value: &[u8]) {
    let words = value.split(|byte| matches!(byte, b' ' | b'\t')).filter(|word| !word.is_empty());
    for (index, word) in words.enumerate() {
        if index > 0 {
            out.push(b' ');
        }
        out.extend_from_slice(word);
    }
}
