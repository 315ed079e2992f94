//! Patterns of ECMA-262, in the words of `regex_lite`.
//!
//! The two agree on how patterns are put together and not on what the shorthands mean, so every
//! class is written out as the ranges that ECMA-262 says.

mod class;
mod escape;

use std::iter::Peekable;
use std::str::Chars;

use crate::ranges::{self, LINE_ENDS, Ranges};

/// Why a pattern is not translated.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Refusal {
    /// It is not one.
    Malformed(&'static str),
    /// It is one, and cannot be matched in bounded time, or not without tables.
    Unserved(&'static str),
}

use Refusal::{Malformed, Unserved};

/// Translates a pattern. Groups capture nothing: nobody asks what they matched.
pub(crate) fn translate(pattern: &str) -> Result<String, Refusal> {
    let mut translator = Translator { rest: pattern.chars().peekable(), out: String::new() };
    let mut open = 0_u32;
    // Whether what has just been written can be repeated.
    let mut repeatable = false;
    while let Some(next) = translator.rest.next() {
        repeatable = match next {
            '^' => translator.put("\\A", false),
            '$' => translator.put("\\z", false),
            '|' => translator.put("|", false),
            '(' => {
                open = open.saturating_add(1);
                translator.group()?
            }
            ')' => {
                open = open.checked_sub(1).ok_or(Malformed("a `)` too many"))?;
                translator.put(")", true)
            }
            '*' | '+' | '?' => translator.repeat(&next.to_string(), repeatable)?,
            '{' => translator.braces(repeatable)?,
            '[' => translator.class()?,
            '.' => translator.set(&ranges::others(LINE_ENDS)),
            '\\' => translator.escape()?,
            other => translator.character(other),
        };
    }
    if open > 0 { Err(Malformed("a `(` without its `)`")) } else { Ok(translator.out) }
}

struct Translator<'a> {
    rest: Peekable<Chars<'a>>,
    out: String,
}

/// What a class consists of.
enum Item {
    Character(u32),
    Set(Ranges),
}

impl Translator<'_> {
    /// Writes, and says whether that can be repeated.
    fn put(&mut self, text: &str, repeatable: bool) -> bool {
        self.out.push_str(text);
        repeatable
    }

    fn set(&mut self, set: &[(u32, u32)]) -> bool {
        ranges::write(&mut self.out, set);
        true
    }

    fn character(&mut self, character: char) -> bool {
        if character.is_ascii_alphanumeric() || !character.is_ascii() {
            self.out.push(character);
        } else {
            self.out.push_str(&format!("\\x{{{:x}}}", u32::from(character)));
        }
        true
    }

    /// Takes the next character, if it is this one.
    fn takes(&mut self, character: char) -> bool {
        self.rest.next_if_eq(&character).is_some()
    }

    fn group(&mut self) -> Result<bool, Refusal> {
        if self.takes('?') {
            match self.rest.next() {
                Some(':') => {}
                Some('=' | '!') => return Err(Unserved("a lookahead")),
                Some('<') => match self.rest.next() {
                    Some('=' | '!') => return Err(Unserved("a lookbehind")),
                    Some(first) if first.is_alphabetic() || first == '_' || first == '$' => {
                        let letter = |next: &char| next.is_alphanumeric() || "_$".contains(*next);
                        while self.rest.next_if(letter).is_some() {}
                        if !self.takes('>') {
                            return Err(Malformed("a group whose name does not end"));
                        }
                    }
                    _ => return Err(Malformed("a group without a name")),
                },
                _ => return Err(Malformed("a `(?` that starts nothing")),
            }
        }
        Ok(self.put("(?:", false))
    }

    fn repeat(&mut self, times: &str, repeatable: bool) -> Result<bool, Refusal> {
        if !repeatable {
            return Err(Malformed("a repetition of nothing"));
        }
        // Whether it is lazy makes no difference to whether there is a match.
        self.takes('?');
        Ok(self.put(times, false))
    }

    /// `{2}`, `{2,}` or `{2,3}`; a brace that is none of them stands for itself.
    fn braces(&mut self, repeatable: bool) -> Result<bool, Refusal> {
        let mut ahead = self.rest.clone();
        let mut text = String::new();
        loop {
            match ahead.next() {
                Some('}') => break,
                Some(next) if next.is_ascii_digit() || next == ',' => text.push(next),
                _ => return Ok(self.character('{')),
            }
        }
        let (low, high) = text.split_once(',').unwrap_or((&text, &text));
        if low.is_empty() || high.contains(',') {
            return Ok(self.character('{'));
        }
        self.rest = ahead;
        let count = |text: &str| text.parse::<u32>().map_err(|_| Malformed("too many repetitions"));
        let low = count(low)?;
        if !high.is_empty() && count(high)? < low {
            return Err(Malformed("a repetition that ends before it starts"));
        }
        self.repeat(&format!("{{{text}}}"), repeatable)
    }

    fn escape(&mut self) -> Result<bool, Refusal> {
        match self.rest.peek() {
            Some('b') => {
                self.rest.next();
                Ok(self.put("\\b", false))
            }
            Some('B') => {
                self.rest.next();
                Ok(self.put("\\B", false))
            }
            Some('1'..='9') => Err(Unserved("a backreference")),
            _ => match self.escaped()? {
                Item::Set(set) => Ok(self.set(&set)),
                Item::Character(point) => match char::from_u32(point) {
                    Some(character) => Ok(self.character(character)),
                    None => Err(Unserved("half of a surrogate pair")),
                },
            },
        }
    }
}
