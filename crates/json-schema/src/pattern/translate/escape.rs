//! What a `\` makes of what follows it.

use super::Refusal::{self, Malformed, Unserved};
use super::{Item, Translator};
use crate::ranges::{self, DIGITS, SPACE, WORD};

impl Translator<'_> {
    /// What follows a `\`, within a class or without.
    pub(super) fn escaped(&mut self) -> Result<Item, Refusal> {
        let next = self.rest.next().ok_or(Malformed("a `\\` at its end"))?;
        Ok(match next {
            'd' => Item::Set(DIGITS.to_vec()),
            'D' => Item::Set(ranges::others(DIGITS)),
            'w' => Item::Set(WORD.to_vec()),
            'W' => Item::Set(ranges::others(WORD)),
            's' => Item::Set(SPACE.to_vec()),
            'S' => Item::Set(ranges::others(SPACE)),
            't' => Item::Character(0x09),
            'n' => Item::Character(0x0a),
            'v' => Item::Character(0x0b),
            'f' => Item::Character(0x0c),
            'r' => Item::Character(0x0d),
            '0' if !self.rest.peek().is_some_and(char::is_ascii_digit) => Item::Character(0),
            'c' => match self.rest.next() {
                Some(letter) if letter.is_ascii_alphabetic() => {
                    Item::Character(u32::from(letter) % 32)
                }
                _ => return Err(Malformed("a `\\c` without a letter")),
            },
            'x' => Item::Character(self.hex(2)?),
            'u' => Item::Character(self.unicode()?),
            'k' => return Err(Unserved("a backreference")),
            'p' | 'P' => return Err(Unserved("a Unicode property")),
            other if other.is_ascii_alphanumeric() => {
                return Err(Malformed("a `\\` before a letter or digit that it gives no meaning"));
            }
            other => Item::Character(u32::from(other)),
        })
    }

    fn hex(&mut self, digits: usize) -> Result<u32, Refusal> {
        let mut value = 0;
        for _ in 0..digits {
            let digit = self.rest.next().and_then(|digit| digit.to_digit(16));
            value = value * 16 + digit.ok_or(Malformed("too few hexadecimal digits"))?;
        }
        Ok(value)
    }

    /// `\u0041`, `\u{41}`, or the two halves of a surrogate pair.
    fn unicode(&mut self) -> Result<u32, Refusal> {
        if self.takes('{') {
            let mut value = 0_u32;
            while let Some(digit) = self.rest.next_if(char::is_ascii_hexdigit) {
                value = value.saturating_mul(16).saturating_add(digit.to_digit(16).unwrap_or(0));
            }
            let ends = self.takes('}') && value <= u32::from(char::MAX);
            return if ends { Ok(value) } else { Err(Malformed("a `\\u{` that does not end")) };
        }
        let high = self.hex(4)?;
        if !(0xd800..0xdc00).contains(&high) {
            return Ok(high);
        }
        let before = self.rest.clone();
        if self.takes('\\') && self.takes('u') {
            let low = self.hex(4)?;
            if (0xdc00..0xe000).contains(&low) {
                return Ok(0x1_0000 + ((high - 0xd800) << 10) + (low - 0xdc00));
            }
        }
        self.rest = before;
        Ok(high)
    }
}
