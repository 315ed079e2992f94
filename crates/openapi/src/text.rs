//! How an operator's own words are shown, and what they may have meant.

/// The most characters of one word of the document that a message shows.
const SHOWN: usize = 120;

/// The word in backticks, cut where it is long, on one line.
pub(crate) fn quoted(word: &str) -> String {
    format!("`{}`", cut(word))
}

/// The word, cut where it is long, on one line.
pub(crate) fn cut(word: &str) -> String {
    let mut shown = String::new();
    for (index, letter) in word.chars().enumerate() {
        if index == SHOWN {
            shown.push('…');
            break;
        }
        if letter.is_control() {
            shown.extend(letter.escape_default());
        } else {
            shown.push(letter);
        }
    }
    shown
}

/// Words in backticks, with commas and an `or`.
pub(crate) fn any_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.into_iter().map(quoted).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The known word that was probably meant.
pub(crate) fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    if word.chars().count() > SHOWN {
        return None;
    }
    let most = if word.len() < 5 { 1 } else { 3 };
    known
        .into_iter()
        .map(|known| (distance(&word.to_ascii_lowercase(), &known.to_ascii_lowercase()), known))
        .filter(|(distance, _)| *distance <= most)
        .min_by_key(|(distance, _)| *distance)
        .map(|(_, known)| known)
}

/// How many letters must be changed, added or removed (Levenshtein).
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (index, letter) in one.chars().enumerate() {
        let mut left = index + 1;
        let mut next = vec![left];
        for (above, theirs) in row.array_windows().zip(&other) {
            let [diagonal, above] = *above;
            left = (left + 1).min(above + 1).min(diagonal + usize::from(letter != *theirs));
            next.push(left);
        }
        row = next;
    }
    row.last().copied().unwrap_or_default()
}

/// A name of letters, digits and `-`, in lower case, of at most `most` bytes: what a title or a
/// path can be called in a definition.
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
