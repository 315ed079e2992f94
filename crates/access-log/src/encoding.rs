//! How values are written, by what the format looks like.

use std::fmt::Write as _;

/// How values are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Encoding {
    /// The Common Log Format, and whatever is none of the others: what would end the line or a string
    /// is escaped with `\`, as the Apache web server does.
    Clf,
    /// As in a string of JSON.
    Json,
    /// As in an element or an attribute of XML.
    Xml,
    /// As in a field of RFC 4180: in quotation marks where there is a comma, a quotation mark or a
    /// control character in it; and control characters as spaces.
    Csv,
}

impl Encoding {
    /// What a format looks like.
    pub(crate) fn of(format: &str) -> Self {
        let format = format.trim_start();
        // A list of variables and nothing else, as API Gateway's preset has it.
        let is_list = format.split(',').nth(1).is_some()
            && format.split(',').all(|field| {
                let name = field.trim().strip_prefix("$context.");
                name.is_some_and(|name| {
                    name.bytes().all(|byte| byte.is_ascii_alphanumeric() || byte == b'.')
                })
            });
        match format.as_bytes().first() {
            Some(b'{') => Self::Json,
            Some(b'<') => Self::Xml,
            _ if is_list => Self::Csv,
            _ => Self::Clf,
        }
    }

    /// Writes what is JSON already, which in JSON stays as it is but for what ends lines.
    pub(crate) fn write_json(self, value: &str, line: &mut String) {
        if self != Self::Json {
            return self.write(value, line);
        }
        for char in value.chars() {
            if ends_lines(char) {
                // Writing to a string does not fail.
                let _ = write!(line, "\\u{:04x}", u32::from(char));
            } else {
                line.push(char);
            }
        }
    }

    pub(crate) fn write(self, value: &str, line: &mut String) {
        if self == Self::Csv {
            return field(value, line);
        }
        if value.bytes().all(is_plain) {
            return line.push_str(value);
        }
        for char in value.chars() {
            match (self, char) {
                (Self::Json | Self::Clf, '"' | '\\') => line.extend(['\\', char]),
                (Self::Xml, '<') => line.push_str("&lt;"),
                (Self::Xml, '>') => line.push_str("&gt;"),
                (Self::Xml, '&') => line.push_str("&amp;"),
                (Self::Xml, '"') => line.push_str("&quot;"),
                (Self::Xml, '\'') => line.push_str("&apos;"),
                // XML has no way to write them.
                (Self::Xml, char) if ends_lines(char) => line.push('\u{fffd}'),
                (_, char) if ends_lines(char) => {
                    // Writing to a string does not fail.
                    let _ = write!(line, "\\u{:04x}", u32::from(char));
                }
                (_, char) => line.push(char),
            }
        }
    }
}

/// Whether a byte is written as it is in every encoding.
const fn is_plain(byte: u8) -> bool {
    matches!(byte, b' '..=b'~') && !matches!(byte, b'"' | b'\\' | b'<' | b'>' | b'&' | b'\'')
}

fn field(value: &str, line: &mut String) {
    let must_quote = value.contains(|char| matches!(char, ',' | '"') || ends_lines(char));
    if !must_quote {
        return line.push_str(value);
    }
    line.push('"');
    for char in value.chars() {
        match char {
            '"' => line.push_str("\"\""),
            char if ends_lines(char) => line.push(' '),
            char => line.push(char),
        }
    }
    line.push('"');
}

/// Whether some reader of the log may take it for the end of a line, or for an order to its terminal.
fn ends_lines(char: char) -> bool {
    char.is_control() || matches!(char, '\u{2028}' | '\u{2029}')
}
