//! A canary on its way, and what became of one.

use std::fmt;

use serde::{Deserialize, Serialize};
use tollgate_gateway::definition::Canary;

use crate::analysis::{AnalysisPlan, Judged, Window};
use crate::model::is_default;

/// A canary on its way.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct CanaryRelease {
    /// What it serves, and how much of the traffic it gets.
    pub settings: Canary,
    /// When it was started, in seconds since 1970.
    pub began: u64,
    /// How it is judged; not at all where nobody asked for it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub analysis: Option<AnalysisPlan>,
    /// How far it has come.
    #[serde(default)]
    pub progress: Progress,
}

/// How far a canary has come.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Progress {
    /// The number of its step, from 0.
    pub step: usize,
    /// When the step began, in seconds since 1970. For people: nothing is decided by it.
    pub step_began: u64,
    /// How it was judged lately, the latest last. Up to 20.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub verdicts: Vec<Judged>,
    /// How often it was looked at in its step and stayed there. The more often it is looked at, the more
    /// it takes to find it failing, so that chance alone does not take it back in the end.
    #[serde(default, skip_serializing_if = "is_default")]
    pub stays: u64,
    /// What became of the base's requests when the canary was last found healthy: what it is compared
    /// with at 100 %, where the base gets none.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reference: Option<Window>,
}

/// What became of a canary.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Outcome {
    /// How it ended.
    pub end: End,
    /// When, in seconds since 1970.
    pub at: u64,
    /// Why, with the numbers.
    pub reason: String,
    /// The canary as it was.
    pub canary: CanaryRelease,
}

/// How a canary ended.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum End {
    /// The stage serves now what it served.
    Promoted,
    /// Somebody took it back.
    Aborted,
    /// It was found to be worse than the base.
    RolledBack,
}

impl fmt::Display for End {
    fn fmt(&self, out: &mut fmt::Formatter<'_>) -> fmt::Result {
        out.write_str(match self {
            Self::Promoted => "promoted",
            Self::Aborted => "aborted",
            Self::RolledBack => "rolled back",
        })
    }
}

impl CanaryRelease {
    /// Starts at the first step, at `now` in seconds since 1970. What has been found out so far is void,
    /// for the canary or the base is another than it was found out of.
    pub(crate) fn restart(&mut self, now: u64) {
        self.progress = Progress { step_began: now, ..Progress::default() };
        if let Some(first) = self.analysis.as_ref().and_then(|plan| plan.steps.first()) {
            self.settings.percent_traffic = *first;
        }
    }
}
