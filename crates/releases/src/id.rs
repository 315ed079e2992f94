//! The ids of deployments.

use crate::Error;

/// How long an id is, as with API Gateway.
const CHARS: usize = 10;

const ALPHABET: &[u8; 36] = b"abcdefghijklmnopqrstuvwxyz0123456789";

/// An id that is not taken. Ids are drawn from 36^10, so that one that is gone does not come back.
pub(crate) fn fresh(is_taken: impl Fn(&str) -> bool) -> Result<String, Error> {
    /// More than one draw in a row that is taken means that the numbers are not random.
    const DRAWS: usize = 10;
    for _ in 0..DRAWS {
        let id = random()?;
        if !is_taken(&id) {
            return Ok(id);
        }
    }
    Err(Error::refused("no deployment id is free"))
}

/// Characters of the alphabet, each as likely as the others: bytes that would favour some are dropped.
fn random() -> Result<String, Error> {
    let fair = 256 - 256 % ALPHABET.len();
    let mut text = String::with_capacity(CHARS);
    let mut bytes = [0; 32];
    while text.len() < CHARS {
        getrandom::fill(&mut bytes).map_err(Error::Random)?;
        let places = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let found = places.filter_map(|byte| ALPHABET.get(byte % ALPHABET.len()));
        text.extend(found.take(CHARS - text.len()).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

/// Whether a text can be an id. What is not never becomes the name of a file.
pub(crate) fn is_id(text: &str) -> bool {
    text.len() == CHARS && text.bytes().all(|byte| ALPHABET.contains(&byte))
}
