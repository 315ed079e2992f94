//! What is wrong with a value.

use std::fmt;

/// How many violations are told of one value. Whoever sent it has enough to correct by then.
pub const MAX_VIOLATIONS: usize = 100;

/// And in how many bytes, save for the last of them. All may end up in one line of a log.
const ENOUGH_BYTES: usize = 16_384;

/// A keyword that a value does not satisfy.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The keyword.
    pub keyword: &'static str,
    /// What the value is and what it should be. It may quote the value, up to a bound.
    pub message: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(&self.message)
    }
}

/// Why a value was not accepted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Rejected {
    /// It does not satisfy the schema. There is at least one violation, and there are at most
    /// [`MAX_VIOLATIONS`].
    Invalid(Vec<Violation>),
    /// Whether it satisfies the schema would take too much work to find out.
    TooMuchWork,
}

impl fmt::Display for Rejected {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::TooMuchWork => out.write_str("validating it takes too much work"),
            Self::Invalid(violations) => {
                for (index, violation) in violations.iter().enumerate() {
                    write!(out, "{}{violation}", if index == 0 { "" } else { ", " })?;
                }
                Ok(())
            }
        }
    }
}

impl std::error::Error for Rejected {}

/// What is found while a value is judged.
#[derive(Debug, Default)]
pub(crate) struct Report {
    violations: Vec<Violation>,
    bytes: usize,
    tells: Tells,
    failed: bool,
}

/// Whether anybody reads the messages.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
enum Tells {
    #[default]
    All,
    Nothing,
}

impl Report {
    /// A report of which only the outcome counts.
    pub(crate) fn silent() -> Self {
        Self { tells: Tells::Nothing, ..Self::default() }
    }

    pub(crate) fn add(&mut self, keyword: &'static str, message: impl FnOnce() -> String) {
        self.failed = true;
        if !self.is_settled() {
            let message = message();
            self.bytes = self.bytes.saturating_add(message.len());
            self.violations.push(Violation { keyword, message });
        }
    }

    /// Whether something has been found.
    pub(crate) const fn failed(&self) -> bool {
        self.failed
    }

    /// Whether nothing that may still be found makes a difference.
    pub(crate) fn is_settled(&self) -> bool {
        let enough = self.violations.len() >= MAX_VIOLATIONS || self.bytes >= ENOUGH_BYTES;
        self.failed && (enough || self.tells == Tells::Nothing)
    }

    pub(crate) fn outcome(self) -> Result<(), Rejected> {
        if self.failed { Err(Rejected::Invalid(self.violations)) } else { Ok(()) }
    }
}
