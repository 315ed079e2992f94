//! Header fields as bytes, with a record of what was changed.

use std::ops::Range;

/// The header fields of one message.
///
/// Names may repeat and values are bytes: nothing here assumes text. Names are compared without
/// regard to case, as RFC 9110 section 5.1 has it. Every change is recorded as an [`Edit`], so that
/// an adapter can read the fields once and write back only what changed.
///
/// All bytes live in one buffer; a field is a pair of places in it.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    buffer: Vec<u8>,
    fields: Vec<Field>,
    /// The fields before the first change, if there was one.
    arrived: Option<Vec<Field>>,
    edits: Vec<Change>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Span,
}

#[derive(Clone, Debug)]
enum Change {
    Set(Span, Span),
    Append(Span, Span),
    Remove(Span),
}

/// One recorded change to the fields.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Edit<'a> {
    /// The field has this one value, whatever it had before.
    Set(&'a [u8], &'a [u8]),
    /// One more field of this name.
    Append(&'a [u8], &'a [u8]),
    /// No field of this name.
    Remove(&'a [u8]),
}

/// A place in the buffer. Thirty-two bits are enough: a proxy refuses headers long before 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn of(self, buffer: &[u8]) -> &[u8] {
        buffer.get(self.start as usize..self.end as usize).unwrap_or_default()
    }
}

impl Headers {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// Fields that already lie in `buffer`, as (name, value) places. A place outside the buffer
    /// makes the whole `None`: the buffer is not what its sender says it is.
    #[must_use]
    pub fn from_parts(
        buffer: Vec<u8>,
        places: impl IntoIterator<Item = (Range<usize>, Range<usize>)>,
    ) -> Option<Self> {
        let span = |range: Range<usize>| {
            buffer.get(range.clone())?;
            Some(Span { start: range.start.try_into().ok()?, end: range.end.try_into().ok()? })
        };
        let fields = places
            .into_iter()
            .map(|(name, value)| Some(Field { name: span(name)?, value: span(value)? }))
            .collect::<Option<Vec<_>>>()?;
        Some(Self { buffer, fields, arrived: None, edits: Vec::new() })
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// Every value of a field, in the order they arrived.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        self.fields
            .iter()
            .filter(move |field| field.name.of(&self.buffer).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value.of(&self.buffer))
    }

    /// The first value a field had before anything was changed.
    #[must_use]
    pub fn arrived(&self, name: &str) -> Option<&[u8]> {
        (self.arrived.as_ref().unwrap_or(&self.fields).iter())
            .find(|field| field.name.of(&self.buffer).eq_ignore_ascii_case(name.as_bytes()))
            .map(|field| field.value.of(&self.buffer))
    }

    /// Every field as it was before anything was changed.
    pub fn arrivals(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (self.arrived.as_ref().unwrap_or(&self.fields).iter())
            .map(|field| (field.name.of(&self.buffer), field.value.of(&self.buffer)))
    }

    /// Every field, in order. Pseudo-fields such as `:path` are among them where a proxy gives them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        self.fields.iter().map(|field| (field.name.of(&self.buffer), field.value.of(&self.buffer)))
    }

    /// Gives a field exactly one value.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remember();
        let (name, value) = (self.keep(name.as_bytes()), self.keep(value.as_ref()));
        self.forget(name);
        self.fields.push(Field { name, value });
        self.edits.push(Change::Set(name, value));
    }

    /// Adds one more field of this name.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        self.remember();
        let (name, value) = (self.keep(name.as_bytes()), self.keep(value.as_ref()));
        self.fields.push(Field { name, value });
        self.edits.push(Change::Append(name, value));
    }

    /// Removes every field of this name. Removing what is not there is not an edit.
    pub fn remove(&mut self, name: &str) {
        if self.get(name).is_none() {
            return;
        }
        self.remember();
        let name = self.keep(name.as_bytes());
        self.forget(name);
        self.edits.push(Change::Remove(name));
    }

    /// Removes every field that [`reads_as`] this one.
    pub fn remove_alike(&mut self, name: &str) {
        let alike = |(other, _): &(&[u8], &[u8])| reads_as(other, name.as_bytes());
        let names: Vec<_> = self
            .iter()
            .filter(alike)
            .map(|(other, _)| String::from_utf8_lossy(other).into_owned())
            .collect();
        for name in names {
            self.remove(&name);
        }
    }

    /// What was changed since the fields arrived, in order.
    pub fn edits(&self) -> impl Iterator<Item = Edit<'_>> {
        let of = |span: &Span| span.of(&self.buffer);
        self.edits.iter().map(move |change| match change {
            Change::Set(name, value) => Edit::Set(of(name), of(value)),
            Change::Append(name, value) => Edit::Append(of(name), of(value)),
            Change::Remove(name) => Edit::Remove(of(name)),
        })
    }

    /// Forgets the record of changes, once an adapter has written them.
    pub fn settle(&mut self) {
        self.edits.clear();
    }

    /// Before the first change: bytes are never taken out of the buffer, so places are enough.
    fn remember(&mut self) {
        if self.arrived.is_none() {
            self.arrived = Some(self.fields.clone());
        }
    }

    fn forget(&mut self, name: Span) {
        let buffer = &self.buffer;
        let name = name.of(buffer);
        self.fields.retain(|field| !field.name.of(buffer).eq_ignore_ascii_case(name));
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        // INVARIANT: a buffer that reached 4 GiB would not fit in a filter's memory, so the
        // conversions hold; were one to fail, the field would read as empty.
        let start = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        self.buffer.extend_from_slice(bytes);
        let end = u32::try_from(self.buffer.len()).unwrap_or(u32::MAX);
        Span { start, end }
    }
}

impl<N: AsRef<str>, V: AsRef<[u8]>> FromIterator<(N, V)> for Headers {
    /// The fields as they arrived: none of them counts as an edit.
    fn from_iter<I: IntoIterator<Item = (N, V)>>(fields: I) -> Self {
        let mut headers = Self::new();
        for (name, value) in fields {
            headers.append(name.as_ref(), value);
        }
        headers.settle();
        headers.arrived = None;
        headers
    }
}

/// Whether some reader may take one name for the other: to CGI, and to what descends from it,
/// `x_user` and `x-user` are the same.
#[must_use]
pub fn reads_as(one: &[u8], other: &[u8]) -> bool {
    let plain = |byte: &u8| if *byte == b'_' { b'-' } else { byte.to_ascii_lowercase() };
    one.iter().map(plain).eq(other.iter().map(plain))
}

/// Whether text is a token, as the name of a header field is: RFC 9110 section 5.6.2.
#[must_use]
pub fn is_token(text: &[u8]) -> bool {
    let takes = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(takes)
}

/// Whether a header field of this name, in any case, steers the message or the gateway itself: what an
/// issuer or a function says does not belong there.
#[must_use]
pub fn is_steering(name: &str) -> bool {
    const NAMES: [&str; 9] = [
        "connection",
        "content-length",
        "host",
        "keep-alive",
        "te",
        "trailer",
        "transfer-encoding",
        "upgrade",
        "via",
    ];
    let lower = name.to_ascii_lowercase();
    NAMES.contains(&lower.as_str())
        || ["x-envoy-", "x-tollgate-"].iter().any(|prefix| lower.starts_with(prefix))
}

/// Says in `vary` that a response depends on a header field of the request, and on what it depended on
/// before: RFC 9110 section 12.5.5.
pub fn vary_on(response: &mut Headers, name: &str) {
    let mut names = Vec::new();
    for value in response.get_all("vary") {
        for known in value.split(|byte| *byte == b',').map(<[u8]>::trim_ascii) {
            if known == b"*" || known.eq_ignore_ascii_case(name.as_bytes()) {
                return;
            }
            if !known.is_empty() {
                names.push(known.to_vec());
            }
        }
    }
    names.push(name.into());
    response.set("vary", names.join(&b", "[..]));
}
