//! Reads JSON, RFC 8259.

use super::Stop;
use super::builder::{Builder, Written};
use super::tree::{Mark, Node, Value};

/// What may come next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Next {
    Value,
    /// A value, or the end of the list that was just opened.
    ValueOrEnd,
    Key,
    /// A key, or the end of the object that was just opened.
    KeyOrEnd,
    CommaOrEnd,
}

/// What a `,` separates and a bracket ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Kind {
    List,
    Map,
}

pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), Stop> {
    let mut reader = Reader { rest: text, mark: Mark::START };
    let mut open: Vec<Kind> = Vec::new();
    let mut next = Next::Value;
    loop {
        reader.skip_space();
        let mark = reader.mark;
        if next == Next::CommaOrEnd && open.is_empty() {
            return match reader.peek() {
                None => Ok(()),
                Some(_) => Err(Stop::new(mark, "the text goes on after the document's end")),
            };
        }
        let Some(first) = reader.peek() else {
            return Err(Stop::new(mark, "this is not JSON: the text ends in the middle"));
        };
        let kind = open.last().copied();
        next = match (next, first, kind) {
            (Next::CommaOrEnd, ',', Some(kind)) => {
                reader.advance();
                if kind == Kind::Map { Next::Key } else { Next::Value }
            }
            (Next::CommaOrEnd | Next::KeyOrEnd, '}', Some(Kind::Map))
            | (Next::CommaOrEnd | Next::ValueOrEnd, ']', Some(Kind::List)) => {
                reader.advance();
                open.pop();
                builder.close()?;
                Next::CommaOrEnd
            }
            (Next::Key | Next::KeyOrEnd, '"', _) => {
                let value = Value::String(reader.string()?);
                builder.scalar(Node { mark, value, tag: None }, Written::Quoted, 0)?;
                reader.skip_space();
                if reader.peek() != Some(':') {
                    return Err(Stop::new(reader.mark, "this is not JSON: a `:` belongs here"));
                }
                reader.advance();
                Next::Value
            }
            (Next::Value | Next::ValueOrEnd, '{', _) => {
                reader.advance();
                open.push(Kind::Map);
                builder.open_map(mark, None, 0)?;
                Next::KeyOrEnd
            }
            (Next::Value | Next::ValueOrEnd, '[', _) => {
                reader.advance();
                open.push(Kind::List);
                builder.open_list(mark, None, 0)?;
                Next::ValueOrEnd
            }
            (Next::Value | Next::ValueOrEnd, _, _) => {
                let value = reader.scalar(first)?;
                builder.scalar(Node { mark, value, tag: None }, Written::Quoted, 0)?;
                Next::CommaOrEnd
            }
            (Next::Key | Next::KeyOrEnd, _, _) => {
                return Err(Stop::new(
                    mark,
                    "this is not JSON: a key in double quotes belongs here",
                ));
            }
            (Next::CommaOrEnd, _, _) => {
                return Err(Stop::new(mark, "this is not JSON: a `,` or the end belongs here"));
            }
        };
    }
}

struct Reader<'t> {
    rest: &'t str,
    mark: Mark,
}

impl Reader<'_> {
    fn peek(&self) -> Option<char> {
        self.rest.chars().next()
    }

    fn advance(&mut self) -> Option<char> {
        let mut chars = self.rest.chars();
        let first = chars.next()?;
        self.rest = chars.as_str();
        if first == '\n' {
            self.mark = Mark { line: self.mark.line + 1, column: 1 };
        } else {
            self.mark.column += 1;
        }
        Some(first)
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(' ' | '\t' | '\n' | '\r')) {
            self.advance();
        }
    }

    fn scalar(&mut self, first: char) -> Result<Value, Stop> {
        if first == '"' {
            return Ok(Value::String(self.string()?));
        }
        let mark = self.mark;
        let mut word = String::new();
        while let Some(letter) = self.peek()
            && (letter.is_ascii_alphanumeric() || matches!(letter, '-' | '+' | '.'))
        {
            word.push(letter);
            self.advance();
        }
        match word.as_str() {
            "null" => Ok(Value::Null),
            "true" => Ok(Value::Bool(true)),
            "false" => Ok(Value::Bool(false)),
            number if is_number(number) => Ok(Value::Number(number.into())),
            _ => Err(Stop::new(mark, "this is not JSON: a value belongs here")),
        }
    }

    fn string(&mut self) -> Result<Box<str>, Stop> {
        let start = self.mark;
        let mut text = String::new();
        self.advance();
        loop {
            let mark = self.mark;
            match self.advance() {
                None => return Err(Stop::new(start, "this is not JSON: a string never ends")),
                Some('"') => return Ok(text.into()),
                Some('\\') => text.push(self.escape(mark)?),
                Some(control) if control < ' ' => {
                    let reason = "this is not JSON: a line break or control character in a string \
                                  is written as an escape, such as `\\n`";
                    return Err(Stop::new(mark, reason));
                }
                Some(letter) => text.push(letter),
            }
        }
    }

    fn escape(&mut self, mark: Mark) -> Result<char, Stop> {
        let wrong = || Stop::new(mark, "this is not JSON: no such escape");
        match self.advance().ok_or_else(wrong)? {
            letter @ ('"' | '\\' | '/') => Ok(letter),
            'b' => Ok('\u{8}'),
            'f' => Ok('\u{c}'),
            'n' => Ok('\n'),
            'r' => Ok('\r'),
            't' => Ok('\t'),
            'u' => {
                let unit = self.unit().ok_or_else(wrong)?;
                if !(0xd800..0xe000).contains(&unit) {
                    return char::from_u32(unit).ok_or_else(wrong);
                }
                let half = || Stop::new(mark, "this is not JSON: half a surrogate pair");
                if unit >= 0xdc00 || self.advance() != Some('\\') || self.advance() != Some('u') {
                    return Err(half());
                }
                let low = self.unit().ok_or_else(wrong)?;
                if !(0xdc00..0xe000).contains(&low) {
                    return Err(half());
                }
                char::from_u32(0x1_0000 + ((unit - 0xd800) << 10) + (low - 0xdc00)).ok_or_else(half)
            }
            _ => Err(wrong()),
        }
    }

    fn unit(&mut self) -> Option<u32> {
        (0..4).try_fold(0, |unit, _| Some(unit * 16 + self.advance()?.to_digit(16)?))
    }
}

fn is_number(text: &str) -> bool {
    let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    let unsigned = text.strip_prefix('-').unwrap_or(text);
    let (mantissa, exponent) = match unsigned.split_once(['e', 'E']) {
        Some((mantissa, exponent)) => (mantissa, Some(exponent)),
        None => (unsigned, None),
    };
    let (whole, fraction) = match mantissa.split_once('.') {
        Some((whole, fraction)) => (whole, Some(fraction)),
        None => (mantissa, None),
    };
    digits(whole)
        && (whole == "0" || !whole.starts_with('0'))
        && fraction.is_none_or(digits)
        && exponent.is_none_or(|text| digits(text.strip_prefix(['-', '+']).unwrap_or(text)))
}
