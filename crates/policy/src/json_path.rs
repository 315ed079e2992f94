//! Where in a JSON text something is.
//!
//! Whoever reads the text tells only the line and the column of what is wrong with it. To have the path
//! told as well by the reader itself takes a second reader of every type: 110 KB of the gateway.

use std::fmt::Write as _;

/// The path to what ends so many bytes into a text: `limits[1].rate`, or nothing for the whole. The text
/// is JSON up to there.
pub(crate) fn path_at(json: &[u8], line: usize, column: usize) -> String {
    let lines = json.split_inclusive(|&byte| byte == b'\n');
    let before: usize = lines.take(line.saturating_sub(1)).map(<[u8]>::len).sum();
    let end = before.saturating_add(column).min(json.len());
    let mut place = Place::default();
    let mut rest = json.get(..end).unwrap_or_default();
    while let [byte, after @ ..] = rest {
        rest = after;
        match byte {
            b'{' => place.open(Step::Key(Vec::new())),
            b'[' => place.open(Step::Index(0)),
            b'}' | b']' => place.close(),
            b',' => place.next(),
            b'"' => {
                let length = string(rest);
                place.text(rest.get(..length).unwrap_or_default());
                rest = rest.get(length.saturating_add(1)..).unwrap_or_default();
            }
            b':' => place.is_value = true,
            _ => {}
        }
    }
    place.to_string()
}

/// How long a string is, up to its closing quote.
fn string(text: &[u8]) -> usize {
    let mut is_escaped = false;
    let end = text.iter().position(|&byte| {
        let ends = byte == b'"' && !is_escaped;
        is_escaped = byte == b'\\' && !is_escaped;
        ends
    });
    end.unwrap_or(text.len())
}

/// Where reading has come to.
#[derive(Default)]
struct Place {
    /// What is open, from the outside in, and where in each.
    steps: Vec<Step>,
    /// Whether the next string is a value rather than the name of a field.
    is_value: bool,
}

enum Step {
    /// In a field of this name; before the first there is none.
    Key(Vec<u8>),
    /// In the item of this number.
    Index(usize),
}

impl Place {
    fn open(&mut self, step: Step) {
        self.is_value = matches!(step, Step::Index(_));
        self.steps.push(step);
    }

    /// What was open is where the place is, until something else follows.
    fn close(&mut self) {
        self.steps.pop();
        self.is_value = true;
    }

    fn next(&mut self) {
        match self.steps.last_mut() {
            Some(Step::Key(_)) => self.is_value = false,
            Some(Step::Index(index)) => *index = index.saturating_add(1),
            None => {}
        }
    }

    fn text(&mut self, text: &[u8]) {
        if let (false, Some(Step::Key(name))) = (self.is_value, self.steps.last_mut()) {
            *name = text.to_vec();
        }
    }
}

impl std::fmt::Display for Place {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let mut is_first = true;
        for step in &self.steps {
            match step {
                Step::Key(name) if name.is_empty() => {}
                Step::Key(name) => {
                    if !is_first {
                        out.write_char('.')?;
                    }
                    out.write_str(&String::from_utf8_lossy(name))?;
                }
                Step::Index(index) => write!(out, "[{index}]")?,
            }
            is_first = false;
        }
        Ok(())
    }
}
