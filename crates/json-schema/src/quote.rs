//! Values in messages, up to a bound.

use std::io::{self, Write};

use serde_json::Value;

/// How many bytes of a client's value a message may repeat. It may end up in a log or a header
/// field, and a body may be large.
pub(crate) const OF_CLIENT: usize = 256;

/// How many bytes of the schema's own values a message may repeat: enough for a list of all
/// countries.
pub(crate) const OF_AUTHOR: usize = 2_048;

/// What stands for the rest.
const MORE: &str = "...";

/// A client's text, as it is.
pub(crate) fn text(text: &str) -> String {
    let end = (0..=OF_CLIENT.min(text.len())).rev().find(|&end| text.is_char_boundary(end));
    match end.and_then(|end| text.split_at_checked(end)) {
        Some((whole, "")) => whole.to_owned(),
        Some((start, _)) => format!("{start}{MORE}"),
        None => MORE.to_owned(),
    }
}

/// A value, as JSON.
pub(crate) fn json(value: &Value, most: usize) -> String {
    let mut start = Start { bytes: Vec::new(), most };
    // It fails when there is enough.
    let whole = serde_json::to_writer(&mut start, value).is_ok();
    let text = String::from_utf8_lossy(&start.bytes);
    if whole {
        return text.into_owned();
    }
    // What was cut within a character.
    format!("{}{MORE}", text.trim_end_matches(char::REPLACEMENT_CHARACTER))
}

/// The first bytes of what is written.
struct Start {
    bytes: Vec<u8>,
    most: usize,
}

impl Write for Start {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let room = self.most.saturating_sub(self.bytes.len());
        self.bytes.extend(bytes.iter().take(room));
        if bytes.len() > room { Err(io::ErrorKind::WriteZero.into()) } else { Ok(bytes.len()) }
    }

    fn flush(&mut self) -> io::Result<()> {
        Ok(())
    }
}

/// Names, as a list in JSON.
pub(crate) fn names<'a>(names: impl IntoIterator<Item = &'a str>, most: usize) -> String {
    let mut list = String::from("[");
    for (index, name) in names.into_iter().enumerate() {
        if index > 0 {
            list.push(',');
        }
        let Some(room) = most.checked_sub(list.len()) else {
            list.push_str(MORE);
            break;
        };
        list.push_str(&json(&Value::from(name), room));
    }
    list.push(']');
    list
}
