//! Reads values of the document, and says where one is not what it should be.

use std::collections::BTreeSet;

use crate::path::Path;
use crate::problem::Findings;
use crate::text::{nearest, quoted};
use crate::tree::{Entry, Map, Mark, Node, Value};

/// A value, and how it was reached.
#[derive(Clone, Debug)]
pub struct At<'a> {
    /// The value.
    pub node: &'a Node,
    /// The keys that lead to it.
    pub path: Path<'a>,
    /// Where the key stands that leads here.
    key: Option<Mark>,
}

impl<'a> At<'a> {
    /// The document itself.
    #[must_use]
    pub fn root(node: &'a Node) -> Self {
        Self { node, path: Path::ROOT, key: None }
    }

    /// Where the value begins.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.node.mark
    }

    /// Where the key stands that leads here, or else the value.
    #[must_use]
    pub fn key_mark(&self) -> Mark {
        self.key.unwrap_or(self.node.mark)
    }

    /// The value of a key, if this is an object that has it.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<Self> {
        Some(self.entry(self.node.map()?.entry(key)?))
    }

    /// The values of all keys, if this is an object.
    pub fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> {
        self.node.entries().iter().map(|entry| (&*entry.key, self.entry(entry)))
    }

    /// The items, if this is a list.
    pub fn items(&self) -> impl Iterator<Item = Self> {
        self.node.items().iter().enumerate().map(|(index, node)| Self {
            node,
            path: self.path.index(index),
            key: None,
        })
    }

    fn entry(&self, entry: &'a Entry) -> Self {
        Self { node: &entry.value, path: self.path.key(&entry.key), key: Some(entry.mark) }
    }

    /// The text of a string.
    pub fn string(&self, out: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) if self.node.tag.is_none() => Some(text),
            _ => self.expected("a string", out),
        }
    }

    /// The text of a string that is not empty.
    pub fn filled(&self, out: &mut Findings) -> Option<&'a str> {
        let text = self.string(out)?;
        if text.is_empty() {
            out.refuse(self, "is empty");
            return None;
        }
        Some(text)
    }

    /// The text of a string, or of a number as it is written: `1.0` of a version.
    pub fn version(&self, out: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) | Value::Number(text) if self.node.tag.is_none() => Some(text),
            _ => self.expected("a string", out),
        }
    }

    /// Yes or no.
    pub fn flag(&self, out: &mut Findings) -> Option<bool> {
        match &self.node.value {
            Value::Bool(flag) if self.node.tag.is_none() => Some(*flag),
            _ => self.expected("`true` or `false`", out),
        }
    }

    /// A whole number between two others.
    pub fn number(&self, least: u32, most: u32, out: &mut Findings) -> Option<u32> {
        let right = format!("a whole number from {least} to {most}");
        match &self.node.value {
            Value::Number(text) if self.node.tag.is_none() => match text.parse() {
                Ok(number) if (least..=most).contains(&number) => Some(number),
                _ => {
                    out.refuse(self, format!("{} is not {right}", quoted(text)));
                    None
                }
            },
            _ => self.expected(&right, out),
        }
    }

    /// A number between two others, with a fraction or without.
    pub fn decimal(&self, least: u32, most: u32, out: &mut Findings) -> Option<f64> {
        let right = format!("a number from {least} to {most}");
        match &self.node.value {
            Value::Number(text) if self.node.tag.is_none() => match text.parse::<f64>() {
                Ok(number) if (f64::from(least)..=f64::from(most)).contains(&number) => {
                    Some(number)
                }
                _ => {
                    out.refuse(self, format!("{} is not {right}", quoted(text)));
                    None
                }
            },
            _ => self.expected(&right, out),
        }
    }

    /// The items of a list.
    pub fn list(&self, out: &mut Findings) -> Option<Vec<Self>> {
        match &self.node.value {
            Value::List(_) if self.node.tag.is_none() => Some(self.items().collect()),
            _ => self.expected("a list", out),
        }
    }

    /// A list of strings that are not empty, none twice.
    pub fn strings(&self, out: &mut Findings) -> Option<Vec<(Self, &'a str)>> {
        let mut strings = Vec::new();
        let mut known = BTreeSet::new();
        for item in self.list(out)? {
            let text = item.filled(out)?;
            if known.insert(text) {
                strings.push((item, text));
            } else {
                out.refuse(&item, format!("{} is there twice", quoted(text)));
            }
        }
        Some(strings)
    }

    /// The object.
    pub fn map(&self, out: &mut Findings) -> Option<&'a Map> {
        match &self.node.value {
            Value::Map(map) if self.node.tag.is_none() && self.function().is_none() => Some(map),
            _ => self.expected("an object", out),
        }
    }

    /// The object's keys, to be taken one by one.
    pub fn fields(&self, out: &mut Findings) -> Option<Fields<'a>> {
        self.map(out)?;
        Some(Fields { at: self.clone(), known: BTreeSet::new() })
    }

    /// The `CloudFormation` function that stands here in place of a value.
    fn function(&self) -> Option<String> {
        if let Some(tag) = &self.node.tag {
            return Some(quoted(tag));
        }
        match self.node.entries() {
            [only] if only.key.starts_with("Fn::") || &*only.key == "Ref" => {
                Some(quoted(&only.key))
            }
            _ => None,
        }
    }

    fn expected<T>(&self, right: &str, out: &mut Findings) -> Option<T> {
        if let Some(function) = self.function() {
            let reason = format!(
                "{function} is for CloudFormation to resolve, and a document for API Gateway has \
                 the value: {right} belongs here"
            );
            out.refuse(self, reason);
            return None;
        }
        let found = match &self.node.value {
            Value::Null => "nothing",
            Value::Bool(_) => "a boolean",
            Value::Number(_) => "a number",
            Value::String(_) => "a string",
            Value::List(_) => "a list",
            Value::Map(_) => "an object",
        };
        out.refuse(self, format!("{right} belongs here, not {found}"));
        None
    }
}

/// The keys of an object. Each is taken, or known to be documentation; what is left is refused.
#[derive(Debug)]
pub struct Fields<'a> {
    /// The object.
    pub at: At<'a>,
    known: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// The value of a key, if it is there.
    pub fn take(&mut self, key: &'static str) -> Option<At<'a>> {
        self.known.insert(key);
        self.at.get(key)
    }

    /// The value of a key that must be there.
    pub fn need(&mut self, key: &'static str, out: &mut Findings) -> Option<At<'a>> {
        let found = self.take(key);
        if found.is_none() {
            out.refuse_key(&self.at, format!("lacks `{key}`"));
        }
        found
    }

    /// Reports a key that is left out.
    pub fn notice(&mut self, key: &'static str, reason: &str, out: &mut Findings) {
        if let Some(at) = self.take(key) {
            out.notice(&at, reason);
        }
    }

    /// Refuses a key, if it is there.
    pub fn refuse(&mut self, key: &'static str, reason: &str, out: &mut Findings) {
        if let Some(at) = self.take(key) {
            out.refuse_key(&at, reason);
        }
    }

    /// The keys that were not taken.
    pub fn unknown(&self) -> impl Iterator<Item = (&'a str, At<'a>)> {
        self.at.entries().filter(|(key, _)| !self.known.contains(key))
    }

    /// The key that was probably meant.
    #[must_use]
    pub fn meant(&self, key: &str) -> Option<&'static str> {
        nearest(key, self.known.iter().copied())
    }

    /// Refuses what was not taken.
    pub fn finish(self, out: &mut Findings) {
        for (key, at) in self.unknown() {
            let meant = if out.is_full() { None } else { self.meant(key) };
            let reason = match meant {
                Some(meant) => format!("{} is not known, perhaps `{meant}` is meant", quoted(key)),
                None => format!("{} is not known here", quoted(key)),
            };
            out.refuse_key(&at, reason);
        }
    }
}
