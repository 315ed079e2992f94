//! What an operator is told while the server runs.

use std::fmt;
use std::sync::Arc;

/// Takes one line at a time: that something is lost, and that it is back.
#[derive(Clone)]
pub struct Report(Arc<dyn Fn(&str) + Send + Sync>);

impl Report {
    /// Hands every line to a function, which must not wait.
    pub fn to(whom: impl Fn(&str) + Send + Sync + 'static) -> Self {
        Self(Arc::new(whom))
    }

    pub(crate) fn say(&self, line: &str) {
        (self.0)(line);
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("Report")
    }
}
