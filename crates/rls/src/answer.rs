//! What a server answers: they may, or they may not.

use crate::wire::{Value, fields, unframe};

/// A server's answer to a [`Question`](crate::Question).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Whether all tokens are granted.
    pub verdict: Verdict,
    /// How many more there are. `None` where the server does not say, as not every server does.
    pub remaining: Option<u32>,
}

/// Whether tokens are granted.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// All of them.
    Grant,
    /// None of them.
    OverLimit,
}

const OK: u64 = 1;
const OVER_LIMIT: u64 = 2;

impl Answer {
    /// Reads the body of a reply. `None` where it is no answer: then nothing is granted.
    #[must_use]
    pub fn parse(body: &[u8]) -> Option<Self> {
        let mut code = 0;
        let mut remaining = None;
        let mut statuses = 0_usize;
        for (field, value) in fields(unframe(body)?)? {
            match (field, value) {
                (1, Value::Uint(number)) => code = number,
                (2, Value::Bytes(status)) => {
                    statuses = statuses.saturating_add(1);
                    remaining = of_status(status)?;
                }
                _ => {}
            }
        }
        // One descriptor was asked about. What several say of it is no answer.
        if statuses > 1 {
            return None;
        }
        let verdict = match code {
            OK => Verdict::Grant,
            OVER_LIMIT => Verdict::OverLimit,
            _ => return None,
        };
        Some(Self { verdict, remaining })
    }
}

/// What a `DescriptorStatus` says remains. A server that knows the limit says so, and a zero is not
/// written; one that does not know it says nothing.
fn of_status(status: &[u8]) -> Option<Option<u32>> {
    let mut limit_is_known = false;
    let mut remaining = 0;
    for (field, value) in fields(status)? {
        match (field, value) {
            (2, Value::Bytes(_)) => limit_is_known = true,
            (3, Value::Uint(number)) => remaining = u32::try_from(number).unwrap_or(u32::MAX),
            _ => {}
        }
    }
    Some((limit_is_known || remaining > 0).then_some(remaining))
}
