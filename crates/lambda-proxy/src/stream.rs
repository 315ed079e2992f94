//! What a function writes as a stream: its head, eight NULs, and the body.

use tollgate_policy::{Fault, Response};

use crate::frames::Frames;
use crate::proxy::Bad;
use crate::response::{Wrong, has_no_body, streamed};

/// What separates the head of a stream from its body.
const DELIMITER: &[u8; 8] = &[0; 8];

/// How far into a stream its head may reach. API Gateway's own limit.
const MAX_HEAD_BYTES: usize = 16 * 1024;

/// How much is read again while the head is not all there: the head, in frames as small as they come.
const MAX_READ_AGAIN_BYTES: usize = 4 * MAX_HEAD_BYTES;

const NO_HEAD: Wrong = "there are no eight NULs in the first 16 KB of the stream";

/// The media type of the frames in which Lambda sends a stream. What stands in for Lambda may send what
/// the function wrote as it is.
const FRAMES: &[u8] = b"application/vnd.amazon.eventstream";

/// What a function writes, read as it comes.
#[derive(Debug)]
pub struct Stream {
    /// Nothing where it does not come in frames.
    frames: Option<Frames>,
    has_begun: bool,
    /// Whether the response is one that has no body, whatever the function writes.
    has_no_body: bool,
}

/// How far a stream has come.
#[derive(Debug)]
pub enum Progress {
    /// Its head is not all there.
    More,
    /// Its head has come: the status and the header fields of the response.
    Begun(Response),
    /// What comes is the body.
    GoesOn,
}

impl Stream {
    /// The stream that a reply brings, of which only the head has come.
    pub(crate) fn of(reply: &Response) -> Self {
        let media_type = reply.headers.get("content-type").unwrap_or_default();
        let is_framed = media_type.trim_ascii_start().starts_with(FRAMES);
        Self { frames: is_framed.then(Frames::default), has_begun: false, has_no_body: false }
    }

    /// Reads what has come, of which what is for the client is left. As long as there must be
    /// [`More`](Progress::More), all that has come is to be read again, with what follows it.
    ///
    /// # Errors
    /// [`Bad`] where the function has failed, or what comes is no response.
    pub fn read(&mut self, piece: &mut Vec<u8>, is_last: bool) -> Result<Progress, Bad> {
        let bad = |reason| Bad { fault: Fault::BadFunctionResponse, reason };
        self.advance(piece, is_last).map_err(bad)
    }

    fn advance(&mut self, piece: &mut Vec<u8>, is_last: bool) -> Result<Progress, Wrong> {
        let came = piece.len();
        // What is read again is read from the beginning.
        let mut frames = self.frames.clone();
        if let Some(frames) = &mut frames {
            let mut written = Vec::with_capacity(piece.len());
            frames.push(piece, &mut written)?;
            *piece = written;
        }
        let progress = if self.has_begun {
            Progress::GoesOn
        } else {
            let Some(head) = head(piece, is_last)? else {
                return if came > MAX_READ_AGAIN_BYTES { Err(NO_HEAD) } else { Ok(Progress::More) };
            };
            self.has_no_body = has_no_body(head.status);
            Progress::Begun(head)
        };
        if self.has_no_body {
            piece.clear();
        }
        if let (Some(frames), true) = (&frames, is_last) {
            frames.finish()?;
        }
        self.frames = frames;
        self.has_begun = true;
        Ok(progress)
    }
}

/// Takes the head off what a function has written, once it is all there.
fn head(written: &mut Vec<u8>, is_last: bool) -> Result<Option<Response>, Wrong> {
    let looked_at = written.len().min(MAX_HEAD_BYTES.saturating_add(DELIMITER.len()));
    let start = written.get(..looked_at).unwrap_or_default();
    let Some(end) = start.windows(DELIMITER.len()).position(|bytes| bytes == DELIMITER) else {
        if is_last || written.len() > looked_at {
            return Err(NO_HEAD);
        }
        return Ok(None);
    };
    let head = streamed(written.get(..end).unwrap_or_default())?;
    written.drain(..end.saturating_add(DELIMITER.len()));
    Ok(Some(head))
}
