//! Which of the canaries of a stage, for metrics.

use std::collections::BTreeMap;
use std::fmt;

use sha2::{Digest as _, Sha256};

/// Tells the metrics of a canary from those of the one before it, whose requests may still be answered
/// when it begins.
///
/// It is one of 32, whatever the canary is called: a proxy never removes a metric, so a stage that gets
/// a canary every day must not get other metrics every day. One canary in 32 has the number of the one
/// before it; its first answers may be the other's.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Release(u8);

impl Release {
    /// How many there are.
    pub const COUNT: u8 = 32;

    /// The number of a canary, by what it serves.
    #[must_use]
    pub fn of(
        deployment: Option<&str>,
        stage_variable_overrides: &BTreeMap<String, String>,
    ) -> Self {
        let mut digest = Sha256::new();
        let mut put = |text: &str| digest.update([text.as_bytes(), &[0]].concat());
        put(deployment.unwrap_or_default());
        for (name, value) in stage_variable_overrides {
            put(name);
            put(value);
        }
        let first = digest.finalize().first().copied().unwrap_or_default();
        Self(first % Self::COUNT)
    }
}

impl fmt::Display for Release {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(out)
    }
}
