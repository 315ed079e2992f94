//! Sets of characters in brackets.

use super::Refusal::{self, Malformed, Unserved};
use super::{Item, Translator};
use crate::ranges::{self, Ranges};

impl Translator<'_> {
    /// Takes a set and its closing bracket; the opening one is taken already.
    pub(super) fn class(&mut self) -> Result<bool, Refusal> {
        let negated = self.takes('^');
        let mut set = Ranges::new();
        loop {
            if self.takes(']') {
                break;
            }
            let first = self.item()?;
            let ahead = &mut self.rest.clone();
            let is_range =
                ahead.next() == Some('-') && ahead.next().is_some_and(|next| next != ']');
            if !is_range {
                add(&mut set, first)?;
                continue;
            }
            self.rest.next();
            match (first, self.item()?) {
                (Item::Character(first), Item::Character(last)) if first <= last => {
                    add_range(&mut set, first, last)?;
                }
                (Item::Character(_), Item::Character(_)) => {
                    return Err(Malformed("a range that ends before it starts"));
                }
                // A shorthand is no end of a range: the `-` stands for itself.
                (first, last) => {
                    add(&mut set, first)?;
                    add(&mut set, Item::Character(u32::from('-')))?;
                    add(&mut set, last)?;
                }
            }
        }
        Ok(self.set(&if negated { ranges::others(&set) } else { set }))
    }

    fn item(&mut self) -> Result<Item, Refusal> {
        match self.rest.next().ok_or(Malformed("a `[` without its `]`"))? {
            '\\' if self.takes('b') => Ok(Item::Character(0x08)),
            '\\' => self.escaped(),
            other => Ok(Item::Character(u32::from(other))),
        }
    }
}

fn add(set: &mut Ranges, item: Item) -> Result<(), Refusal> {
    match item {
        Item::Character(point) => add_range(set, point, point),
        Item::Set(more) => {
            set.extend(more);
            Ok(())
        }
    }
}

fn add_range(set: &mut Ranges, first: u32, last: u32) -> Result<(), Refusal> {
    if char::from_u32(first).is_none() || char::from_u32(last).is_none() {
        return Err(Unserved("half of a surrogate pair"));
    }
    set.push((first, last));
    Ok(())
}
