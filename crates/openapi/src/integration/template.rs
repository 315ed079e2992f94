//! Templates: which of them are programs, and what JSON says that is written as people write it.

use tollgate_mapping::Template;

/// Why a program is refused.
pub(super) const NOT_SERVED: &str =
    "this template needs the Velocity Template Language, which is not served by this version";

/// Whether a template is more than text in which variables stand.
pub(super) fn is_program(template: &str) -> bool {
    Template::integration(template).is_err()
}

/// The members of an object and the text of their values, if there is an object and nothing else.
///
/// As API Gateway has it, quotation marks may be single, and names may go without: `{statusCode: 200}`.
pub(super) fn members(text: &str) -> Option<Vec<(&str, &str)>> {
    let mut reader = Reader { rest: text };
    let mut members = Vec::new();
    reader.take('{')?;
    if reader.take('}').is_none() {
        loop {
            let name = reader.word()?;
            reader.take(':')?;
            members.push((name, reader.value()?));
            if reader.take(',').is_none() {
                reader.take('}')?;
                break;
            }
        }
    }
    reader.rest.trim_start().is_empty().then_some(members)
}

struct Reader<'t> {
    rest: &'t str,
}

impl<'t> Reader<'t> {
    fn take(&mut self, wanted: char) -> Option<()> {
        self.rest = self.rest.trim_start().strip_prefix(wanted)?;
        Some(())
    }

    /// The text up to a place.
    fn split(&mut self, at: usize) -> Option<&'t str> {
        let (before, after) = self.rest.split_at_checked(at)?;
        self.rest = after;
        Some(before)
    }

    /// A string without its quotation marks, or a bare name or number.
    fn word(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        for quote in ['"', '\''] {
            if self.take(quote).is_some() {
                let word = self.split(end_of_string(self.rest, quote)?)?;
                self.take(quote)?;
                return Some(word);
            }
        }
        let ends = |letter: char| letter.is_whitespace() || ",:{}[]\"'".contains(letter);
        let word = self.split(self.rest.find(ends).unwrap_or(self.rest.len()))?;
        Some(word).filter(|word| !word.is_empty())
    }

    /// Any value. Objects and lists are passed over as they are.
    fn value(&mut self) -> Option<&'t str> {
        self.rest = self.rest.trim_start();
        if self.rest.starts_with(['{', '[']) {
            self.split(end_of_nested(self.rest)?)
        } else {
            self.word()
        }
    }
}

/// Where a string ends that has begun.
fn end_of_string(text: &str, quote: char) -> Option<usize> {
    let mut escaped = false;
    text.char_indices().find_map(|(at, letter)| {
        let ends = letter == quote && !escaped;
        escaped = letter == '\\' && !escaped;
        ends.then_some(at)
    })
}

/// Where an object or a list ends that the text begins with.
fn end_of_nested(text: &str) -> Option<usize> {
    let mut open = 0_usize;
    let mut string = None;
    let mut escaped = false;
    for (at, letter) in text.char_indices() {
        match (string, letter) {
            (Some(quote), letter) => {
                if letter == quote && !escaped {
                    string = None;
                }
                escaped = letter == '\\' && !escaped;
            }
            (None, '"' | '\'') => string = Some(letter),
            (None, '{' | '[') => open = open.saturating_add(1),
            (None, '}' | ']') => {
                open = open.saturating_sub(1);
                if open == 0 {
                    return Some(at.saturating_add(1));
                }
            }
            (None, _) => {}
        }
    }
    None
}
