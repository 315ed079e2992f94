//! What must not be guessed.

use anyhow::Context;

use crate::failure::Failure;

/// How long a value is that is made here: 238 bits.
const VALUE_CHARS: usize = 40;

/// How long an id is, as with API Gateway.
const ID_CHARS: usize = 10;

const BASE62: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";

/// A new value for a key.
pub fn value() -> Result<String, Failure> {
    text(VALUE_CHARS, BASE62)
}

/// A new id, in letters and digits as API Gateway's.
pub fn id() -> Result<String, Failure> {
    text(ID_CHARS, b"0123456789abcdefghijklmnopqrstuvwxyz")
}

/// Characters of an alphabet, each as likely as the others: bytes that would favour some are dropped.
fn text(chars: usize, alphabet: &[u8]) -> Result<String, Failure> {
    let fair = 256 - 256 % alphabet.len();
    let mut text = String::with_capacity(chars);
    let mut bytes = [0; 64];
    while text.len() < chars {
        getrandom::fill(&mut bytes).context("the system gives no random numbers")?;
        let places = bytes.iter().map(|byte| usize::from(*byte)).filter(|byte| *byte < fair);
        let found = places.filter_map(|byte| alphabet.get(byte % alphabet.len()));
        text.extend(found.take(chars - text.len()).map(|byte| char::from(*byte)));
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_two_values_are_the_same_and_all_characters_occur() {
        let values: Vec<_> = (0..100).map(|_| value().unwrap()).collect();
        for (index, one) in values.iter().enumerate() {
            assert_eq!(one.len(), VALUE_CHARS);
            assert!(!values[..index].contains(one));
        }
        let all = values.concat();
        assert!(BASE62.iter().all(|byte| all.contains(char::from(*byte))));
        assert!(all.bytes().all(|byte| byte.is_ascii_alphanumeric()));
    }

    #[test]
    fn an_id_is_one_as_api_gateway_makes_them() {
        let id = id().unwrap();
        assert_eq!(id.len(), ID_CHARS);
        assert!(id.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit()));
    }
}
