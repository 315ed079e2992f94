//! How an operator's own words are shown, and what they may have meant.

/// The most characters of one word of the document that a message shows.
const SHOWN: usize = 120;

/// The word in backticks, cut where it is long, on one line.
#[must_use]
pub fn quoted(word: &str) -> String {
    format!("`{}`", cut(word))
}

/// The word, cut where it is long, on one line.
#[must_use]
pub fn cut(word: &str) -> String {
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
#[must_use]
pub fn any_of<'w>(words: impl IntoIterator<Item = &'w str>) -> String {
    let words: Vec<_> = words.into_iter().map(quoted).collect();
    match words.as_slice() {
        [] => String::new(),
        [only] => only.clone(),
        [first @ .., last] => format!("{} or {last}", first.join(", ")),
    }
}

/// The known word that was probably meant.
#[must_use]
pub fn nearest<'k>(word: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
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
