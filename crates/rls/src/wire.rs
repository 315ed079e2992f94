//! As much of protobuf's wire format, and of gRPC's framing, as the two messages take.

/// How a field's value is written, from the low bits of its tag.
const VARINT: u8 = 0;
const FIXED_64: u8 = 1;
const LENGTH_DELIMITED: u8 = 2;
const FIXED_32: u8 = 5;

/// The most fields a message is read for. A real answer has a dozen; bytes beyond are not an answer.
const MAX_FIELDS: usize = 1_024;

/// Writes a number as protobuf does: seven bits in a byte, the lowest first.
fn put_number(message: &mut Vec<u8>, mut number: u64) {
    const MORE: u8 = 0x80;
    while number >= u64::from(MORE) {
        // INVARIANT: the mask leaves seven bits.
        message.push((number & 0x7f) as u8 | MORE);
        number >>= 7;
    }
    message.push(number as u8);
}

/// Writes a field that is a number. Zero is what is read where there is no field.
pub(crate) fn put_uint(message: &mut Vec<u8>, field: u8, number: u64) {
    if number != 0 {
        message.push(field << 3 | VARINT);
        put_number(message, number);
    }
}

/// Writes a field that is text or a message.
pub(crate) fn put_bytes(message: &mut Vec<u8>, field: u8, bytes: &[u8]) {
    message.push(field << 3 | LENGTH_DELIMITED);
    put_number(message, bytes.len() as u64);
    message.extend_from_slice(bytes);
}

/// Puts a message into the frame of gRPC: whether it is compressed, and its length.
pub(crate) fn frame(message: &[u8]) -> Option<Vec<u8>> {
    let mut framed = Vec::with_capacity(message.len().saturating_add(5));
    framed.push(0);
    framed.extend_from_slice(&u32::try_from(message.len()).ok()?.to_be_bytes());
    framed.extend_from_slice(message);
    Some(framed)
}

/// The message in a frame of gRPC. `None` where it is compressed, cut short, or followed by another.
pub(crate) fn unframe(body: &[u8]) -> Option<&[u8]> {
    let (compressed, rest) = body.split_first()?;
    let (length, message) = rest.split_at_checked(4)?;
    let length = u32::from_be_bytes(length.try_into().ok()?);
    (*compressed == 0 && usize::try_from(length).ok()? == message.len()).then_some(message)
}

/// The value of one field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value<'a> {
    Uint(u64),
    Bytes(&'a [u8]),
    /// Of a kind neither message has.
    Other,
}

/// Takes a message apart. `None` where it is none.
pub(crate) fn fields(message: &[u8]) -> Option<Vec<(u64, Value<'_>)>> {
    let mut rest = message;
    let mut fields = Vec::new();
    while !rest.is_empty() {
        if fields.len() >= MAX_FIELDS {
            return None;
        }
        let tag = number(&mut rest)?;
        // INVARIANT: the mask leaves three bits.
        let value = match (tag & 7) as u8 {
            VARINT => Value::Uint(number(&mut rest)?),
            FIXED_64 => {
                take(&mut rest, 8)?;
                Value::Other
            }
            FIXED_32 => {
                take(&mut rest, 4)?;
                Value::Other
            }
            LENGTH_DELIMITED => {
                let length = usize::try_from(number(&mut rest)?).ok()?;
                Value::Bytes(take(&mut rest, length)?)
            }
            _ => return None,
        };
        fields.push((tag >> 3, value));
    }
    Some(fields)
}

fn take<'a>(rest: &mut &'a [u8], length: usize) -> Option<&'a [u8]> {
    let (taken, after) = rest.split_at_checked(length)?;
    *rest = after;
    Some(taken)
}

fn number(rest: &mut &[u8]) -> Option<u64> {
    /// Sixty-four bits take ten bytes at most.
    const MAX_BYTES: u32 = 10;
    let mut number = 0;
    for index in 0..MAX_BYTES {
        let (&byte, after) = rest.split_first()?;
        *rest = after;
        number |= u64::from(byte & 0x7f).checked_shl(7 * index)?;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}
