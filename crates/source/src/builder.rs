//! Builds the tree from what a reader comes across, within limits.

use std::collections::HashMap;

use crate::problem::Findings;
use crate::text::quoted;

use super::Stop;
use super::path::Path;
use super::tree::{Entry, Map, Mark, Node, Value};

/// How deep lists and objects may be nested. Schemas in use reach 40.
const MAX_DEPTH: usize = 128;

/// How much a document may hold: its text, and [`NODE`] for each value. Aliases count for what they
/// stand for, so ten lines of them cannot become ten gigabytes.
const MAX_SIZE: usize = 48 * 1024 * 1024;

/// What a value counts for besides its text; about what it takes in memory.
const NODE: usize = 64;

/// Builds the tree.
#[derive(Debug, Default)]
pub(super) struct Builder {
    root: Option<Node>,
    open: Vec<Frame>,
    anchors: HashMap<usize, (Node, usize)>,
    size: usize,
    /// What is wrong but does not stop the reading: place, path, reason.
    wrong: Vec<(Mark, Vec<Box<str>>, String)>,
}

/// A list or an object that is not yet complete.
#[derive(Debug)]
struct Frame {
    mark: Mark,
    tag: Option<Box<str>>,
    anchor: usize,
    /// What had been counted before.
    size: usize,
    content: Content,
}

#[derive(Debug)]
enum Content {
    List(Vec<Node>),
    Map { entries: Vec<Entry>, merged: Vec<Node>, key: Option<Key> },
}

#[derive(Debug)]
enum Key {
    Named(Box<str>, Mark),
    /// YAML's `<<`.
    Merge,
}

/// How a scalar is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Written {
    Plain,
    Quoted,
}

impl Builder {
    pub(super) fn open_list(
        &mut self,
        mark: Mark,
        tag: Option<Box<str>>,
        anchor: usize,
    ) -> Result<(), Stop> {
        self.open(mark, tag, anchor, Content::List(Vec::new()))
    }

    pub(super) fn open_map(
        &mut self,
        mark: Mark,
        tag: Option<Box<str>>,
        anchor: usize,
    ) -> Result<(), Stop> {
        let content = Content::Map { entries: Vec::new(), merged: Vec::new(), key: None };
        self.open(mark, tag, anchor, content)
    }

    fn open(
        &mut self,
        mark: Mark,
        tag: Option<Box<str>>,
        anchor: usize,
        content: Content,
    ) -> Result<(), Stop> {
        if self.open.len() >= MAX_DEPTH {
            return Err(too_deep(mark));
        }
        if self.wants_key() {
            return Err(Stop::new(mark, "a key is a string, not a list or an object"));
        }
        let size = self.size;
        self.count(mark, NODE)?;
        self.open.push(Frame { mark, tag, anchor, size, content });
        Ok(())
    }

    /// Ends the list or object that was opened last.
    pub(super) fn close(&mut self) -> Result<(), Stop> {
        let Some(Frame { mark, tag, anchor, size, content }) = self.open.pop() else {
            return Ok(());
        };
        let value = match content {
            Content::List(items) => Value::List(items),
            Content::Map { entries, merged, .. } => {
                let (map, again) = Map::new(entries);
                for (first, Entry { key, mark, .. }) in again {
                    let reason = format!(
                        "{} is there twice: it is on line {} and on line {}",
                        quoted(&key),
                        first.line,
                        mark.line
                    );
                    let mut path = self.path();
                    path.push(key);
                    self.wrong.push((mark, path, reason));
                }
                Value::Map(self.merge(map, merged))
            }
        };
        let node = Node { mark, value, tag };
        self.remember(anchor, &node, self.size.saturating_sub(size))?;
        self.put(node, Written::Quoted)
    }

    pub(super) fn scalar(
        &mut self,
        node: Node,
        written: Written,
        anchor: usize,
    ) -> Result<(), Stop> {
        let size = self.size;
        let length = node.text().map_or(0, str::len);
        self.count(node.mark, NODE + length)?;
        self.remember(anchor, &node, self.size.saturating_sub(size))?;
        self.put(node, written)
    }

    /// Puts what an anchor stands for here.
    pub(super) fn alias(&mut self, mark: Mark, anchor: usize) -> Result<(), Stop> {
        let Some((_, size)) = self.anchors.get(&anchor) else {
            return Err(Stop::new(mark, "an alias stands within what it stands for"));
        };
        let size = *size;
        self.count(mark, size)?;
        match self.anchors.get(&anchor).cloned() {
            Some((node, _)) => self.put(node, Written::Quoted),
            None => Ok(()),
        }
    }

    fn remember(&mut self, anchor: usize, node: &Node, size: usize) -> Result<(), Stop> {
        if anchor != 0 {
            self.count(node.mark, size)?;
            self.anchors.insert(anchor, (node.clone(), size));
        }
        Ok(())
    }

    fn count(&mut self, mark: Mark, more: usize) -> Result<(), Stop> {
        self.size = self.size.saturating_add(more);
        if self.size > MAX_SIZE {
            return Err(Stop::limit(mark, "the document holds too much, aliases counted in full"));
        }
        Ok(())
    }

    fn wants_key(&self) -> bool {
        let content = self.open.last().map(|frame| &frame.content);
        matches!(content, Some(Content::Map { key: None, .. }))
    }

    fn put(&mut self, node: Node, written: Written) -> Result<(), Stop> {
        match self.open.last_mut().map(|frame| &mut frame.content) {
            None if self.root.is_some() => {
                return Err(Stop::new(node.mark, "the text goes on after the document's end"));
            }
            None => self.root = Some(node),
            Some(Content::List(items)) => items.push(node),
            Some(Content::Map { entries, merged, key }) => match key.take() {
                Some(Key::Named(key, mark)) => entries.push(Entry { key, mark, value: node }),
                Some(Key::Merge) => merged.push(node),
                None => {
                    let mark = node.mark;
                    let named = |text: Box<str>| Ok(Key::Named(text, mark));
                    let name = match node.value {
                        Value::String(text) if written == Written::Plain && &*text == "<<" => {
                            Ok(Key::Merge)
                        }
                        Value::String(text) | Value::Number(text) => named(text),
                        Value::Bool(value) => named(value.to_string().into()),
                        Value::Null => named("null".into()),
                        Value::List(_) | Value::Map(_) => {
                            Err(Stop::new(mark, "a key is a string, not a list or an object"))
                        }
                    };
                    *key = Some(name?);
                }
            },
        }
        Ok(())
    }

    /// Adds the entries that `<<` asks for and that are not there.
    fn merge(&mut self, map: Map, merged: Vec<Node>) -> Map {
        if merged.is_empty() {
            return map;
        }
        let mut entries = map.entries().to_vec();
        let mut sources = Vec::new();
        for node in merged {
            match node.value {
                Value::List(items) => sources.extend(items),
                _ => sources.push(node),
            }
        }
        for node in sources {
            match node.value {
                Value::Map(source) => entries.extend(source.entries().iter().cloned()),
                _ => {
                    let mut path = self.path();
                    path.push("<<".into());
                    let reason = "`<<` takes an object, or a list of objects".to_owned();
                    self.wrong.push((node.mark, path, reason));
                }
            }
        }
        // The first of each key is kept: the object's own.
        Map::new(entries).0
    }

    fn path(&self) -> Vec<Box<str>> {
        self.open
            .iter()
            .filter_map(|frame| match &frame.content {
                Content::List(items) => Some(format!("[{}]", items.len()).into()),
                Content::Map { key: Some(Key::Named(key, _)), .. } => Some(key.clone()),
                Content::Map { .. } => None,
            })
            .collect()
    }

    /// The tree, once the text was read to its end.
    pub(super) fn finish(self, findings: &mut Findings) -> Option<Node> {
        report(self.wrong, findings);
        if self.root.is_none() {
            findings.refuse_at(Mark::START, &Path::ROOT, "the document is empty");
        }
        self.root
    }

    /// Reports why the text could not be read to its end.
    pub(super) fn stop(mut self, stop: Stop, findings: &mut Findings) {
        let path = self.path();
        self.wrong.push((stop.mark, path, stop.reason));
        report(self.wrong, findings);
    }
}

/// The refusal of values within values without end.
pub(super) fn too_deep(mark: Mark) -> Stop {
    Stop::limit(mark, format!("values are nested more than {MAX_DEPTH} deep"))
}

fn report(wrong: Vec<(Mark, Vec<Box<str>>, String)>, findings: &mut Findings) {
    for (mark, steps, reason) in wrong {
        let path = steps.iter().fold(Path::ROOT, |path, step| {
            match step.strip_prefix('[').and_then(|step| step.strip_suffix(']')) {
                Some(index) if index.parse::<usize>().is_ok() => {
                    path.index(index.parse().unwrap_or_default())
                }
                _ => path.key(step),
            }
        });
        findings.refuse_at(mark, &path, reason);
    }
}
