//! Reads YAML 1.2.

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, Tag};

use super::Stop;
use super::builder::{Builder, Written, too_deep};
use super::scalar;
use super::tree::{Mark, Node, Value};

pub(super) fn read(text: &str, builder: &mut Builder) -> Result<(), Stop> {
    let mut documents = 0;
    let mut parser = Parser::new_from_str(text);
    while let Some(event) = parser.next_event() {
        let (event, span) = event.map_err(|error| {
            let mark = mark(*error.marker());
            match error.info() {
                // The parser looks ahead, and has a limit of its own.
                "recursion limit exceeded" => too_deep(mark),
                info => Stop::new(mark, format!("this is not YAML: {info}")),
            }
        })?;
        let mark = mark(span.start);
        match event {
            Event::Nothing | Event::StreamStart | Event::StreamEnd | Event::DocumentEnd => {}
            Event::DocumentStart(_) => {
                documents += 1;
                if documents > 1 {
                    return Err(Stop::new(
                        mark,
                        "a file holds one document, and here a second begins",
                    ));
                }
            }
            Event::Alias(anchor) => builder.alias(mark, anchor)?,
            Event::Scalar(text, style, anchor, tag) => {
                let written = match style {
                    ScalarStyle::Plain => Written::Plain,
                    _ => Written::Quoted,
                };
                let (value, tag) = scalar_value(&text, written, tag.as_deref());
                builder.scalar(Node { mark, value, tag }, written, anchor)?;
            }
            Event::SequenceStart(anchor, tag) => {
                builder.open_list(mark, other_tag(tag.as_deref(), "seq"), anchor)?;
            }
            Event::MappingStart(anchor, tag) => {
                builder.open_map(mark, other_tag(tag.as_deref(), "map"), anchor)?;
            }
            Event::SequenceEnd | Event::MappingEnd => builder.close()?,
        }
    }
    Ok(())
}

fn scalar_value(text: &str, written: Written, tag: Option<&Tag>) -> (Value, Option<Box<str>>) {
    let plain = scalar::resolve(text);
    let name = match &plain {
        Value::Null => "null",
        Value::Bool(_) => "bool",
        Value::Number(text) if text.contains(['.', 'e', 'E']) && !text.starts_with("0x") => "float",
        Value::Number(_) => "int",
        Value::String(_) | Value::List(_) | Value::Map(_) => "str",
    };
    match tag {
        // `!` alone says that a scalar is not plain.
        Some(tag) if is_core(tag, "str") || (tag.handle.is_empty() && tag.suffix == "!") => {
            (Value::String(text.into()), None)
        }
        Some(tag) if is_core(tag, name) => (plain, None),
        Some(tag) => (Value::String(text.into()), Some(tag_name(tag))),
        None if written == Written::Plain => (plain, None),
        None => (Value::String(text.into()), None),
    }
}

/// The tag, unless it says what is the case anyway.
fn other_tag(tag: Option<&Tag>, kind: &str) -> Option<Box<str>> {
    tag.filter(|tag| !is_core(tag, kind)).map(tag_name)
}

fn is_core(tag: &Tag, suffix: &str) -> bool {
    tag.is_yaml_core_schema() && tag.suffix == suffix
}

fn tag_name(tag: &Tag) -> Box<str> {
    let handle = if tag.is_yaml_core_schema() { "!!" } else { tag.handle.as_str() };
    format!("{handle}{}", tag.suffix).into()
}

fn mark(marker: Marker) -> Mark {
    let number = |number: usize| u32::try_from(number).unwrap_or(u32::MAX);
    Mark { line: number(marker.line()), column: number(marker.col() + 1) }
}
