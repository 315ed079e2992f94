//! YAML, written so that it is read back as what it was.
//!
//! Fields keep the order they are given in, and a doc comment before a field becomes a comment in
//! the file: the reason for a setting is written once and read in both places.

use std::fmt::Write;
use std::time::Duration;

/// Up to how many columns a map or a list is written on one line.
const WIDTH: usize = 100;

/// A YAML value.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Node {
    /// Nothing: the field that has it is left out.
    Absent,
    Bool(bool),
    Number(u64),
    Duration(Duration),
    Text(String),
    /// Text that keeps its lines.
    Lines(String),
    List(Vec<Node>),
    Map(Vec<Field>),
}

/// A field of a map.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Field {
    pub(crate) notes: &'static [&'static str],
    pub(crate) name: &'static str,
    pub(crate) value: Node,
}

/// Writes a map down as `"name": value`, each field with its reason before it as a doc comment.
macro_rules! map {
    ($($(#[doc = $note:literal])* $name:literal: $value:expr),* $(,)?) => {
        $crate::yaml::Node::Map(vec![$(
            $crate::yaml::Field { notes: &[$($note),*], name: $name, value: $value.into() }
        ),*])
    };
}
pub(crate) use map;

macro_rules! from {
    ($($type:ty, $value:ident => $node:expr;)*) => {
        $(impl From<$type> for Node {
            fn from($value: $type) -> Self {
                $node
            }
        })*
    };
}

from! {
    bool, value => Self::Bool(value);
    u64, value => Self::Number(value);
    u32, value => Self::Number(value.into());
    u16, value => Self::Number(value.into());
    Duration, value => Self::Duration(value);
    String, value => Self::Text(value);
    &String, value => Self::Text(value.clone());
    &str, value => Self::Text(value.to_owned());
    Vec<Self>, value => Self::List(value);
    Option<Self>, value => value.unwrap_or(Self::Absent);
}

impl<const N: usize> From<[Self; N]> for Node {
    fn from(items: [Self; N]) -> Self {
        Self::List(items.into())
    }
}

impl<const N: usize> From<[&str; N]> for Node {
    fn from(items: [&str; N]) -> Self {
        Self::List(items.into_iter().map(Self::from).collect())
    }
}

impl Node {
    /// A map of fields that need no reasons.
    pub(crate) fn object(fields: impl IntoIterator<Item = (&'static str, Self)>) -> Self {
        let field = |(name, value)| Field { notes: &[], name, value };
        Self::Map(fields.into_iter().map(field).collect())
    }

    /// The whole document: comment lines first, then the value.
    pub(crate) fn document(&self, comment: &str) -> String {
        let mut out = String::new();
        for line in comment.lines() {
            let _ = writeln!(out, "{}", format!("# {line}").trim_end());
        }
        match self {
            Self::Map(fields) => write_fields(&mut out, fields, 0),
            other => {
                let _ = writeln!(out, "{}", other.line().unwrap_or_default());
            }
        }
        out
    }

    /// The value on one line, if it can be.
    fn line(&self) -> Option<String> {
        Some(match self {
            Self::Absent => "null".to_owned(),
            Self::Bool(value) => value.to_string(),
            Self::Number(value) => value.to_string(),
            Self::Duration(value) => seconds(*value),
            Self::Text(text) => scalar(text),
            Self::Lines(_) => return None,
            Self::List(items) => {
                let items: Option<Vec<_>> = items.iter().map(Self::line).collect();
                format!("[{}]", items?.join(", "))
            }
            Self::Map(fields) => {
                let fields: Option<Vec<_>> = present(fields)
                    .map(|field| match field.notes {
                        [] => Some(format!("{}: {}", scalar(field.name), field.value.line()?)),
                        _ => None,
                    })
                    .collect();
                match fields?.join(", ") {
                    none if none.is_empty() => "{}".to_owned(),
                    some => format!("{{ {some} }}"),
                }
            }
        })
    }

    /// Whether the value may be written after its name, where that leaves it `room` columns.
    fn inline(&self, room: usize) -> Option<String> {
        let line = self.line()?;
        match self {
            Self::List(items) if items.is_empty() => Some(line),
            Self::List(_) | Self::Map(_) if line.chars().count() > room => None,
            _ => Some(line),
        }
    }
}

fn present(fields: &[Field]) -> impl Iterator<Item = &Field> {
    fields.iter().filter(|field| field.value != Node::Absent)
}

fn write_fields(out: &mut String, fields: &[Field], indent: usize) {
    for field in present(fields) {
        for note in field.notes {
            let _ = writeln!(out, "{:indent$}#{}", "", note.trim_end());
        }
        let _ = write!(out, "{:indent$}{}:", "", scalar(field.name));
        write_value(out, &field.value, indent, indent + field.name.len() + 2);
    }
}

/// Writes what follows `name:` or `-`, which stands at `indent`.
fn write_value(out: &mut String, value: &Node, indent: usize, column: usize) {
    if let Some(line) = value.inline(WIDTH.saturating_sub(column)) {
        let _ = writeln!(out, " {line}");
        return;
    }
    match value {
        Node::Lines(text) => write_lines(out, text, indent + 2),
        Node::List(items) => {
            out.push('\n');
            for item in items {
                write_item(out, item, indent);
            }
        }
        Node::Map(fields) => {
            out.push('\n');
            write_fields(out, fields, indent + 2);
        }
        _ => out.push('\n'),
    }
}

/// A list's items stand as far in as its name.
fn write_item(out: &mut String, item: &Node, indent: usize) {
    let start = out.len();
    match item {
        Node::Map(fields) if item.inline(WIDTH.saturating_sub(indent + 2)).is_none() => {
            write_fields(out, fields, indent + 2);
            // The first line of the map, or the comment above it, is where the dash goes.
            let dash = start + indent..start + indent + 1;
            out.replace_range(dash, "-");
        }
        other => {
            let _ = write!(out, "{:indent$}-", "");
            write_value(out, other, indent + 2, indent + 2);
        }
    }
}

fn write_lines(out: &mut String, text: &str, indent: usize) {
    out.push_str(" |-\n");
    for line in text.split('\n') {
        let _ = writeln!(out, "{:indent$}{line}", "");
    }
}

/// Seconds, as protobuf writes a duration.
fn seconds(duration: Duration) -> String {
    format!("{}s", duration.as_secs_f64())
}

/// Text as it is if no reader can take it for anything else, and in quotes otherwise: in single ones
/// where double ones would need escapes and single ones do not.
fn scalar(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.contains('"') && !text.contains('\'') && !text.chars().any(is_invisible) {
        format!("'{text}'")
    } else {
        quoted(text)
    }
}

/// INVARIANT: stricter than any version of YAML: what YAML 1.1 takes for a boolean is not plain,
/// and Envoy's reader is of that kind.
fn is_plain(text: &str) -> bool {
    const OTHERWISE: [&str; 10] =
        ["null", "true", "false", "yes", "no", "on", "off", "y", "n", "nan"];
    text.starts_with(|first: char| first.is_ascii_alphabetic() || first == '/')
        && text
            .bytes()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'-' | b'.' | b'/'))
        && !OTHERWISE.iter().any(|word| text.eq_ignore_ascii_case(word))
}

fn quoted(text: &str) -> String {
    let mut out = String::with_capacity(text.len() + 2);
    out.push('"');
    for char in text.chars() {
        let code = u32::from(char);
        let _ = match char {
            '"' | '\\' => write!(out, "\\{char}"),
            '\n' => write!(out, "\\n"),
            '\t' => write!(out, "\\t"),
            _ if !is_invisible(char) => write!(out, "{char}"),
            _ if code <= 0xff => write!(out, "\\x{code:02x}"),
            _ if code <= 0xffff => write!(out, "\\u{code:04x}"),
            _ => write!(out, "\\U{code:08x}"),
        };
    }
    out.push('"');
    out
}

/// Whether a character must not stand in a YAML file as it is, or would not be seen there.
pub(crate) fn is_invisible(char: char) -> bool {
    let code = u32::from(char);
    char.is_control()
        || matches!(code, 0x2028..=0x202e | 0x2066..=0x2069 | 0x200b..=0x200f | 0xfeff)
        || code & 0xfffe == 0xfffe
}
