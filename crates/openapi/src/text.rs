//! What titles and paths are called in a definition, and how other parts' words are shown.

use tollgate_policy::Invalid;

/// The most characters that are shown of what another part says.
const SHOWN: usize = 400;

/// A name of letters, digits and `-`, in lower case, of at most `most` bytes.
pub(crate) fn slug(text: &str, most: usize) -> String {
    let mut slug = String::new();
    for letter in text.chars() {
        if letter.is_ascii_alphanumeric() {
            slug.push(letter.to_ascii_lowercase());
        } else if !slug.is_empty() && !slug.ends_with('-') {
            slug.push('-');
        }
        if slug.len() == most {
            break;
        }
    }
    slug.trim_end_matches('-').to_owned()
}

/// Why another part refuses something, on one line. Its words may be the document's, and long.
pub(crate) fn reason(invalid: &Invalid) -> String {
    let mut shown = String::new();
    for letter in invalid.reason.chars().take(SHOWN) {
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    if invalid.reason.chars().nth(SHOWN).is_some() {
        shown.push('…');
    }
    shown
}
