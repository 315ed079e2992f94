//! What may be done to an API.

use crate::malformed::{Malformed, shown};
use crate::pattern::Pattern;
use crate::work::Work;

/// What a caller wants to do to an API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Action {
    /// `execute-api:Invoke`
    Invoke,
    /// `execute-api:InvalidateCache`
    InvalidateCache,
    /// `execute-api:ManageConnections`
    ManageConnections,
}

impl Action {
    const ALL: [Self; 3] = [Self::Invoke, Self::InvalidateCache, Self::ManageConnections];

    /// The name that IAM has for it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Invoke => "execute-api:Invoke",
            Self::InvalidateCache => "execute-api:InvalidateCache",
            Self::ManageConnections => "execute-api:ManageConnections",
        }
    }

    const fn bit(self) -> u8 {
        match self {
            Self::Invoke => 1,
            Self::InvalidateCache => 2,
            Self::ManageConnections => 4,
        }
    }
}

/// Which of the actions a statement is about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Actions(u8);

impl Actions {
    /// Adds those that a pattern names, such as `execute-api:Inv*`. Those of other services are left
    /// out: nothing here is asked about them.
    pub(crate) fn add(&mut self, pattern: &str) -> Result<(), Malformed> {
        let is_any = !pattern.is_empty() && pattern.bytes().all(|byte| byte == b'*');
        let is_named = (pattern.split_once(':'))
            .is_some_and(|(service, name)| !service.is_empty() && !name.is_empty());
        if !is_any && !is_named {
            let reason = format!("`{}` is neither `*` nor `service:name`", shown(pattern));
            return Err(Malformed::new(reason));
        }
        let pattern = Pattern::wildcards(&pattern.to_ascii_lowercase());
        for action in Action::ALL {
            let name = action.name().to_ascii_lowercase();
            // What is too much work to tell is taken for named only where nothing can come of it:
            // these texts are short, and the pattern is bounded by its document.
            match pattern.matches(&[], &name, &Work::default()) {
                Some(true) => self.0 |= action.bit(),
                Some(false) => {}
                None => return Err(Malformed::new("has too many wildcards")),
            }
        }
        Ok(())
    }

    /// All but these.
    pub(crate) fn others(self) -> Self {
        let all = Action::ALL.iter().fold(0, |all, action| all | action.bit());
        Self(all & !self.0)
    }

    pub(crate) fn has(self, action: Action) -> bool {
        self.0 & action.bit() != 0
    }
}
