//! What the authorizer remembers of one exchange.

use std::rc::Rc;
use std::time::Duration;

use crate::answer::Answer;
use crate::flight::{Flight, Lead};
use crate::key::Key;

/// What the authorizer remembers of one exchange.
#[derive(Debug, Default)]
pub struct Notes {
    /// The call that this exchange makes, while others may wait for it.
    pub(crate) lead: Option<Lead>,
    /// The call of another exchange that this one waits for.
    pub(crate) flight: Option<Rc<Flight>>,
    /// By what the answer to the call is kept.
    pub(crate) key: Option<Key>,
    /// The uptime at which the call was made.
    pub(crate) asked: Duration,
    /// How long the call took.
    pub(crate) latency: Option<Duration>,
    /// The answer, once there is one.
    pub(crate) answer: Option<Rc<Answer>>,
}

impl Notes {
    /// Whether the service has answered, which does not say what.
    #[must_use]
    pub const fn has_answer(&self) -> bool {
        self.answer.is_some()
    }
}
