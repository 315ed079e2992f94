//! Patterns of ECMA-262, matched in a time that grows with pattern and text and no faster.

mod translate;

use regex_lite::{Regex, RegexBuilder};

use crate::work::{Spent, Work};

pub(crate) use translate::{Refusal, translate};

/// How long a pattern may be. One that was written by hand is shorter.
const MAX_PATTERN_BYTES: usize = 2_048;

/// How much memory a compiled pattern may take: some two thousand states, of which each character
/// of a text may have to see every one.
const MAX_COMPILED_BYTES: usize = 64 * 1_024;

/// And all patterns together.
const MAX_ALL_BYTES: usize = 4 * 1_024 * 1_024;

/// The least that is counted for a pattern.
const MIN_COMPILED_BYTES: usize = 512;

/// The bytes of a state, roughly.
const STATE_BYTES: usize = 32;

/// States times bytes of text that take as long as some steps of other kinds do: at worst a state is
/// looked at once for each byte.
const STATES_PER_STEP: usize = 8;

/// A compiled pattern.
#[derive(Debug)]
pub(crate) struct Pattern {
    source: String,
    regex: Regex,
    states: usize,
}

impl Pattern {
    /// The pattern as it was written.
    pub(crate) fn source(&self) -> &str {
        &self.source
    }

    /// Whether the pattern matches somewhere in a text.
    pub(crate) fn is_match(&self, text: &str, work: &mut Work) -> Result<bool, Spent> {
        let states = text.len().saturating_add(1).saturating_mul(self.states);
        work.take(states / STATES_PER_STEP)?;
        Ok(self.regex.is_match(text))
    }
}

/// Compiles patterns, as long as there is room for them.
#[derive(Debug)]
pub(crate) struct Patterns {
    room: usize,
}

impl Patterns {
    pub(crate) const fn new() -> Self {
        Self { room: MAX_ALL_BYTES }
    }

    pub(crate) fn compile(&mut self, source: &str) -> Result<Pattern, String> {
        if source.len() > MAX_PATTERN_BYTES {
            return Err(format!("is longer than {MAX_PATTERN_BYTES} bytes"));
        }
        let translated = translate(source).map_err(|refusal| match refusal {
            Refusal::Malformed(why) => {
                format!("is no regular expression of ECMA-262: `{source}` has {why}")
            }
            Refusal::Unserved(what) => {
                format!("cannot be served: `{source}` has {what}, which takes more than one pass")
            }
        })?;
        let mut bytes = MIN_COMPILED_BYTES;
        // How large it is cannot be asked, but it can be found out.
        let regex = loop {
            let built = RegexBuilder::new(&translated).size_limit(bytes).build();
            match built {
                Ok(regex) => break regex,
                Err(_) if bytes < MAX_COMPILED_BYTES => bytes = bytes.saturating_mul(2),
                Err(error) => return Err(format!("cannot be served: `{source}`: {error}")),
            }
        };
        self.room = self.room.checked_sub(bytes).ok_or_else(|| {
            format!("is too much: all patterns together take more than {MAX_ALL_BYTES} bytes")
        })?;
        Ok(Pattern { source: source.to_owned(), regex, states: bytes / STATE_BYTES })
    }
}
