//! Where a name ends that stands in text.

/// Splits the name of a variable from the text after it. A name has letters, digits and `_`, parts of
/// it stand behind a `.`, and after the first there may be `-` too, as in names of header fields.
pub(crate) fn split(text: &str) -> (&str, &str) {
    let takes = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'_' | b'.' | b'-');
    let end = text.bytes().position(|byte| !takes(byte)).unwrap_or(text.len());
    let name = text.get(..end).unwrap_or_default().trim_end_matches(['.', '-']);
    (name, text.get(name.len()..).unwrap_or_default())
}
