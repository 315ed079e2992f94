//! Reads values of the document, and says where one is not what it should be.

use std::collections::BTreeSet;

use crate::extensions;
use crate::problem::Findings;
use crate::source::{Entry, Map, Mark, Node, Path, Value};
use crate::text::{nearest, quoted};

/// A value, and how it was reached.
#[derive(Clone, Debug)]
pub(crate) struct At<'a> {
    pub(crate) node: &'a Node,
    pub(crate) path: Path<'a>,
    /// Where the key stands that leads here.
    key: Option<Mark>,
}

impl<'a> At<'a> {
    pub(crate) fn root(node: &'a Node) -> Self {
        Self { node, path: Path::ROOT, key: None }
    }

    pub(crate) fn mark(&self) -> Mark {
        self.node.mark
    }

    pub(crate) fn key_mark(&self) -> Mark {
        self.key.unwrap_or(self.node.mark)
    }

    /// The value of a key, if this is an object that has it.
    pub(crate) fn get(&self, key: &str) -> Option<Self> {
        Some(self.entry(self.node.map()?.entry(key)?))
    }

    /// The values of all keys, if this is an object.
    pub(crate) fn entries(&self) -> impl Iterator<Item = (&'a str, Self)> {
        self.node.entries().iter().map(|entry| (&*entry.key, self.entry(entry)))
    }

    /// The items, if this is a list.
    pub(crate) fn items(&self) -> impl Iterator<Item = Self> {
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
    pub(crate) fn string(&self, out: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) if self.node.tag.is_none() => Some(text),
            _ => self.expected("a string", out),
        }
    }

    /// The text of a string that is not empty.
    pub(crate) fn filled(&self, out: &mut Findings) -> Option<&'a str> {
        let text = self.string(out)?;
        if text.is_empty() {
            out.refuse(self, "is empty");
            return None;
        }
        Some(text)
    }

    /// The text of a string, or of a number as it is written: `1.0` of a version.
    pub(crate) fn version(&self, out: &mut Findings) -> Option<&'a str> {
        match &self.node.value {
            Value::String(text) | Value::Number(text) if self.node.tag.is_none() => Some(text),
            _ => self.expected("a string", out),
        }
    }

    pub(crate) fn flag(&self, out: &mut Findings) -> Option<bool> {
        match &self.node.value {
            Value::Bool(flag) if self.node.tag.is_none() => Some(*flag),
            _ => self.expected("`true` or `false`", out),
        }
    }

    /// A whole number between two others.
    pub(crate) fn number(&self, least: u32, most: u32, out: &mut Findings) -> Option<u32> {
        let right = format!("a number from {least} to {most}");
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

    pub(crate) fn list(&self, out: &mut Findings) -> Option<Vec<Self>> {
        match &self.node.value {
            Value::List(_) if self.node.tag.is_none() => Some(self.items().collect()),
            _ => self.expected("a list", out),
        }
    }

    /// A list of strings that are not empty, none twice.
    pub(crate) fn strings(&self, out: &mut Findings) -> Option<Vec<(Self, &'a str)>> {
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

    pub(crate) fn map(&self, out: &mut Findings) -> Option<&'a Map> {
        match &self.node.value {
            Value::Map(map) if self.node.tag.is_none() && self.function().is_none() => Some(map),
            _ => self.expected("an object", out),
        }
    }

    /// The object's keys, to be taken one by one.
    pub(crate) fn fields(&self, out: &mut Findings) -> Option<Fields<'a>> {
        self.map(out)?;
        Some(Fields { at: self.clone(), known: BTreeSet::new() })
    }

    /// The `CloudFormation` function that stands here in place of a value.
    fn function(&self) -> Option<String> {
        if let Some(tag) = &self.node.tag {
            return Some(tag.to_string());
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
pub(crate) struct Fields<'a> {
    pub(crate) at: At<'a>,
    known: BTreeSet<&'static str>,
}

impl<'a> Fields<'a> {
    /// The value of a key, if it is there.
    pub(crate) fn take(&mut self, key: &'static str) -> Option<At<'a>> {
        self.known.insert(key);
        self.at.get(key)
    }

    /// The value of a key that must be there.
    pub(crate) fn need(&mut self, key: &'static str, out: &mut Findings) -> Option<At<'a>> {
        let found = self.take(key);
        if found.is_none() {
            out.refuse_key(&self.at, format!("lacks `{key}`"));
        }
        found
    }

    /// Keys that only describe. They are searched for extensions, which would do nothing there.
    pub(crate) fn describe(&mut self, keys: &[&'static str], out: &mut Findings) {
        for key in keys {
            if let Some(at) = self.take(key) {
                extensions::refuse_within(&at, out);
            }
        }
    }

    /// Reports a key that is left out.
    pub(crate) fn notice(&mut self, key: &'static str, reason: &str, out: &mut Findings) {
        if let Some(at) = self.take(key) {
            out.notice(&at, reason);
        }
    }

    /// Refuses a key, if it is there.
    pub(crate) fn refuse(&mut self, key: &'static str, reason: &str, out: &mut Findings) {
        if let Some(at) = self.take(key) {
            out.refuse_key(&at, reason);
        }
    }

    /// Refuses what is left. Extensions of other makers are not ours to judge.
    pub(crate) fn finish(self, out: &mut Findings) {
        for (key, at) in self.at.entries() {
            if self.known.contains(key) || extensions::is_foreign(key) {
                continue;
            }
            let meant = if out.is_full() {
                None
            } else {
                nearest(key, self.known.iter().copied()).or_else(|| extensions::meant(key))
            };
            let reason = match (extensions::place(key), meant) {
                (Some(place), _) => format!("`{key}` does nothing here: it belongs {place}"),
                (None, Some(meant)) => {
                    format!("{} is not known, perhaps `{meant}` is meant", quoted(key))
                }
                (None, None) => format!("{} is not known here", quoted(key)),
            };
            out.refuse_key(&at, reason);
        }
    }
}
