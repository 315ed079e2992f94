//! The frames in which Lambda sends what a function writes.

use crate::response::Wrong;

/// Length, length of the header fields, and a checksum.
const PRELUDE_BYTES: usize = 12;
const CHECKSUM_BYTES: usize = 4;

/// Lambda's own frames have less than a hundred.
const MAX_FIELDS_BYTES: usize = 4 * 1024;

/// What is said at the end: a code, a message and the last lines of a log.
const MAX_END_BYTES: usize = 64 * 1024;

const CUT: Wrong = "the stream of the function is cut off";
const STRANGE: Wrong = "there is a frame in the stream that Lambda does not send";

/// Reads frames as they come. Each has its length, that of its header fields and a checksum before them,
/// and a checksum at its end: see [event streams]. The checksums are not looked at: the connection has
/// its own.
///
/// [event streams]: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
#[derive(Clone, Debug, Default)]
pub(crate) struct Frames {
    part: Part,
    /// What has come of a part that is only read whole.
    kept: Vec<u8>,
    is_complete: bool,
}

/// Which part of a frame comes next.
#[derive(Clone, Copy, Debug, Default)]
enum Part {
    #[default]
    Prelude,
    Fields {
        fields: usize,
        payload: usize,
    },
    /// A piece of what the function writes: so much is left of it.
    Chunk(usize),
    /// What is said when the function is done.
    End(usize),
    Checksum,
}

impl Frames {
    /// Reads what has come, and adds to `written` what the function wrote.
    pub(crate) fn push(&mut self, bytes: &[u8], written: &mut Vec<u8>) -> Result<(), Wrong> {
        let mut rest = bytes;
        loop {
            match self.part {
                Part::Prelude => {
                    if self.is_complete && !rest.is_empty() {
                        return Err(STRANGE);
                    }
                    let Some(prelude) = self.take(PRELUDE_BYTES, &mut rest) else { return Ok(()) };
                    self.part = fields(&prelude)?;
                }
                Part::Fields { fields, payload } => {
                    let Some(fields) = self.take(fields, &mut rest) else { return Ok(()) };
                    self.part = match kind(&fields) {
                        Some(b"PayloadChunk") => Part::Chunk(payload),
                        Some(b"InvokeComplete") if payload <= MAX_END_BYTES => Part::End(payload),
                        _ => return Err(STRANGE),
                    };
                }
                Part::Chunk(left) => {
                    let (chunk, after) = rest.split_at_checked(left).unwrap_or((rest, &[]));
                    written.extend_from_slice(chunk);
                    rest = after;
                    let left = left.saturating_sub(chunk.len());
                    self.part = if left == 0 { Part::Checksum } else { Part::Chunk(left) };
                    if left > 0 {
                        return Ok(());
                    }
                }
                Part::End(length) => {
                    let Some(said) = self.take(length, &mut rest) else { return Ok(()) };
                    let said: serde_json::Value = serde_json::from_slice(&said).unwrap_or_default();
                    if said.get("ErrorCode").is_some_and(|code| !code.is_null()) {
                        return Err("the function failed while it wrote");
                    }
                    self.is_complete = true;
                    self.part = Part::Checksum;
                }
                Part::Checksum => {
                    if self.take(CHECKSUM_BYTES, &mut rest).is_none() {
                        return Ok(());
                    }
                    self.part = Part::Prelude;
                }
            }
        }
    }

    /// Whether what has come is all, and the function has not failed.
    pub(crate) fn finish(&self) -> Result<(), Wrong> {
        let is_between = matches!(self.part, Part::Prelude) && self.kept.is_empty();
        if is_between && self.is_complete { Ok(()) } else { Err(CUT) }
    }

    /// The next so many bytes, once they are all there.
    fn take(&mut self, length: usize, rest: &mut &[u8]) -> Option<Vec<u8>> {
        let lacking = length.saturating_sub(self.kept.len());
        let (some, after) = rest.split_at_checked(lacking).unwrap_or((rest, &[]));
        self.kept.extend_from_slice(some);
        *rest = after;
        (self.kept.len() >= length).then(|| std::mem::take(&mut self.kept))
    }
}

/// What a frame's prelude says of the rest.
fn fields(prelude: &[u8]) -> Result<Part, Wrong> {
    let number = |at: usize| {
        let four = prelude.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
    };
    let (length, fields) = (number(0).ok_or(CUT)?, number(4).ok_or(CUT)?);
    if fields > MAX_FIELDS_BYTES {
        return Err(STRANGE);
    }
    let payload = length.checked_sub(PRELUDE_BYTES + CHECKSUM_BYTES);
    let payload = payload.and_then(|payload| payload.checked_sub(fields)).ok_or(STRANGE)?;
    Ok(Part::Fields { fields, payload })
}

/// The value of `:event-type` among the header fields of a frame, all of which are text.
fn kind(fields: &[u8]) -> Option<&[u8]> {
    const TEXT: u8 = 7;
    let mut rest = fields;
    while let Some((&name_length, after)) = rest.split_first() {
        let (name, after) = after.split_at_checked(usize::from(name_length))?;
        let (&form, after) = after.split_first()?;
        let (length, after) = after.split_at_checked(2)?;
        let length = u16::from_be_bytes(length.try_into().ok()?);
        let (value, after) = after.split_at_checked(usize::from(length))?;
        if form != TEXT {
            return None;
        }
        if name == b":event-type" {
            return Some(value);
        }
        rest = after;
    }
    None
}
