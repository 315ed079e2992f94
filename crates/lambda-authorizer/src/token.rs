//! What a token must look like before anybody is asked about it.

use regex_lite::{Regex, RegexBuilder};
use tollgate_policy::Invalid;

/// The longest expression: room for a dozen kinds of tokens.
const MAX_EXPRESSION_BYTES: usize = 512;

/// The memory an expression may take once it is compiled: far more than one of that length needs that
/// repeats nothing thousands of times.
const MAX_EXPRESSION_MEMORY: usize = 64 * 1024;

/// What a whole token must match.
#[derive(Debug)]
pub(crate) struct Looks(Regex);

impl Looks {
    pub(crate) fn compile(expression: &str) -> Result<Self, Invalid> {
        if expression.len() > MAX_EXPRESSION_BYTES {
            let reason = format!("has more than {MAX_EXPRESSION_BYTES} characters");
            return Err(Invalid::new("", reason));
        }
        let compile = |text: &str| {
            RegexBuilder::new(text).size_limit(MAX_EXPRESSION_MEMORY).build().map_err(|_| {
                let reason = format!("`{expression}` is no regular expression, or too large");
                Invalid::new("", reason)
            })
        };
        // Alone too: what closes the group around it would match a part.
        compile(expression)?;
        compile(&format!("^(?:{expression})$")).map(Self)
    }

    pub(crate) fn fit(&self, token: &str) -> bool {
        self.0.is_match(token)
    }
}
