//! The distinguished encoding rules of ASN.1, as far as a certificate takes them.

use crate::Unreadable;

pub(crate) const INTEGER: u8 = 0x02;
pub(crate) const OBJECT_IDENTIFIER: u8 = 0x06;
pub(crate) const UTC_TIME: u8 = 0x17;
pub(crate) const GENERALIZED_TIME: u8 = 0x18;
pub(crate) const SEQUENCE: u8 = 0x30;
pub(crate) const SET: u8 = 0x31;
/// The first that is told by its place in a structure.
pub(crate) const CONTEXT_0: u8 = 0xa0;

/// Reads one value after another. It goes into nothing by itself, so nothing nests deeper than whoever
/// reads looks.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Reader<'a> {
    rest: &'a [u8],
}

/// A value, and all its bytes.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Value<'a> {
    pub(crate) tag: u8,
    pub(crate) content: &'a [u8],
    pub(crate) whole: &'a [u8],
}

impl<'a> Reader<'a> {
    pub(crate) const fn new(bytes: &'a [u8]) -> Self {
        Self { rest: bytes }
    }

    pub(crate) const fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    /// The next value, whatever it is.
    pub(crate) fn value(&mut self) -> Result<Value<'a>, Unreadable> {
        const CUT: Unreadable = Unreadable("a value that is cut off");
        let (&tag, rest) = self.rest.split_first().ok_or(CUT)?;
        if tag & 0x1f == 0x1f {
            return Err(Unreadable("a value of a kind that no certificate has"));
        }
        let (&first, rest) = rest.split_first().ok_or(CUT)?;
        let (length, rest) = match first {
            short @ 0..=0x7f => (usize::from(short), rest),
            // Two bytes are enough for all that is read.
            0x81 | 0x82 => {
                let (bytes, rest) = rest.split_at_checked(usize::from(first & 0x7f)).ok_or(CUT)?;
                let length = bytes.iter().fold(0, |sum, byte| sum << 8 | usize::from(*byte));
                if length < 0x80 || bytes.first() == Some(&0) {
                    return Err(Unreadable("a length in more bytes than it takes"));
                }
                (length, rest)
            }
            _ => return Err(Unreadable("a length that nothing in it can have")),
        };
        let (content, rest) = rest.split_at_checked(length).ok_or(CUT)?;
        let size = self.rest.len().saturating_sub(rest.len());
        let whole = self.rest.get(..size).unwrap_or_default();
        self.rest = rest;
        Ok(Value { tag, content, whole })
    }

    /// The content of the next value, which must be of this kind.
    pub(crate) fn take(&mut self, tag: u8) -> Result<&'a [u8], Unreadable> {
        let value = self.value()?;
        if value.tag == tag { Ok(value.content) } else { Err(Unreadable("a value out of place")) }
    }

    /// The content of the next value, if it is of this kind.
    pub(crate) fn take_if(&mut self, tag: u8) -> Result<Option<&'a [u8]>, Unreadable> {
        match self.rest.first() {
            Some(next) if *next == tag => self.take(tag).map(Some),
            Some(_) | None => Ok(None),
        }
    }

    /// Goes into the next value, which must be of this kind.
    pub(crate) fn enter(&mut self, tag: u8) -> Result<Self, Unreadable> {
        self.take(tag).map(Self::new)
    }

    /// Nothing may follow.
    pub(crate) fn end(&self) -> Result<(), Unreadable> {
        if self.is_empty() { Ok(()) } else { Err(Unreadable("more than belongs there")) }
    }
}
