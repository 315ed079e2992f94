//! Policy variables: what stands for a value of the request.

use std::borrow::Cow;

use crate::keys::{Found, Keys};
use crate::malformed::{Malformed, shown};

/// Bytes of a variable's name. Names of keys are short; a tag may have 128 characters.
const MAX_NAME_BYTES: usize = 256;

/// A value of the request, such as `${aws:username}`.
#[derive(Debug)]
pub(crate) struct Variable {
    /// The key, in lower case.
    pub(crate) key: Box<str>,
    /// What it stands for where the request has no such key.
    default: Option<Box<str>>,
}

impl Variable {
    /// Reads what stands between the braces: `key` or `key, 'default'`.
    pub(crate) fn parse(written: &str) -> Result<Self, Malformed> {
        let (key, default) = match written.split_once(',') {
            None => (written, None),
            Some((key, rest)) => {
                let default = (rest.trim_start().strip_prefix('\''))
                    .and_then(|rest| rest.trim_end().strip_suffix('\''));
                let Some(default) = default.filter(|default| !default.contains('\'')) else {
                    let reason = format!(
                        "`${{{}}}` has no default: it must be written `${{key, 'default'}}`",
                        shown(written)
                    );
                    return Err(Malformed::new(reason));
                };
                (key, Some(default.into()))
            }
        };
        let key = key.trim();
        let is_plain =
            |byte: u8| byte.is_ascii_graphic() && !b"*?${}'\"".contains(&byte) || byte == b' ';
        if key.is_empty() || key.len() > MAX_NAME_BYTES || !key.bytes().all(is_plain) {
            let reason = format!("`${{{}}}` does not name a key", shown(written));
            return Err(Malformed::new(reason));
        }
        Ok(Self { key: key.to_ascii_lowercase().into(), default })
    }

    /// What it stands for. A key with several values stands for none of them.
    pub(crate) fn value<'k>(&'k self, keys: &'k dyn Keys) -> Option<Cow<'k, str>> {
        match keys.values(&self.key) {
            Found::One(value) => Some(value.into_text()),
            Found::Nothing | Found::Several(_) => self.default.as_deref().map(Cow::from),
        }
    }
}
