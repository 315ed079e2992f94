//! The tree.

use std::cmp::Ordering;

/// Where something stands in a text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Mark {
    /// From 1.
    pub line: u32,
    /// In characters, from 1.
    pub column: u32,
}

impl Mark {
    /// The first character.
    pub const START: Self = Self { line: 1, column: 1 };
}

/// A value and where it stands.
#[derive(Clone, Debug)]
pub struct Node {
    /// Where it begins.
    pub mark: Mark,
    /// What it is.
    pub value: Value,
    /// A YAML tag that is not of the core schema: `!Sub`.
    pub tag: Option<Box<str>>,
}

/// What a value is.
#[derive(Clone, Debug)]
pub enum Value {
    /// Nothing.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// As it is written, for `1.0` may be a version.
    Number(Box<str>),
    /// A text.
    String(Box<str>),
    /// Values in their order.
    List(Vec<Node>),
    /// Values by their keys.
    Map(Map),
}

/// An object: entries in the order of the text, no key twice.
#[derive(Clone, Debug, Default)]
pub struct Map {
    entries: Vec<Entry>,
    /// Indices into `entries`, in the order of their keys.
    by_key: Vec<usize>,
}

/// A key of an object and its value.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The key.
    pub key: Box<str>,
    /// Where the key stands.
    pub mark: Mark,
    /// The value.
    pub value: Node,
}

impl Map {
    /// Keeps the first entry of each key, and returns the others with the mark of the first.
    pub(crate) fn new(entries: Vec<Entry>) -> (Self, Vec<(Mark, Entry)>) {
        let mut entries: Vec<_> = entries.into_iter().enumerate().collect();
        entries.sort_by(|(i, one), (j, other)| one.key.cmp(&other.key).then(i.cmp(j)));
        let mut kept: Vec<(usize, Entry)> = Vec::with_capacity(entries.len());
        let mut again = Vec::new();
        for (index, entry) in entries {
            match kept.last() {
                Some((_, first)) if first.key == entry.key => again.push((first.mark, entry)),
                _ => kept.push((index, entry)),
            }
        }
        kept.sort_by_key(|(index, _)| *index);
        let entries: Vec<_> = kept.into_iter().map(|(_, entry)| entry).collect();
        let mut by_key: Vec<_> = (0..entries.len()).collect();
        let key = |index: &usize| entries.get(*index).map(|entry| &entry.key);
        by_key.sort_by(|one, other| key(one).cmp(&key(other)));
        (Self { entries, by_key }, again)
    }

    /// The entries, in the order of the text.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        &self.entries
    }

    /// The entry of a key.
    #[must_use]
    pub fn entry(&self, key: &str) -> Option<&Entry> {
        let found = self.by_key.binary_search_by(|index| {
            self.entries.get(*index).map_or(Ordering::Less, |entry| (*entry.key).cmp(key))
        });
        self.entries.get(*self.by_key.get(found.ok()?)?)
    }
}

impl Node {
    /// The object, if this is one.
    #[must_use]
    pub fn map(&self) -> Option<&Map> {
        match &self.value {
            Value::Map(map) => Some(map),
            _ => None,
        }
    }

    /// The value of a key, if this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Self> {
        Some(&self.map()?.entry(key)?.value)
    }

    /// The entries, if this is an object.
    #[must_use]
    pub fn entries(&self) -> &[Entry] {
        self.map().map_or(&[], Map::entries)
    }

    /// The items, if this is a list.
    #[must_use]
    pub fn items(&self) -> &[Self] {
        match &self.value {
            Value::List(items) => items,
            _ => &[],
        }
    }

    /// The value as JSON has it: a number that JSON does not have is text, and a tag is the function of
    /// `CloudFormation` that it is short for, `{"Ref": "Name"}` for `!Ref Name`.
    #[must_use]
    pub fn json(&self) -> serde_json::Value {
        let Some(tag) = &self.tag else { return self.untagged_json() };
        let name = tag.trim_start_matches('!');
        let function = if name == "Ref" { name.to_owned() } else { format!("Fn::{name}") };
        serde_json::Value::Object([(function, self.untagged_json())].into_iter().collect())
    }

    fn untagged_json(&self) -> serde_json::Value {
        use serde_json::Value as Json;
        match &self.value {
            Value::Null => Json::Null,
            Value::Bool(flag) => Json::Bool(*flag),
            Value::Number(text) => match text.parse::<serde_json::Number>() {
                Ok(number) => Json::Number(number),
                Err(_) => Json::String(text.to_string()),
            },
            Value::String(text) => Json::String(text.to_string()),
            Value::List(items) => Json::Array(items.iter().map(Self::json).collect()),
            Value::Map(map) => {
                let field = |entry: &Entry| (entry.key.to_string(), entry.value.json());
                Json::Object(map.entries().iter().map(field).collect())
            }
        }
    }

    /// The text, if this is a string or a number.
    #[must_use]
    pub fn text(&self) -> Option<&str> {
        match &self.value {
            Value::String(text) | Value::Number(text) => Some(text),
            _ => None,
        }
    }
}
