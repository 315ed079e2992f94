//! What a function wrote as a stream: the frames it comes in, and the head it begins with.

use tollgate_policy::Response;

use crate::response::{Wrong, streamed};

/// What separates the head of a stream from its body.
const DELIMITER: &[u8; 8] = &[0; 8];

/// How far into a stream its head may reach. API Gateway's own limit.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// The media type of the frames in which Lambda sends a stream.
const FRAMES: &[u8] = b"application/vnd.amazon.eventstream";

/// The response that a function wrote, from the reply to its call.
pub(crate) fn response(media_type: &[u8], reply: Vec<u8>) -> Result<Response, Wrong> {
    let written = if media_type.starts_with(FRAMES) { chunks(&reply)? } else { reply };
    let looked_at = written.len().min(MAX_HEAD_BYTES.saturating_add(DELIMITER.len()));
    let start = written.get(..looked_at).unwrap_or_default();
    let end = start.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER);
    let end = end.ok_or("there are no eight NULs in the first 16 KB of the stream")?;
    let head = written.get(..end).unwrap_or_default();
    let body = written.get(end.saturating_add(DELIMITER.len())..).unwrap_or_default();
    streamed(head, body)
}

/// The payloads of the frames, one after the other. Each frame has its length, that of its header fields
/// and a checksum before them, and a checksum at its end: see [event streams]. The checksums are not
/// looked at: the connection has its own.
///
/// [event streams]: https://docs.aws.amazon.com/transcribe/latest/dg/streaming-setting-up.html#streaming-event-stream
fn chunks(frames: &[u8]) -> Result<Vec<u8>, Wrong> {
    const CUT: Wrong = "the stream of the function is cut off";
    const PRELUDE: usize = 12;
    const CHECKSUM: usize = 4;
    let number = |bytes: &[u8], at: usize| {
        let four = bytes.get(at..at.checked_add(4)?)?;
        usize::try_from(u32::from_be_bytes(four.try_into().ok()?)).ok()
    };
    let mut written = Vec::with_capacity(frames.len());
    let mut rest = frames;
    let mut is_complete = false;
    while !rest.is_empty() {
        let length = number(rest, 0).filter(|length| *length >= PRELUDE + CHECKSUM).ok_or(CUT)?;
        let (frame, after) = rest.split_at_checked(length).ok_or(CUT)?;
        rest = after;
        let start = number(frame, 4).and_then(|fields| fields.checked_add(PRELUDE)).ok_or(CUT)?;
        let fields = frame.get(PRELUDE..start).ok_or(CUT)?;
        let payload = frame.get(start..length.saturating_sub(CHECKSUM)).ok_or(CUT)?;
        match kind(fields) {
            Some(b"PayloadChunk") => written.extend_from_slice(payload),
            Some(b"InvokeComplete") => {
                let said: serde_json::Value = serde_json::from_slice(payload).unwrap_or_default();
                if said.get("ErrorCode").is_some_and(|code| !code.is_null()) {
                    return Err("the function failed while it wrote");
                }
                is_complete = true;
            }
            _ => return Err("there is a frame in the stream that Lambda does not send"),
        }
    }
    if is_complete { Ok(written) } else { Err(CUT) }
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
