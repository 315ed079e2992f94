//! Header fields as bytes, with a record of what was changed.

use std::ops::Range;

/// How many bytes are made room for when the first field is added, and how many fields: as many as a
/// gateway adds to most messages, so that what is there need not move.
const ROOM_BYTES: usize = 512;
const ROOM_FIELDS: usize = 12;

/// The header fields of one message.
///
/// Names may repeat and values are bytes: nothing here assumes text. Names are compared without
/// regard to case, as RFC 9110 section 5.1 has it. Every change is recorded as an [`Edit`], so that
/// an adapter can read the fields once and write back only what changed.
///
/// All bytes of the fields that came lie in one buffer, which is never written to, and those of the
/// fields that were added in another; a field is a pair of places in them.
#[derive(Clone, Debug, Default)]
pub struct Headers {
    came: Vec<u8>,
    added: Vec<u8>,
    /// Every field there ever was: first those that came.
    fields: Vec<Field>,
    /// How many came.
    arrivals: usize,
    /// The [`trait_of`] each name there ever was, together.
    traits: u64,
    edits: Vec<Change>,
}

#[derive(Clone, Copy, Debug)]
struct Field {
    name: Span,
    value: Span,
    /// Whether it has been removed, or another has taken its place.
    is_gone: bool,
}

#[derive(Clone, Copy, Debug)]
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

/// A place in the buffers, as if the second followed the first. Thirty-two bits are enough: a proxy
/// refuses headers long before 4 GiB.
#[derive(Clone, Copy, Debug)]
struct Span {
    start: u32,
    end: u32,
}

impl Span {
    fn new(range: Range<usize>) -> Option<Self> {
        Some(Self { start: range.start.try_into().ok()?, end: range.end.try_into().ok()? })
    }

    const fn len(self) -> usize {
        self.end.saturating_sub(self.start) as usize
    }
}

impl Headers {
    /// No fields.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// `count` fields that lie in a buffer already; `place` tells where in it the name and the value
    /// of each are. It is asked for one after the other. A place that there is not, or that is outside
    /// the buffer, makes the whole `None`: the buffer is not what its sender says it is.
    #[must_use]
    pub fn from_parts(
        buffer: Vec<u8>,
        count: usize,
        mut place: impl FnMut(&[u8], usize) -> Option<(Range<usize>, Range<usize>)>,
    ) -> Option<Self> {
        let mut fields = Vec::with_capacity(count.checked_add(ROOM_FIELDS)?);
        let mut traits = 0;
        for index in 0..count {
            let (name, value) = place(&buffer, index)?;
            traits |= trait_of(buffer.get(name.clone())?);
            buffer.get(value.clone())?;
            let (name, value) = (Span::new(name)?, Span::new(value)?);
            fields.push(Field { name, value, is_gone: false });
        }
        Some(Self { came: buffer, fields, arrivals: count, traits, ..Self::default() })
    }

    /// The first value of a field.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        self.get_all(name).next()
    }

    /// Every value of a field, in the order they arrived.
    pub fn get_all(&self, name: &str) -> impl Iterator<Item = &[u8]> {
        let fields = self.fields.get(..self.most(name)).unwrap_or_default().iter();
        fields
            .filter(move |field| !field.is_gone && self.is_named(field, name.as_bytes()))
            .map(|field| self.bytes(field.value))
    }

    /// The first value a field had before anything was changed.
    #[must_use]
    pub fn arrived(&self, name: &str) -> Option<&[u8]> {
        let mut fields = self.fields.get(..self.most(name).min(self.arrivals))?.iter();
        let found = fields.find(|field| self.is_named(field, name.as_bytes()))?;
        Some(self.bytes(found.value))
    }

    /// A number of bytes that names and values together do not exceed.
    #[must_use]
    pub const fn most_bytes(&self) -> usize {
        self.came.len().saturating_add(self.added.len())
    }

    /// Every field as it was before anything was changed.
    pub fn arrivals(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (self.fields.iter().take(self.arrivals))
            .map(|field| (self.bytes(field.name), self.bytes(field.value)))
    }

    /// Every field, in order. Pseudo-fields such as `:path` are among them where a proxy gives them.
    pub fn iter(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        (self.fields.iter().filter(|field| !field.is_gone))
            .map(|field| (self.bytes(field.name), self.bytes(field.value)))
    }

    /// Gives a field exactly one value. That it has already is no edit.
    pub fn set(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let value = value.as_ref();
        let mut values = self.get_all(name);
        if values.next() == Some(value) && values.next().is_none() {
            return;
        }
        drop(values);
        self.forget(name);
        let (name, value) = self.add(name, value);
        self.edit(Change::Set(name, value));
    }

    /// Gives a field exactly one value, which is the first of another field. Nothing is changed where
    /// there is no such field.
    pub fn copy(&mut self, from: &str, name: &str) {
        let named = |field: &&Field| !field.is_gone && self.is_named(field, from.as_bytes());
        let Some(value) = self.fields.iter().find(named).map(|field| field.value) else { return };
        self.forget(name);
        let name = self.push(name, value);
        self.edit(Change::Set(name, value));
    }

    /// Adds one more field of this name.
    pub fn append(&mut self, name: &str, value: impl AsRef<[u8]>) {
        let (name, value) = self.add(name, value.as_ref());
        self.edit(Change::Append(name, value));
    }

    /// Removes every field of this name. Removing what is not there is not an edit.
    pub fn remove(&mut self, name: &str) {
        if self.forget(name) {
            let name = self.keep(name.as_bytes());
            self.edit(Change::Remove(name));
        }
    }

    /// Removes every field of this name from what is seen here. It is no edit: the proxy keeps them.
    pub fn conceal(&mut self, name: &str) {
        self.forget(name);
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
        self.edits.iter().map(|change| match *change {
            Change::Set(name, value) => Edit::Set(self.bytes(name), self.bytes(value)),
            Change::Append(name, value) => Edit::Append(self.bytes(name), self.bytes(value)),
            Change::Remove(name) => Edit::Remove(self.bytes(name)),
        })
    }

    /// Forgets the record of changes, once an adapter has written them.
    pub fn settle(&mut self) {
        self.edits.clear();
    }

    fn bytes(&self, span: Span) -> &[u8] {
        let (start, end) = (span.start as usize, span.end as usize);
        let first = self.came.len();
        let bytes = match start.checked_sub(first) {
            None => self.came.get(start..end),
            Some(start) => self.added.get(start..end.saturating_sub(first)),
        };
        bytes.unwrap_or_default()
    }

    /// How many fields have to be looked at for one of this name: all or none.
    fn most(&self, name: &str) -> usize {
        if self.traits & trait_of(name.as_bytes()) == 0 { 0 } else { self.fields.len() }
    }

    fn is_named(&self, field: &Field, name: &[u8]) -> bool {
        // Most names are of another length, and need not be looked at.
        field.name.len() == name.len() && self.bytes(field.name).eq_ignore_ascii_case(name)
    }

    /// Removes every field of this name. Says whether there was one.
    fn forget(&mut self, name: &str) -> bool {
        let mut is_found = false;
        for index in 0..self.most(name) {
            let found = self.fields.get(index).filter(|field| !field.is_gone);
            if found.is_some_and(|field| self.is_named(field, name.as_bytes()))
                && let Some(field) = self.fields.get_mut(index)
            {
                field.is_gone = true;
                is_found = true;
            }
        }
        is_found
    }

    fn add(&mut self, name: &str, value: &[u8]) -> (Span, Span) {
        let value = self.keep(value);
        (self.push(name, value), value)
    }

    fn push(&mut self, name: &str, value: Span) -> Span {
        self.traits |= trait_of(name.as_bytes());
        let name = self.keep(name.as_bytes());
        self.fields.push(Field { name, value, is_gone: false });
        name
    }

    fn edit(&mut self, change: Change) {
        if self.edits.is_empty() {
            self.edits.reserve(ROOM_FIELDS);
        }
        self.edits.push(change);
    }

    fn keep(&mut self, bytes: &[u8]) -> Span {
        if self.added.is_empty() {
            self.added.reserve(ROOM_BYTES.max(bytes.len()));
        }
        let start = self.came.len().saturating_add(self.added.len());
        self.added.extend_from_slice(bytes);
        // INVARIANT: buffers that reached 4 GiB would not fit in a filter's memory, so there is a
        // span; were there none, the field would read as empty.
        Span::new(start..start.saturating_add(bytes.len())).unwrap_or(Span { start: 0, end: 0 })
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
        headers.arrivals = headers.fields.len();
        headers
    }
}

/// One bit of sixty-four that names have in common which differ in case only. Most of what is looked for
/// is not there, and most of that is told by this bit.
fn trait_of(name: &[u8]) -> u64 {
    let [first, last] = [name.first(), name.last()].map(|byte| byte.copied().unwrap_or_default());
    // The bit that tells upper from lower case is set in both.
    let [first, last] = [first, last].map(|byte| usize::from(byte | 0x20));
    1 << ((first ^ (last << 1) ^ (name.len() << 2)) & 63)
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
    let takes = |byte: &u8| {
        byte.is_ascii_alphanumeric()
            || matches!(
                byte,
                b'!' | b'#'..=b'\'' | b'*' | b'+' | b'-' | b'.' | b'^'..=b'`' | b'|' | b'~'
            )
    };
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
    if response.get("vary").is_none() {
        return response.set("vary", name);
    }
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
