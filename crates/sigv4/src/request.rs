//! A request as it was received.

/// A request as it was received. Nothing in it is decoded.
#[derive(Clone, Copy)]
pub struct Request<'a> {
    /// `GET`, `POST`, ...
    pub method: &'a [u8],
    /// The path, without the query.
    pub path: &'a [u8],
    /// The query, without its `?`; empty for none.
    pub query: &'a [u8],
    /// What the client asked for as `Host`, its port included. A field `host` does not count.
    pub authority: &'a [u8],
    /// The header fields in the order they came. Names in any case, and more than once.
    pub headers: &'a [(&'a [u8], &'a [u8])],
}

impl<'a> Request<'a> {
    /// Every value of a header field.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &'a [u8]> {
        let asked = name.as_bytes();
        (self.headers.iter())
            .filter(move |(name, _)| name.eq_ignore_ascii_case(asked))
            .map(|(_, value)| *value)
    }
}
